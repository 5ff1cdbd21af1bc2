"""`Index.mirror`: what another index holds now, and what it no longer does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.index import Mirrored, Overwrite
from fileroom.model import Level
from fileroom_plugins.index_sql.commit import Batch
from fileroom_plugins.index_sql.files import DICOM
from fileroom_plugins.index_sql.hanging import Hanging, hanging_on, write_differences
from fileroom_plugins.index_sql.ledger import Ledger
from fileroom_plugins.index_sql.locks import claim_owners
from fileroom_plugins.index_sql.lookup import owners, places
from fileroom_plugins.index_sql.remove import remove
from fileroom_plugins.index_sql.restore import append_changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from fileroom.index import Details
    from fileroom.model import AttachmentRecord, Change
    from fileroom_plugins.index_sql.candidates import Candidate
    from fileroom_plugins.index_sql.lookup import Owner
    from fileroom_plugins.index_sql.schema import Schema


class Mirroring:
    """One mirroring within its transaction.

    Args:
        connection: the transaction.
        schema: the tables.
        uids: the numbers of all UIDs that the candidates keep as numbers.
    """

    def __init__(self, connection: Connection, schema: Schema, uids: Mapping[str, int]) -> None:
        self._connection = connection
        self._schema = schema
        self._uids = uids

    def mirror(
        self,
        batch: Sequence[Candidate],
        details: Mapping[str, Details],
        removed: Sequence[str],
        changes: Sequence[Change],
    ) -> Mirrored:
        """See `fileroom.index.Index.mirror`."""
        connection, schema = self._connection, self._schema
        garbage = {file.locator for wanted in details.values() for file in wanted.attachments}
        if there := list(places(connection, schema, removed)):
            garbage.update(remove(connection, schema, there, logs=False).garbage)
        outcomes = Batch(connection, schema, self._uids, Overwrite.IF_CHANGED, restoring=True).commit(batch)
        garbage.update(locator for one in outcomes for locator in one.garbage)
        garbage.update(_make_alike(connection, schema, details))
        append_changes(connection, schema, changes)
        touched = owners(connection, schema, list({*details, *(one.id for one in outcomes)}))
        after = hanging_on(connection, schema, touched.values())
        live = {file.locator for each in after.values() for file in each.files.values()}
        return Mirrored(tuple(outcomes), tuple(sorted(garbage - live)))


def _make_alike(connection: Connection, schema: Schema, details: Mapping[str, Details]) -> set[str]:
    """Give resources, and the archive itself, just what is wanted; return the locators of all they had."""
    found = owners(connection, schema, list(details))
    claim_owners(connection, schema, found.values())
    before = hanging_on(connection, schema, found.values())
    after = {owner: _wanted(owner, before[owner], details[each]) for each, owner in found.items()}
    ledger = Ledger(connection, schema, logs=False)
    for owner, hanging in after.items():
        for added, files in ((-1, before[owner].files), (1, hanging.files)):
            for file in files.values():
                ledger.count_file(file, added)
    write_differences(connection, schema, before, after)
    ledger.write()
    return {file.locator for each in before.values() for file in each.files.values()}


def _wanted(owner: Owner, before: Hanging, wanted: Details) -> Hanging:
    files: dict[int, AttachmentRecord] = {file.content_type: file for file in wanted.attachments}
    for number, there in before.files.items():
        if number in files and there.is_copy_of(files[number]):  # it may have been moved: it stays there
            files[number] = replace(there, revision=files[number].revision)
    if owner.level == Level.INSTANCE:
        files[DICOM] = before.files[DICOM]
    return Hanging(files, dict(wanted.metadata), set(wanted.labels))
