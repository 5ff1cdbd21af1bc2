"""What a value must be, as a test on a column of single values."""

from __future__ import annotations

import operator
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import and_, false, or_

from fileroom.errors import QueryError
from fileroom.query import AnyOf, Empty, Equal, Range, Wildcard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    """Return the test whether a column has such a value; NULL has none.

    Of a column with an index, the index decides as far as it goes: it may hold beginnings of texts only.
    """
    held = database.indexed(column)
    longest = None if held is column else database.key_length
    match test:
        case OneOf(values=values):
            return _one_of(held, column, values, longest)
        case Range(low=low, high=high):
            bounds = [_bound(operator.ge, held, column, low, longest)] if low is not None else []
            bounds += [_bound(operator.le, held, column, high, longest)] if high is not None else []
            return and_(*bounds) if bounds else held.is_not(None)
        case Wildcard(pattern=pattern):
            return _wildcard_test(database, column, pattern, longest)


def _one_of(
    held: ColumnElement[str], column: ColumnElement[str], values: Sequence[str], longest: int | None
) -> ColumnElement[bool]:
    short = [value for value in values if longest is None or len(value) < longest]
    tests = [held.in_(short) if len(short) > 1 else held == short[0]] if short else []
    tests += [and_(held == value[:longest], column == value) for value in values if value not in short]
    return or_(*tests)


def _bound(
    compare: Callable[[ColumnElement[str], str], ColumnElement[bool]],
    held: ColumnElement[str],
    column: ColumnElement[str],
    value: str,
    longest: int | None,
) -> ColumnElement[bool]:
    if longest is None or len(value) < longest:
        return compare(held, value)
    return and_(compare(held, value[:longest]), compare(column, value))


def prefix_of(pattern: str) -> str:
    """Return what every text that a pattern stands for begins with."""
    return re.split("[*?]", pattern, maxsplit=1)[0]


def _wildcard_test(
    database: Database, column: ColumnElement[str], pattern: str, longest: int | None
) -> ColumnElement[bool]:
    """Return a test in which the literal beginning is a range, for which an ordinary index serves."""
    if "\0" in pattern:  # no text has one, and some databases end theirs there
        return false()
    held = database.indexed(column)
    prefix = prefix_of(pattern)
    if prefix == pattern:
        return _one_of(held, column, [pattern], longest)
    shown = prefix[:longest]
    bounds: list[ColumnElement[bool]] = [held >= shown] if shown else []
    if above := _above(shown):
        bounds.append(held < above)
    if pattern[len(shown) :].strip("*"):
        bounds.append(database.matches(column, pattern))
    if not shown and (not bounds or held is column):  # so that all of the index is read, not of the table
        bounds.insert(0, held.is_not(None))
    return and_(*bounds)


def _above(prefix: str) -> str:
    """Return the first text in code point order behind all that begin so; empty if none is behind them."""
    shortened = prefix.rstrip(chr(sys.maxunicode))
    if not shortened:
        return ""
    following = ord(shortened[-1]) + 1
    return shortened[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
