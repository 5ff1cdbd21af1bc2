"""`Index.oldest_studies`: which studies have waited longest since their last instance came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fileroom.model import Level, digest_to_public_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.schema import Schema


def oldest_studies(connection: Connection, schema: Schema, limit: int) -> list[str]:
    """Return the public ids of studies by the age of their newest instance, the oldest first.

    Every instance is looked at: an index on the time of receipt would cost every commit, for a question that
    is asked once in a while.
    """
    study, series, instance = (
        schema.levels[level].table for level in (Level.STUDY, Level.SERIES, Level.INSTANCE)
    )
    newest = func.max(instance.c.received)
    by_age = (
        select(study.c.public_id)
        .join_from(instance, series, series.c.id == instance.c.parent_id)
        .join(study, study.c.id == series.c.parent_id)
        .group_by(study.c.id)
        .order_by(newest, study.c.id)
        .limit(limit)
    )
    return [digest_to_public_id(digest) for digest in connection.execute(by_age).scalars()]
