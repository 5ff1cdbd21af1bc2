"""What a value must be, as a test on a column of single values."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import and_, false

from fileroom.errors import QueryError
from fileroom.query import AnyOf, Empty, Equal, Range, Wildcard

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from fileroom.query import Match
    from fileroom_plugins.databases.database import Database

_MOST_VALUES = 10_000
_SURROGATES = range(0xD800, 0xE000)


class NothingMatchesError(Exception):
    """A condition that no resource can meet; the search ends without having begun."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these."""

    values: tuple[str, ...]


Test: TypeAlias = "OneOf | Wildcard | Range"


@dataclass(frozen=True, slots=True)
class Alternatives:
    """A match, taken apart: a value that passes one of the tests, or no value at all.

    Attributes:
        tests: what a value may be.
        empty: whether having no value will do.
    """

    tests: tuple[Test, ...]
    empty: bool


def alternatives(match: Match) -> Alternatives:
    """Take a match apart; one of a sequence's items has no alternatives.

    Raises:
        NothingMatchesError: there are no alternatives.
        QueryError: it lists too many values for one statement.
    """
    options = match.options if isinstance(match, AnyOf) else (match,)
    equal = tuple(dict.fromkeys(option.value for option in options if isinstance(option, Equal)))
    if len(equal) > _MOST_VALUES:
        raise QueryError(f"a key lists {len(equal)} values: search for at most {_MOST_VALUES} at a time")
    tests: list[Test] = [option for option in options if isinstance(option, Wildcard | Range)]
    if equal:
        tests.append(OneOf(equal))
    empty = any(isinstance(option, Empty) for option in options)
    if not tests and not empty:
        raise NothingMatchesError
    return Alternatives(tuple(tests), empty)


def value_test(database: Database, column: ColumnElement[str], test: Test) -> ColumnElement[bool]:
    """Return the test whether a column has such a value; NULL has none."""
    match test:
        case OneOf(values=(value,)):
            return column == value
        case OneOf(values=values):
            return column.in_(values)
        case Range(low=low, high=high):
            bounds = [column >= low] if low is not None else []
            bounds += [column <= high] if high is not None else []
            return and_(*bounds) if bounds else column.is_not(None)
        case Wildcard(pattern=pattern):
            return _wildcard_test(database, column, pattern)


def prefix_of(pattern: str) -> str:
    """Return what every text that a pattern stands for begins with."""
    return re.split("[*?]", pattern, maxsplit=1)[0]


def _wildcard_test(database: Database, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """Return a test in which the literal beginning is a range, for which an ordinary index serves."""
    if "\0" in pattern:  # no text has one, and some databases end theirs there
        return false()
    prefix = prefix_of(pattern)
    if prefix == pattern:
        return column == pattern
    bounds: list[ColumnElement[bool]] = [column >= prefix if prefix else column.is_not(None)]
    if above := _above(prefix):
        bounds.append(column < above)
    if pattern[len(prefix) :].strip("*"):
        bounds.append(database.matches(column, pattern))
    return and_(*bounds)


def _above(prefix: str) -> str:
    """Return the first text in code point order behind all that begin so; empty if none is behind them."""
    shortened = prefix.rstrip(chr(sys.maxunicode))
    if not shortened:
        return ""
    following = ord(shortened[-1]) + 1
    return shortened[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
