"""Splicing: a new object that shares what it can with the one it is made of."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from sqlalchemy import insert, update

from fileroom_plugins.storage_sql.chunks import read
from fileroom_plugins.storage_sql.extents import cut, joined
from fileroom_plugins.storage_sql.failures import translated
from fileroom_plugins.storage_sql.locators import locator_of, not_found
from fileroom_plugins.storage_sql.objects import find, insert_extents, insert_shared, insert_whole
from fileroom_plugins.storage_sql.schema import families, new_name, objects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.storage_sql.extents import Extent
    from fileroom_plugins.storage_sql.objects import Object
    from fileroom_plugins.storage_sql.writing import Segment


def splice(
    database: Database,
    segment: Segment,
    old: Object,
    new: bytes,
    *,
    replaced: tuple[int, int],
    pieces: Iterable[bytes | memoryview],
) -> int:
    """Make an object of another one, with a part of it replaced; return its size.

    Extents of less than a chunk beside the replaced part are written anew, along with what replaces it. So
    many small splices, such as appending line by line, do not leave an object in crumbs.

    Args:
        database: where both are.
        segment: to write to.
        old: what to make it of.
        new: the key of the new one.
        replaced: where the replaced part begins, and where it ends.
        pieces: what takes its place.

    Raises:
        NotFoundError: the old object was deleted meanwhile.
        AlreadyExistsError: the key has an object.
        StorageError: the database failed.
    """
    before, left = _split(cut(old.extents, 0, replaced[0]), -1)
    after, right = _split(cut(old.extents, replaced[1], old.size), 0)
    with translated(), database.read() as connection:
        around = [read(connection, some) for some in (left, right)]
    brought = segment.add(chain(around[:1], pieces, around[1:]))
    consists_of = joined([*before, *([brought] if brought.length else []), *after])

    def work(connection: Connection) -> None:
        there = find(connection, old.key, to_change=True)
        if there is None:
            raise not_found(locator_of(old.key))
        if not before and not after:
            insert_whole(connection, [(new, brought)])
        else:
            insert_shared(connection, new, consists_of, there.family or _found_family(connection, there))

    segment.finish(work)
    return sum(each.length for each in consists_of)


def _split(extents: list[Extent], edge: int) -> tuple[list[Extent], list[Extent]]:
    """Return extents without the one at the edge, and that one, if it is smaller than a chunk; else none."""
    if extents and extents[edge].length < extents[edge].chunk_size:
        crumb = extents.pop(edge)
        return extents, [crumb]
    return extents, []


def _found_family(connection: Connection, first: Object) -> bytes:
    """Make an object that shares nothing yet the first of a new family."""
    family = new_name()
    connection.execute(insert(families), {"family": family, "deletions": 0})
    insert_extents(connection, first.key, first.extents, family)
    connection.execute(
        update(objects)
        .where(objects.c.key == first.key)
        .values(segment=family, first=0, extents=len(first.extents))
    )
    return family
