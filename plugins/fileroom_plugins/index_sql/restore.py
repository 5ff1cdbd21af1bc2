"""`Index.restore`: what another index held, with its revisions and its change log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fileroom.model import public_id_to_digest
from fileroom_plugins.databases.bulk import insert_rows
from fileroom_plugins.index_sql.hanging import Hanging, hanging_on, write_differences
from fileroom_plugins.index_sql.ledger import Ledger
from fileroom_plugins.index_sql.locks import claim_owners
from fileroom_plugins.index_sql.log import give_sequences
from fileroom_plugins.index_sql.lookup import owners, place_of
from fileroom_plugins.index_sql.records import milliseconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from fileroom.index import Details
    from fileroom.model import Change
    from fileroom_plugins.index_sql.schema import Schema


def add_missing(connection: Connection, schema: Schema, details: Mapping[str, Details]) -> None:
    """Add attachments, metadata and labels that resources, or the archive itself, do not have.

    Raises:
        NotFoundError: one of the resources is not there.
    """
    there = owners(connection, schema, list(details))
    found = {each: place_of(each, there) for each in details}
    claim_owners(connection, schema, found.values())
    before = hanging_on(connection, schema, found.values())
    after = {found[each]: _with(before[found[each]], wanted) for each, wanted in details.items()}
    ledger = Ledger(connection, schema, logs=False)
    for owner, hanging in after.items():
        for content_type in hanging.files.keys() - before[owner].files.keys():
            ledger.count_file(hanging.files[content_type], 1)
    write_differences(connection, schema, before, after)
    ledger.write()


def _with(there: Hanging, wanted: Details) -> Hanging:
    return Hanging(
        files={file.content_type: file for file in wanted.attachments} | there.files,
        metadata={**wanted.metadata, **there.metadata},
        labels=there.labels.union(wanted.labels),
    )


def append_changes(connection: Connection, schema: Schema, changes: Iterable[Change]) -> None:
    """Append to the change log what is newer than all of it; the database counts on from there."""
    give_sequences(connection, schema)
    table = schema.change
    last = connection.execute(select(func.coalesce(func.max(table.c.sequence), 0))).scalar_one()
    rows = [
        {
            "sequence": each.sequence,
            "type": int(each.type),
            "level": int(each.level),
            "public_id": public_id_to_digest(each.id),
            "date": milliseconds_of(each.date),
        }
        for each in changes
        if each.sequence > last
    ]
    insert_rows(connection, table, rows)
