"""`Index.remove`: resources, all beneath them, and ancestors left without children, in sets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, null, select

from fileroom.index import Removal
from fileroom.model import ChangeType, Level, digest_to_public_id
from fileroom_plugins.index_sql.files import files_of
from fileroom_plugins.index_sql.ledger import Ledger
from fileroom_plugins.index_sql.locks import clear, clear_ancestors
from fileroom_plugins.index_sql.lookup import Place, chunks, existing
from fileroom_plugins.index_sql.rows import count_classes, remove_hanging

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection

    from fileroom_plugins.index_sql.schema import Schema


class _Doomed(NamedTuple):
    """A resource that goes: its raw public id, and the number of its parent (None for a patient)."""

    digest: bytes
    parent: int | None


def remove(connection: Connection, schema: Schema, ids: Sequence[str], *, logs: bool = True) -> Removal:
    """Remove resources within a transaction; see `fileroom.index.Index.remove`.

    Args:
        connection: the transaction.
        schema: the tables.
        ids: the resources.
        logs: whether the change log hears of it.
    """
    return _Removing(connection, schema, logs=logs).remove(ids)


class _Removing:
    def __init__(self, connection: Connection, schema: Schema, *, logs: bool) -> None:
        self._connection = connection
        self._schema = schema
        self._ledger = Ledger(connection, schema, logs=logs)
        self._doomed: dict[Level, dict[int, _Doomed]] = {level: {} for level in Level}

    def remove(self, ids: Sequence[str]) -> Removal:
        places = existing(self._connection, self._schema, ids)
        clear_ancestors(self._connection, self._schema, places.values())
        self._doom_downwards(places.values())
        self._doom_upwards()
        upwards = sorted(Level, reverse=True)
        gone = [(level, each.digest) for level in upwards for each in self._doomed[level].values()]
        remaining = self._remaining(places)
        garbage: list[str] = []
        self._uncount_classes()
        for level in upwards:
            garbage += self._drop(level)
        for level, digest in gone:
            self._ledger.log(ChangeType.DELETED, level, digest)
        self._ledger.write()
        removed = tuple((int(level), digest_to_public_id(digest)) for level, digest in gone)
        return Removal(removed, remaining, tuple(garbage))

    def _doom_downwards(self, places: Collection[Place]) -> None:
        """Doom what was asked for, and all beneath it."""
        above: Iterable[int] = ()
        for level in Level:
            table = self._schema.levels[level].table
            asked_for = {place.number for place in places if place.level is level}
            clear(self._connection, self._schema, level, asked_for)
            self._doom(level, table.c.id, asked_for)
            if level is not Level.PATIENT:
                self._doom(level, table.c.parent_id, above)
            above = self._doomed[level]

    def _doom_upwards(self) -> None:
        """Doom the ancestors whose children are all doomed."""
        for level in (Level.SERIES, Level.STUDY, Level.PATIENT):
            children = self._schema.levels[Level(level + 1)].table.c
            losses = Counter(each.parent for each in self._doomed[Level(level + 1)].values())
            bereft: list[int] = []
            for some in chunks(parent for parent in losses if parent not in self._doomed[level]):
                counted = select(children.parent_id, func.count()).where(children.parent_id.in_(some))
                for parent, count in self._connection.execute(counted.group_by(children.parent_id)):
                    if losses[parent] == count:
                        bereft.append(parent)
            self._doom(level, self._schema.levels[level].table.c.id, bereft)

    def _doom(self, level: Level, column: ColumnElement[int], numbers: Iterable[int]) -> None:
        """Doom the resources of a level in whose row a column holds one of these numbers."""
        table = self._schema.levels[level].table.c
        parent = null() if level is Level.PATIENT else table.parent_id
        for some in chunks(numbers):
            chosen = select(table.id, table.public_id, parent).where(column.in_(some))
            if self._schema.several_writers:
                chosen = chosen.order_by(table.id).with_for_update()
            rows = self._connection.execute(chosen)
            self._doomed[level].update((row[0], _Doomed(row[1], row[2])) for row in rows)

    def _remaining(self, places: dict[str, Place]) -> dict[str, str | None]:
        """Return, for each id, the public id of the lowest ancestor that is not doomed."""
        lowest: dict[str, Place | None] = {}
        for public_id, place in places.items():
            level, number = place
            while (
                number in self._doomed[level] and (parent := self._doomed[level][number].parent) is not None
            ):
                level, number = Level(level - 1), parent
            lowest[public_id] = None if number in self._doomed[level] else Place(level, number)
        digests: dict[Place, bytes] = {}
        for level in Level:
            table = self._schema.levels[level].table.c
            for some in chunks({place.number for place in lowest.values() if place and place.level is level}):
                for row in self._connection.execute(
                    select(table.id, table.public_id).where(table.id.in_(some))
                ):
                    digests[Place(level, row[0])] = row[1]
        return {
            each: digest_to_public_id(digests[place]) if place else None for each, place in lowest.items()
        }

    def _uncount_classes(self) -> None:
        """Take the instances out of the counts of their SOP classes, which go with their series."""
        table = self._schema.levels[Level.INSTANCE].table.c
        counts = self._schema.series_class
        doomed = self._doomed[Level.SERIES]
        for some in chunks(doomed):
            self._connection.execute(delete(counts).where(counts.c.series_id.in_(some)))
        lost: Counter[tuple[int, int]] = Counter()
        for some in chunks(self._doomed[Level.INSTANCE]):
            rows = self._connection.execute(select(table.parent_id, table.class_id).where(table.id.in_(some)))
            lost.update((row[0], row[1]) for row in rows if row[0] not in doomed)
        count_classes(self._connection, self._schema, {key: -count for key, count in lost.items()})

    def _drop(self, level: Level) -> list[str]:
        """Remove the doomed resources of a level and what hangs on them; return the attachments' locators."""
        doomed, schema = self._doomed[level], self._schema
        files = [
            file
            for each in files_of(self._connection, schema, level, doomed).values()
            for file in each.values()
        ]
        for file in files:
            self._ledger.count_file(file, -1)
        for table in (schema.attachment, schema.metadata, schema.label, schema.term):
            remove_hanging(self._connection, table, level, doomed)
        rows = schema.levels[level].table
        for some in chunks(doomed):
            self._connection.execute(delete(rows).where(rows.c.id.in_(some)))
        self._ledger.count(level, -len(doomed))
        return [file.locator for file in files]
