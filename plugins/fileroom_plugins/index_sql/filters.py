"""The conditions of a search, each in two forms: rows to start from, and a test on rows found otherwise."""

from __future__ import annotations

import abc
import enum
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import and_, exists, false, or_, select, union_all

from fileroom.model import Level
from fileroom_plugins.index_sql.values import alternatives, value_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, CompoundSelect, Select

    from fileroom.query import AnyOf, Equal, Wildcard
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.schema import Schema

Numbers: TypeAlias = "Select[Any] | CompoundSelect[Any]"


class Rank(enum.IntEnum):
    """How few resources a condition may be expected to leave: the lowest is the one to start from."""

    ONE = 0  # a UID, or a place in the archive
    FEW = 1  # an identifier, a whole name
    SOME = 2  # the beginning of a name or an identifier, a description
    DAYS = 3  # a stretch of time
    MANY = 4  # a code, a number, a label
    MOST = 5  # something within a text, no value at all
    ALL = 6  # nothing to start from


class Filter(abc.ABC):
    """One condition.

    Attributes:
        level: the level whose resources it is about.
        rank: how good it is to start from.
    """

    def __init__(self, level: Level, rank: Rank) -> None:
        self.level = level
        self.rank = rank

    @abc.abstractmethod
    def numbers(self) -> Numbers:
        """Return what selects the numbers of the resources that pass, each part of it by one index.

        Not to be called where the rank is `Rank.ALL`.
        """

    @abc.abstractmethod
    def test(self) -> ColumnElement[bool]:
        """Return the test on a row of the level's table, which starts from no index on that table."""


def any_of(parts: Iterable[Select[Any]]) -> Numbers:
    """Return what selects all that one of the parts selects."""
    first, *rest = (part.correlate(None) for part in parts)
    return union_all(first, *rest) if rest else first


class WithinFilter(Filter):
    """The resource has this number."""

    def __init__(self, schema: Schema, level: Level, number: int) -> None:
        super().__init__(level, Rank.ONE)
        self._id = schema.levels[level].id
        self._number = number

    def numbers(self) -> Numbers:
        """See `Filter.numbers`."""
        return any_of([select(self._id).where(self._id == self._number)])

    def test(self) -> ColumnElement[bool]:
        """See `Filter.test`."""
        return self._id == self._number


class LabelFilter(Filter):
    """The resource has one of these labels."""

    def __init__(self, schema: Schema, level: Level, labels: Sequence[str]) -> None:
        super().__init__(level, Rank.MANY)
        self._id = schema.levels[level].id
        label = schema.label.c
        self._resource = label.resource
        self._wanted = and_(label.level == int(level), label.label.in_(labels))

    def numbers(self) -> Numbers:
        """See `Filter.numbers`."""
        return select(self._resource).where(self._wanted)

    def test(self) -> ColumnElement[bool]:
        """See `Filter.test`."""
        return exists().where(self._resource == self._id, self._wanted).correlate(self._id.table)


class NoLabelFilter(LabelFilter):
    """The resource has none of these labels."""

    def __init__(self, schema: Schema, level: Level, labels: Sequence[str]) -> None:
        super().__init__(schema, level, labels)
        self.rank = Rank.ALL

    def test(self) -> ColumnElement[bool]:
        """See `Filter.test`."""
        return ~super().test()


class MetadataFilter(Filter):
    """The resource has metadata of this name, with such a value."""

    def __init__(
        self, database: Database, schema: Schema, level: Level, name: str, match: Equal | Wildcard | AnyOf
    ) -> None:
        super().__init__(level, Rank.MANY)
        self._id = schema.levels[level].id
        table = schema.metadata.c
        self._resource = table.resource
        self._named = and_(table.level == int(level), table.name == name)
        self._tests = [value_test(database, table.value, test) for test in alternatives(match).tests]

    def numbers(self) -> Numbers:
        """See `Filter.numbers`."""
        return any_of(select(self._resource).where(self._named, test) for test in self._tests)

    def test(self) -> ColumnElement[bool]:
        """See `Filter.test`."""
        wanted = (self._resource == self._id, self._named, or_(false(), *self._tests))
        return exists().where(*wanted).correlate(self._id.table)


class ModalityFilter(Filter):
    """The study has a series that passes a filter of its level."""

    def __init__(self, schema: Schema, series: Filter) -> None:
        super().__init__(Level.STUDY, Rank.MANY)
        self._study = schema.levels[Level.STUDY]
        self._series = schema.levels[Level.SERIES]
        self._wanted = series

    def numbers(self) -> Numbers:
        """See `Filter.numbers`."""
        series = self._wanted.numbers()
        return select(self._series.parent_id).where(self._series.id.in_(series)).correlate(None)

    def test(self) -> ColumnElement[bool]:
        """See `Filter.test`."""
        below = self._series.parent_id == self._study.id
        return exists().where(below, self._wanted.test()).correlate(self._study.table)


class ClassFilter(Filter):
    """The study has an instance of such a SOP class."""

    def __init__(self, database: Database, schema: Schema, match: Equal | Wildcard | AnyOf) -> None:
        super().__init__(Level.STUDY, Rank.MANY)
        self._study = schema.levels[Level.STUDY]
        self._series = schema.levels[Level.SERIES]
        tests = [value_test(database, schema.uid.c.uid, test) for test in alternatives(match).tests]
        uids = select(schema.uid.c.id).where(or_(false(), *tests), schema.uid.c.uid != "")
        classes = schema.series_class.c
        self._of_class = and_(classes.series_id == self._series.id, classes.class_id.in_(uids))

    def numbers(self) -> Numbers:
        """See `Filter.numbers`."""
        return select(self._series.parent_id).where(self._of_class).correlate(None)

    def test(self) -> ColumnElement[bool]:
        """See `Filter.test`."""
        below = self._series.parent_id == self._study.id
        return exists().where(below, self._of_class).correlate(self._study.table)
