"""Objects as the tables have them: what they consist of, and adding new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, insert, select

from fileroom_plugins.storage_sql.extents import Extent
from fileroom_plugins.storage_sql.schema import extents, milliseconds, objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

_EVERYTHING = select(objects).where(objects.c.key == bindparam("wanted"))
_EXTENTS = (
    select(extents)
    .where(extents.c.family == bindparam("shared"), extents.c.key == bindparam("wanted"))
    .order_by(extents.c.position)
)


class Object(NamedTuple):
    """An object.

    Attributes:
        key: its key.
        size: in bytes.
        created: when it was put, in milliseconds since 1970.
        extents: of what it consists, in order; none if it is empty.
        family: the family it shares segments with; None if it shares nothing.
    """

    key: bytes
    size: int
    created: int
    extents: list[Extent]
    family: bytes | None


def find(connection: Connection, key: bytes, *, to_change: bool = False) -> Object | None:
    """Return an object, None if there is none.

    Args:
        connection: within a transaction.
        key: the object's.
        to_change: whether nobody else is to delete it before the transaction ends.
    """
    statement = _EVERYTHING.with_for_update() if to_change else _EVERYTHING
    row = connection.execute(statement, {"wanted": key}).one_or_none()
    if row is None:
        return None
    if not row.extents:
        return Object(key, row.size, row.created, whole(row), None)
    rows = connection.execute(_EXTENTS, {"shared": row.segment, "wanted": key})
    return Object(key, row.size, row.created, [extent(each) for each in rows], row.segment)


def whole(row: Row[Any]) -> list[Extent]:
    """Return what an object that shares nothing consists of."""
    offset = row.first * row.chunk_size
    return [Extent(0, row.segment, offset, row.size, row.chunk_size)] if row.size else []


def extent(row: Row[Any]) -> Extent:
    """Return an extent of a row of their table."""
    return Extent(row.position, bytes(row.segment), row.offset, row.length, row.chunk_size)


def insert_whole(connection: Connection, written: Iterable[tuple[bytes, Extent]]) -> None:
    """Insert objects that were just written, by key.

    Raises:
        IntegrityError: one of the keys has an object.
    """
    now = milliseconds()
    rows = [
        {
            "key": key,
            "size": each.length,
            "created": now,
            "chunk_size": each.chunk_size,
            "segment": each.segment,
            "first": each.first_chunk,
            "extents": 0,
        }
        for key, each in written
    ]
    connection.execute(insert(objects), rows)


def insert_shared(connection: Connection, key: bytes, consists_of: Sequence[Extent], family: bytes) -> None:
    """Insert an object that shares segments with others of its family.

    Raises:
        IntegrityError: the key has an object.
    """
    row = {
        "key": key,
        "size": sum(each.length for each in consists_of),
        "created": milliseconds(),
        "chunk_size": consists_of[0].chunk_size,
        "segment": family,
        "first": 0,
        "extents": len(consists_of),
    }
    connection.execute(insert(objects), row)
    insert_extents(connection, key, consists_of, family)


def insert_extents(connection: Connection, key: bytes, consists_of: Sequence[Extent], family: bytes) -> None:
    """Insert the extents of an object of a family."""
    rows = [
        {
            "family": family,
            "key": key,
            "position": each.position,
            "segment": each.segment,
            "offset": each.offset,
            "length": each.length,
            "chunk_size": each.chunk_size,
        }
        for each in consists_of
    ]
    connection.execute(insert(extents), rows)
