"""Locks on what a transaction relies on, where several writers are at work at once.

All take them in one order, so that nobody waits in a ring: first the archive itself, then level by level from
the top, and by number within a level. Where writers take turns there is nothing to lock, and nothing here
reads anything.

- Who adds children *holds* the parents, together with others who do.
- Who changes a resource, or what hangs on it, *claims* it: others may add children meanwhile.
- Who removes resources *clears* them and all ancestors: nobody else can do anything there meanwhile.

What is read behind the lock is how it stays. What was gone by the time of the lock is a `CollisionError`: the
transaction runs again and finds the new state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from fileroom.model import Level
from fileroom_plugins.databases.errors import CollisionError
from fileroom_plugins.index_sql.lookup import ARCHIVE, chunks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.lookup import Owner, Place
    from fileroom_plugins.index_sql.schema import Schema


def take_turn(connection: Connection, schema: Schema) -> None:
    """Wait for the writer before this one, where writers take turns and the database does not see to it."""
    if schema.needs_turns:
        connection.execute(update(schema.total).values(patients=schema.total.c.patients))


def hold(connection: Connection, schema: Schema, level: Level, numbers: Iterable[int]) -> None:
    """Keep parents where they are, so that children can be added."""
    _lock(connection, schema, level, numbers, read=True, key_share=True)


def claim(connection: Connection, schema: Schema, level: Level, numbers: Iterable[int]) -> None:
    """Keep others from changing resources, and what hangs on them."""
    _lock(connection, schema, level, numbers, key_share=True)


def clear(connection: Connection, schema: Schema, level: Level, numbers: Iterable[int]) -> None:
    """Keep others from changing resources, and from adding anything beneath them."""
    _lock(connection, schema, level, numbers)


def claim_owners(connection: Connection, schema: Schema, owners: Iterable[Owner]) -> None:
    """Claim resources of any level, and the archive itself, which has no row that could be locked."""
    every = set(owners)
    if schema.several_writers and ARCHIVE in every:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("fileroom.archive"))))
    for level in Level:
        claim(connection, schema, level, [owner.number for owner in every if owner.level == level])


def clear_ancestors(connection: Connection, schema: Schema, places: Iterable[Place]) -> None:
    """Clear the ancestors of resources, so that whoever removes one of their descendants comes next."""
    if not schema.several_writers:
        return
    above: dict[Level, set[int]] = {level: set() for level in Level}
    below = {level: {place.number for place in places if place.level is level} for level in Level}
    for level in (Level.INSTANCE, Level.SERIES, Level.STUDY):
        table = schema.levels[level].table.c
        for some in chunks(below[level] | above[level]):
            found = connection.execute(select(table.parent_id).where(table.id.in_(some)))
            above[Level(level - 1)].update(found.scalars())
    for level in Level:
        clear(connection, schema, level, above[level])


def _lock(
    connection: Connection,
    schema: Schema,
    level: Level,
    numbers: Iterable[int],
    *,
    read: bool = False,
    key_share: bool = False,
) -> None:
    wanted = sorted(set(numbers))
    if not schema.several_writers or not wanted:
        return
    table = schema.levels[level].table.c
    for some in chunks(wanted):
        rows = (
            select(table.id)
            .where(table.id.in_(some))
            .order_by(table.id)
            .with_for_update(read=read, key_share=key_share)
        )
        if len(connection.execute(rows).all()) < len(some):
            raise CollisionError
