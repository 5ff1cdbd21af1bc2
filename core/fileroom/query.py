"""A search as data, and the one definition of what matches (PS3.4 section C.2.2.2).

Backends translate a `Query` into their own language; `matches` says what the translation must mean, and
the contract kit holds every backend to it.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from fileroom._query.moments import DAY_START
from fileroom._tags.main_tags import COMPUTED
from fileroom.tags import Comparison, item_search_values

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fileroom.model import Level, TagValue
    from fileroom.tags import TagSpec

__all__ = [
    "COMPUTED",
    "AnyOf",
    "Condition",
    "Empty",
    "Equal",
    "Item",
    "LabelMatch",
    "Match",
    "Moment",
    "Order",
    "Query",
    "Range",
    "Wildcard",
    "matches",
    "moment_matches",
    "sort_key",
    "text_matches",
    "wildcard_matches",
]

_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")  # as `fileroom._tags.comparable.number` writes it


@dataclass(frozen=True, slots=True)
class Equal:
    """Single value matching: the comparable form is this one."""

    value: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Wildcard matching: ``*`` stands for any text, also none, ``?`` for one character; no more."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Range:
    """Range matching on comparable forms, both bounds included; None is an open end."""

    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Empty:
    """Empty value matching: the attribute is missing or has no value."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """List of UID matching and multiple value matching: one of these, at least one in number, matches."""

    options: tuple[Equal | Wildcard | Range | Empty, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """Sequence matching: one item in which every one of these keys matches."""

    keys: Mapping[str, Equal | Wildcard | Range | Empty | AnyOf]


Match: TypeAlias = "Equal | Wildcard | Range | Empty | AnyOf | Item"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of a search.

    Attributes:
        spec: the attribute; its level is the query's or one above.
        match: what its comparable forms must be. There is no condition for universal matching.
        exact: compare the raw values instead of the folded ones (`Comparison.FOLDED` only): the pattern
            is then raw text.
    """

    spec: TagSpec
    match: Match
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and a time attribute taken together as one point in time (PS3.4 section C.2.2.2.5.4).

    Bounds are ``YYYYMMDDHHMMSS.FFFFFF``, both included; None is an open end. A resource without a date does
    not match; one with a date and no time is taken to be at the start of its day.
    """

    date: TagSpec
    time: TagSpec
    low: str | None
    high: str | None


class LabelMatch(enum.StrEnum):
    """How the labels of a query are meant: all of them, any, or none of them."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key: `sort_key` of the attribute. Missing ones come first, and last when descending."""

    spec: TagSpec
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search: all conditions must hold.

    Attributes:
        level: the level of the answers.
        conditions: on attributes of this level and those above.
        moments: dates and times taken together.
        aggregates: ``ModalitiesInStudy`` or ``SOPClassesInStudy`` to what one of their values must be.
        labels: with ``label_match``; empty means no condition.
        metadata: name to what the value must be, compared as it stands.
        within: public id of an ancestor (or the resource itself), None for the whole archive.
        order_by: sort keys of this level or above, most significant first.
        limit: at most so many answers in a page.
        cursor: where to go on, from a `fileroom.index.Page` of the same query.
        computed: computed attributes to return.
    """

    level: Level
    conditions: tuple[Condition, ...] = ()
    moments: tuple[Moment, ...] = ()
    aggregates: Mapping[str, Equal | Wildcard | AnyOf] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    label_match: LabelMatch = LabelMatch.ALL
    metadata: Mapping[str, Equal | Wildcard | AnyOf] = field(default_factory=dict)
    within: str | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    cursor: str | None = None
    computed: tuple[str, ...] = ()


def matches(condition: Condition, value: TagValue | None) -> bool:
    """Say whether a raw value (None: the attribute is missing) meets a condition.

    A value of several values, or a name of several component groups, matches if any of them does.
    """
    if isinstance(condition.match, Item):
        items = value if isinstance(value, tuple) else ()
        return any(_item_matches(condition.match, item) for item in items)
    if value is None:
        return _any_matches(condition.match, ())
    if condition.spec.comparison is Comparison.SEQUENCE:
        return isinstance(condition.match, Empty) and not value
    if condition.exact and condition.spec.comparison is Comparison.FOLDED:
        return _any_matches(condition.match, condition.spec.raw_values(value))
    return _any_matches(condition.match, condition.spec.search_values(value))


def moment_matches(moment: Moment, date: TagValue | None, time: TagValue | None) -> bool:
    """Say whether the raw values of a date and a time, taken together, lie within a moment's bounds."""
    dates = moment.date.search_values(date) if date is not None else ()
    times = moment.time.search_values(time) if time is not None else ()
    return any(
        _value_matches(Range(moment.low, moment.high), day + clock)
        for day in dates
        for clock in times or (DAY_START,)
    )


def text_matches(match: Equal | Wildcard | AnyOf, text: str) -> bool:
    """Say whether a text that is compared as it stands, such as a metadata value, is what is asked for."""
    return _any_matches(match, (text,))


def sort_key(spec: TagSpec, value: TagValue | None) -> str | float | None:
    """Return what resources are ordered by, or None where there is nothing to order by.

    The first of the comparable forms, in order of code points; of a number its value in double precision,
    and nothing for a text that is not a number.
    """
    first = next(iter(spec.search_values(value)), None) if value is not None else None
    if first is None or spec.comparison is not Comparison.NUMBER:
        return first
    return float(first) if _PLAIN_NUMBER.fullmatch(first) else None


def _item_matches(wanted: Item, item: Mapping[str, str]) -> bool:
    values = item_search_values(item)
    return all(_any_matches(match, values.get(keyword, ())) for keyword, match in wanted.keys.items())


def _any_matches(match: Equal | Wildcard | Range | Empty | AnyOf, values: Collection[str]) -> bool:
    if isinstance(match, AnyOf):
        return any(_any_matches(option, values) for option in match.options)
    if isinstance(match, Empty):
        return not values
    return any(_value_matches(match, value) for value in values)


def _value_matches(match: Equal | Wildcard | Range, value: str) -> bool:
    if isinstance(match, Equal):
        return value == match.value
    if isinstance(match, Wildcard):
        return wildcard_matches(match.pattern, value)
    return (match.low is None or match.low <= value) and (match.high is None or value <= match.high)


def wildcard_matches(pattern: str, text: str) -> bool:
    """Say whether a text is what a pattern of ``*`` and ``?`` stands for, in time of their lengths' product.

    Written out, for a regular expression of many stars takes exponential time to fail.
    """
    at = here = 0
    star = resume = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at += 1
            here += 1
        elif star >= 0:  # let the last star stand for one character more
            resume += 1
            at, here = star + 1, resume
        else:
            return False
    return pattern[at:].strip("*") == ""
