"""Deleting objects, and those of their chunks that no other object shares."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from fileroom_plugins.storage_sql import loose
from fileroom_plugins.storage_sql.chunks import delete_chunks
from fileroom_plugins.storage_sql.extents import not_needed
from fileroom_plugins.storage_sql.objects import extent, whole
from fileroom_plugins.storage_sql.schema import extents, families, objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

AT_ONCE = 240
"""Objects that one transaction deletes: every SQLite takes so many parameters."""

_FEW = 256  # chunks that may be deleted along with their objects


def delete_objects(connection: Connection, keys: Sequence[bytes]) -> bool:
    """Delete objects; return whether chunks are left for `fileroom_plugins.storage_sql.loose.clear`.

    Removing a large object takes time, in which nobody else could write; so its chunks are only noted here.
    """
    those = objects.c.key.in_(keys)
    rows = connection.execute(select(objects).where(those).order_by(objects.c.key).with_for_update()).all()
    connection.execute(delete(objects).where(those))
    ranges = [
        (each.segment, each.first_chunk, each.stop_chunk)
        for row in rows
        if not row.extents
        for each in whole(row)
    ]
    by_family = sorted((bytes(row.segment), bytes(row.key)) for row in rows if row.extents)
    for family, members in groupby(by_family, key=lambda each: each[0]):
        ranges += _leave(connection, family, [key for _, key in members])
    if sum(stop - first for _, first, stop in ranges) > _FEW:
        loose.doom(connection, ranges)
        return True
    delete_chunks(connection, ranges)
    return False


def _leave(connection: Connection, family: bytes, keys: Sequence[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Take objects out of a family; return the chunks that no other member needs.

    Two who delete members at the same time would each spare what the other's need, so the second waits for
    the first: that is what the family's row is changed for.
    """
    connection.execute(
        update(families).where(families.c.family == family).values(deletions=families.c.deletions + 1)
    )
    of_family = extents.c.family == family
    theirs = of_family & extents.c.key.in_(keys)
    gone = [extent(row) for row in connection.execute(select(extents).where(theirs))]
    connection.execute(delete(extents).where(theirs))
    left = [extent(row) for row in connection.execute(select(extents).where(of_family))]
    if not left:
        connection.execute(delete(families).where(families.c.family == family))
    return not_needed(gone, left)
