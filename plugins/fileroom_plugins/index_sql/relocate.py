"""`Index.relocate`: where bytes lie, once they were moved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import update

from fileroom.model import Level
from fileroom_plugins.index_sql.files import files_of, to_row
from fileroom_plugins.index_sql.locks import claim_places
from fileroom_plugins.index_sql.lookup import places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from fileroom.index import Relocation
    from fileroom.model import AttachmentRecord
    from fileroom_plugins.index_sql.lookup import Place
    from fileroom_plugins.index_sql.schema import Schema


def relocate(connection: Connection, schema: Schema, moves: Sequence[Relocation]) -> list[bool]:
    """Write the new places of attachments that lie where they are said to; say of each whether it does."""
    found = places(connection, schema, [move.id for move in moves])
    claim_places(connection, schema, found.values())  # who edits one of them would write over its new place
    files = {
        level: files_of(
            connection, schema, level, {place.number for place in found.values() if place.level is level}
        )
        for level in Level
    }
    outcomes = []
    for move in moves:
        place = found.get(move.id)
        there = files[place.level][place.number] if place else {}
        file = there.get(move.content_type)
        if place is None or file is None or file.locator != move.locator:
            outcomes.append(False)
            continue
        moved = replace(file, locator=move.to, uuid=move.uuid)
        there[move.content_type] = moved
        outcomes.append(_move(connection, schema, place, file, moved))
    return outcomes


def _move(
    connection: Connection, schema: Schema, place: Place, file: AttachmentRecord, moved: AttachmentRecord
) -> bool:
    """Change a row, unless another writer has changed it since it was read; say whether it was changed."""
    row = schema.attachment.c
    before, after = to_row(file, file.revision), to_row(moved, moved.revision)
    changed = connection.execute(
        update(schema.attachment)
        .where(row.level == int(place.level), row.resource == place.number)
        .where(row.content_type == file.content_type, row.uuid == before["uuid"])
        .where(row.locator.is_not_distinct_from(before["locator"]))
        .values(uuid=after["uuid"], locator=after["locator"])
    )
    return changed.rowcount == 1
