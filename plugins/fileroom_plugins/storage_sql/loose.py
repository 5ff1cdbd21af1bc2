"""Chunks that belong to no object: those of objects being written, and those that are to be removed.

The table ``loose`` knows of them from before they are there until they are gone, so that nothing is left
behind, whenever a process dies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, select, update

from fileroom.plugin import StorageError
from fileroom_plugins.storage_sql.chunks import delete_chunks
from fileroom_plugins.storage_sql.schema import chunks, loose, milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.sql.dml import Delete, Update

    from fileroom_plugins.databases.database import Database

ALL = (1 << 31) - 1
"""The number after that of the last chunk a segment can have."""

_AT_ONCE = 256  # chunks that one transaction removes
_DOOMED = 0

_column = loose.c
_written = (_column.segment == bindparam("mine")) & (_column.written > _DOOMED)
_next = select(func.min(chunks.c.number)).where(
    chunks.c.segment == bindparam("gone"),
    chunks.c.number >= bindparam("start"),
    chunks.c.number < bindparam("stop"),
)


def begin(connection: Connection, segment: bytes) -> None:
    """Note that a segment is begun."""
    connection.execute(
        insert(loose), {"segment": segment, "first": 0, "stop": ALL, "written": milliseconds()}
    )


def go_on(connection: Connection, segment: bytes) -> None:
    """Note that a segment is written to now.

    Raises:
        StorageError: after a long pause somebody took it for abandoned.
    """
    _one(connection, update(loose).where(_written).values(written=milliseconds()), segment)


def finish(connection: Connection, segment: bytes) -> None:
    """Take a segment out, all of which belongs to objects from now on.

    Raises:
        StorageError: after a long pause somebody took it for abandoned.
    """
    _one(connection, delete(loose).where(_written), segment)


def doom(connection: Connection, ranges: Sequence[tuple[bytes, int, int]]) -> None:
    """Note chunks, as segment, first number and number after the last one, to be removed by `clear`."""
    if ranges:
        rows = [
            {"segment": segment, "first": first, "stop": stop, "written": _DOOMED}
            for segment, first, stop in ranges
        ]
        connection.execute(insert(loose), rows)


def clear(database: Database, older_than: float | None = None) -> int:
    """Remove what is to be removed, and what nobody has written to for so many seconds; return how many were.

    Without a time, nothing counts as abandoned.

    A transaction removes some chunks only, so that others can write in between.

    Raises:
        CatalogError: the database failed; what was not removed yet is as it was.
    """
    latest = _DOOMED if older_than is None else milliseconds() - int(older_than * 1000)
    old = _column.written <= max(latest, _DOOMED)
    with database.read() as connection:
        found = connection.execute(select(_column.segment, _column.first, _column.stop).where(old)).all()
    return sum(_clear(database, *row, old) for row in found)


def _clear(database: Database, segment: bytes, first: int, stop: int, old: ColumnElement[bool]) -> bool:
    this = (_column.segment == segment) & (_column.first == first)

    def take(connection: Connection) -> bool:
        return bool(connection.execute(update(loose).where(this & old).values(written=_DOOMED)).rowcount)

    def remove(connection: Connection) -> bool:
        start = connection.execute(_next, {"gone": segment, "start": first, "stop": stop}).scalar()
        if start is None:
            connection.execute(delete(loose).where(this))
            return False
        delete_chunks(connection, [(segment, start, min(start + _AT_ONCE, stop))])
        return True

    if not database.write(take):
        return False
    while database.write(remove):
        pass
    return True


def _one(connection: Connection, statement: Update | Delete, segment: bytes) -> None:
    if connection.execute(statement, {"mine": segment}).rowcount != 1:
        raise StorageError(
            "storage: an object that was being written was discarded as unfinished, after a long pause: "
            "store it again"
        )
