"""`Index.changes`: reading the change log, and giving sequences to what has none yet.

Where several writers are at work at once, a sequence given by a writer would become visible behind greater
ones, and a reader who was past it would never see it. So writers put packs of changes down in ``arrival``,
and who reads gives sequences to all that is committed by then, one reader at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from fileroom.model import Change, ChangePage, ChangeType, Level, digest_to_public_id
from fileroom_plugins.databases.errors import MayNotWriteError
from fileroom_plugins.index_sql.records import time_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.schema import Schema

_PACKS = 100  # given sequences at a time: not all that nobody asked for in a year
_HEAD, _WHOLE = 2, 22  # bytes of a packed change before its public id, and with it

_GIVE_SEQUENCES = text(f"""
    WITH taken AS (
        DELETE FROM arrival WHERE id IN (SELECT id FROM arrival ORDER BY id LIMIT :packs)
        RETURNING id, date, changes
    ), last AS (
        SELECT coalesce(max(sequence), 0) AS sequence FROM change
    ), given AS (
        INSERT INTO change (sequence, type, level, public_id, date)
        SELECT last.sequence + row_number() OVER (ORDER BY taken.id, start),
            get_byte(changes, start), get_byte(changes, start + 1),
            substring(changes FROM start + {_HEAD + 1} FOR {_WHOLE - _HEAD}), taken.date
        FROM taken, last, generate_series(0, length(changes) - 1, {_WHOLE}) AS start
        RETURNING 1
    )
    SELECT count(*) FROM given
""")  # noqa: S608 - numbers of our own


def pack_change(change: ChangeType, level: Level, digest: bytes) -> bytes:
    """Return a change as it is kept until it has a sequence."""
    return bytes((change, level)) + digest


def changes(
    database: Database, schema: Schema, since: int, limit: int, types: Sequence[ChangeType] | None
) -> ChangePage:
    """Return a stretch of the change log; see `fileroom.index.Index.changes`.

    Who may not write is told of what has a sequence already, and of the rest once somebody else has asked.
    """
    while True:
        with database.read() as connection:
            page = _page(connection, schema, since, limit, types)
            if not page.done or not _has_arrivals(connection, schema):
                return page
        try:
            database.write(lambda writing: give_sequences(writing, schema, _PACKS))
        except MayNotWriteError:
            return page


def _page(
    connection: Connection, schema: Schema, since: int, limit: int, types: Sequence[ChangeType] | None
) -> ChangePage:
    table = schema.change.c
    page = select(table.sequence, table.type, table.level, table.public_id, table.date)
    page = page.where(table.sequence > since).order_by(table.sequence).limit(limit + 1)
    if types is not None:
        page = page.where(table.type.in_([int(each) for each in types]))
    rows = connection.execute(page).all()
    found = tuple(
        Change(
            row.sequence,
            ChangeType(row.type),
            Level(row.level),
            digest_to_public_id(row.public_id),
            time_of(row.date),
        )
        for row in rows[:limit]
    )
    done = len(rows) <= limit
    last = found[-1].sequence if found else since
    if done and types is not None:
        # What was passed over need not be walked again.
        newest = connection.execute(select(func.max(table.sequence))).scalar()
        last = max(last, newest or 0)
    return ChangePage(found, last, done)


def _has_arrivals(connection: Connection, schema: Schema) -> bool:
    if schema.arrival is None:
        return False
    return connection.execute(select(schema.arrival.c.id).limit(1)).first() is not None


def give_sequences(connection: Connection, schema: Schema, packs: int | None = None) -> None:
    """Give sequences to changes that have none; others who do so wait until this transaction has ended.

    Args:
        connection: a transaction.
        schema: the tables.
        packs: to how many transactions' changes at most; None for all.
    """
    if schema.arrival is not None:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("fileroom.change"))))
        connection.execute(_GIVE_SEQUENCES, {"packs": packs})
