"""`Index.relocate`: where bytes lie, once they were moved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import update

from fileroom_plugins.index_sql.files import files_of, to_row
from fileroom_plugins.index_sql.locks import claim_owners
from fileroom_plugins.index_sql.lookup import owners

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from fileroom.index import Relocation
    from fileroom.model import AttachmentRecord
    from fileroom_plugins.index_sql.lookup import Owner
    from fileroom_plugins.index_sql.schema import Schema


def relocate(connection: Connection, schema: Schema, moves: Sequence[Relocation]) -> list[bool]:
    """Write the new places of attachments that lie where they are said to; say of each whether it does."""
    found = owners(connection, schema, [move.id for move in moves])
    claim_owners(connection, schema, found.values())  # who edits one of them would write over its new owner
    files = {
        level: files_of(
            connection, schema, level, {owner.number for owner in found.values() if owner.level == level}
        )
        for level in {owner.level for owner in found.values()}
    }
    outcomes = []
    for move in moves:
        owner = found.get(move.id)
        there = files[owner.level][owner.number] if owner else {}
        file = there.get(move.content_type)
        if owner is None or file is None or file.locator != move.locator:
            outcomes.append(False)
            continue
        moved = replace(file, locator=move.to, uuid=move.uuid)
        there[move.content_type] = moved
        outcomes.append(_move(connection, schema, owner, file, moved))
    return outcomes


def _move(
    connection: Connection, schema: Schema, owner: Owner, file: AttachmentRecord, moved: AttachmentRecord
) -> bool:
    """Change a row, unless another writer has changed it since it was read; say whether it was changed."""
    row = schema.attachment.c
    before, after = to_row(file, file.revision), to_row(moved, moved.revision)
    changed = connection.execute(
        update(schema.attachment)
        .where(row.level == owner.level, row.resource == owner.number)
        .where(row.content_type == file.content_type, row.uuid == before["uuid"])
        .where(row.locator.is_not_distinct_from(before["locator"]))
        .values(uuid=after["uuid"], locator=after["locator"])
    )
    return changed.rowcount == 1
