"""Rows of a level's table as `ResourceRecord`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import null, select

from fileroom.model import Level, ResourceRecord, digest_to_public_id
from fileroom_plugins.index_sql.lookup import THESE, among, chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from fileroom.model import TagValue
    from fileroom_plugins.index_sql.schema import LevelTable, Schema
    from fileroom_plugins.index_sql.uids import Uids

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER, _PUBLIC_ID, _PARENT, _RECEIVED, _MORE = range(5)
_FIRST_TAG = 5


def time_of(milliseconds: int) -> datetime:
    """Return the moment so many milliseconds after the start of 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds_of(moment: datetime) -> int:
    """Return how many milliseconds after the start of 1970 a moment is, rounded down."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


class Tags(Mapping[str, "TagValue"]):
    """The tags of one row, put together when somebody first looks at them."""

    __slots__ = ("_parts", "_tags")

    def __init__(self, shown: Sequence[str], kept: Mapping[str, object], row: Sequence[Any]) -> None:
        self._parts = (shown, kept, row)
        self._tags: dict[str, TagValue] | None = None

    def _all(self) -> dict[str, TagValue]:
        if self._tags is None:
            shown, kept, row = self._parts
            values = zip(shown, row[_FIRST_TAG:], strict=False)
            tags: dict[str, TagValue] = {keyword: value for keyword, value in values if value is not None}
            if row[_MORE]:
                more = json.loads(row[_MORE]).items()
                tags |= {
                    keyword: value if isinstance(value, str) else tuple(value)
                    for keyword, value in more
                    if keyword in kept  # what the configuration no longer names may still stand there
                }
            self._tags = tags
        return self._tags

    def __getitem__(self, keyword: str) -> TagValue:
        return self._all()[keyword]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> tuple[type[dict[str, TagValue]], tuple[dict[str, TagValue]]]:
        return dict, (self._all(),)


class Records:
    """Makes records of rows that were selected with `columns`."""

    def __init__(self, schema: Schema, uids: Uids) -> None:
        self._schema = schema
        self._uids = uids
        self._shown = {
            level: [field.column for field in place.fields.values() if field.column]
            for level, place in schema.levels.items()
        }
        self._uid_at = {
            level: _FIRST_TAG + shown.index(level.uid_keyword) for level, shown in self._shown.items()
        }
        self._numbered = {
            level: select(*self.columns(level)).where(among(place.id))
            for level, place in schema.levels.items()
        }

    def columns(self, level: Level) -> list[ColumnElement[Any]]:
        """Return what to select of a level's table."""
        table = self._schema.levels[level].table
        parent = table.c.parent_id if level is not Level.PATIENT else null().label("parent_id")
        head = [table.c.id, table.c.public_id, parent, table.c.received, table.c.more]
        return [*head, *(table.c[name] for name in self._shown[level])]

    def rows(self, connection: Connection, level: Level, numbers: Iterable[int]) -> list[Row[Any]]:
        """Return the rows, for `of`, of those resources of a level that are there, in any order."""
        found: list[Row[Any]] = []
        for some in chunks(numbers):
            found += connection.execute(self._numbered[level], {THESE: some}).all()
        return found

    def of(
        self,
        connection: Connection,
        level: Level,
        rows: Iterable[Sequence[Any]],
        computed: Mapping[int, Mapping[str, str]] = MappingProxyType({}),
    ) -> list[ResourceRecord]:
        """Return the records of rows, in order, with their ancestors. Siblings share their parent.

        Args:
            connection: a transaction, the one in which the rows were read.
            level: the level they are of.
            rows: what was selected; columns behind those of `columns` play no part.
            computed: computed attributes by the number of the resource.
        """
        place = self._schema.levels[level]
        every = self._decoded(connection, place, rows)
        parents = self._parents(connection, level, every)
        return [
            self._record(place, row, parents.get(row[_PARENT]), computed.get(row[_NUMBER], {}))
            for row in every
        ]

    def _parents(
        self, connection: Connection, level: Level, rows: Sequence[Sequence[Any]]
    ) -> dict[int, ResourceRecord]:
        if level is Level.PATIENT or not rows:
            return {}
        above = Level(level - 1)
        found = self.rows(connection, above, {row[_PARENT] for row in rows})
        return {
            row[_NUMBER]: record for row, record in zip(found, self.of(connection, above, found), strict=True)
        }

    def _decoded(
        self, connection: Connection, place: LevelTable, rows: Iterable[Sequence[Any]]
    ) -> list[Sequence[Any]]:
        """Put UIDs for the numbers in coded columns."""
        every = list(rows)
        for at, name in enumerate(self._shown[place.level], start=_FIRST_TAG):
            if place.fields[name].coded:
                texts = self._uids.texts(connection, {row[at] for row in every} - {None})
                every = [(*row[:at], texts.get(row[at]), *row[at + 1 :]) for row in every]
        return every

    def _record(
        self,
        place: LevelTable,
        row: Sequence[Any],
        parent: ResourceRecord | None,
        computed: Mapping[str, str],
    ) -> ResourceRecord:
        level = place.level
        tags = Tags(self._shown[level], place.fields, row)
        # `more` has the identifier where it is not written as it is compared.
        uid = tags[level.uid_keyword] if row[_MORE] else row[self._uid_at[level]]
        return ResourceRecord(
            id=digest_to_public_id(row[_PUBLIC_ID]),
            level=level,
            uid=str(uid),
            tags=tags,
            parent=parent,
            received=time_of(row[_RECEIVED]),
            computed=computed,
        )
