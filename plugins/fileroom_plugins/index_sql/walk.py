"""`Index.children` and `Index.attachments`: walks that hold no transaction while they stand still."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from sqlalchemy import select

from fileroom.model import ARCHIVE_ID, Level, digest_to_public_id
from fileroom_plugins.index_sql.files import files_of
from fileroom_plugins.index_sql.lookup import ARCHIVE, digest_of, existing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.model import AttachmentRecord, ResourceRecord
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.records import Records
    from fileroom_plugins.index_sql.schema import Schema

_PAGE = 500


def children(database: Database, schema: Schema, records: Records, parent: str) -> Iterator[ResourceRecord]:
    """Yield a resource's children; see `fileroom.index.Index.children`."""
    with database.read() as connection:
        place = existing(connection, schema, [parent])[parent]
    if place.level is Level.INSTANCE:
        return
    below = schema.levels[Level(place.level + 1)]
    page = select(*records.columns(below.level)).where(below.parent_id == place.number)
    last = 0
    while True:
        with database.read() as connection:
            rows = connection.execute(page.where(below.id > last).order_by(below.id).limit(_PAGE)).all()
            found = records.of(connection, below.level, rows)
        yield from found
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def attachments(
    database: Database, schema: Schema, after: str | None
) -> Iterator[tuple[str, AttachmentRecord]]:
    """Yield every attachment in the order of public ids; see `fileroom.index.Index.attachments`."""
    if after is None or after < ARCHIVE_ID:  # no other public id is as small
        with database.read() as connection:
            own = files_of(connection, schema, ARCHIVE.level, [ARCHIVE.number])[ARCHIVE.number]
        yield from ((ARCHIVE_ID, file) for _, file in sorted(own.items()))
    start = (digest_of(after) if after is not None else None) or b""
    levels = [_attachments_of(database, schema, level, start) for level in Level]
    for digest, record in heapq.merge(*levels, key=lambda each: (each[0], each[1].content_type)):
        public_id = digest_to_public_id(digest)
        if after is None or public_id > after:
            yield public_id, record


def _attachments_of(
    database: Database, schema: Schema, level: Level, last: bytes
) -> Iterator[tuple[bytes, AttachmentRecord]]:
    table = schema.levels[level].table.c
    page = select(table.id, table.public_id).order_by(table.public_id).limit(_PAGE)
    while True:
        with database.read() as connection:
            rows = connection.execute(page.where(table.public_id > last)).all()
            files = files_of(connection, schema, level, [row.id for row in rows])
        for row in rows:
            yield from ((row.public_id, file) for _, file in sorted(files[row.id].items()))
        if len(rows) < _PAGE:
            return
        last = rows[-1].public_id
