"""A search as data, and the one definition of what matches (PS3.4 section C.2.2.2).

Backends translate a `Query` into their own language; `matches` says what the translation must mean, and
the contract kit holds every backend to it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from fileroom.model import Level, TagValue  # noqa: TC001
from fileroom.tags import TagSpec  # noqa: TC001

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Equal:
    """Single value matching: the comparable form is this one."""

    value: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Wildcard matching: ``*`` stands for any number of characters, ``?`` for one; nothing else is special."""

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
    """List of UID matching and multiple value matching: one of these matches."""

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
    """A date and a time attribute taken together as one point in time (PS3.4 section C.2.2.2.5.1).

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
    """One sort key. Missing values come first, and last when descending."""

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


COMPUTED: Mapping[Level, tuple[str, ...]] = {
    Level.PATIENT: (
        "NumberOfPatientRelatedStudies",
        "NumberOfPatientRelatedSeries",
        "NumberOfPatientRelatedInstances",
    ),
    Level.STUDY: (
        "ModalitiesInStudy",
        "SOPClassesInStudy",
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
    ),
    Level.SERIES: ("NumberOfSeriesRelatedInstances",),
    Level.INSTANCE: (),
}
"""Attributes that an index computes from what it holds (PS3.4 section C.3.4)."""


def matches(condition: Condition, value: TagValue | None) -> bool:
    """Say whether a raw value (None: the attribute is missing) meets a condition."""
    raise NotImplementedError
