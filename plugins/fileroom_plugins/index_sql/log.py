"""`Index.changes`: reading the change log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fileroom.model import Change, ChangePage, ChangeType, Level, digest_to_public_id
from fileroom_plugins.index_sql.records import time_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.schema import Schema


def changes(
    connection: Connection, schema: Schema, since: int, limit: int, types: Sequence[ChangeType] | None
) -> ChangePage:
    """Return a stretch of the change log; see `fileroom.index.Index.changes`."""
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
