"""`Index.edit`: edits are applied in memory to what hangs on their resources, and the differences written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.errors import NotFoundError, NotSupportedError, RevisionError
from fileroom.index import AddLabel, Attach, Detach, Edited, RemoveLabel, SetMetadata, UnsetMetadata
from fileroom.model import ChangeType, Level, Metadata, public_id_to_digest
from fileroom_plugins.index_sql.files import DICOM
from fileroom_plugins.index_sql.hanging import hanging_on, write_differences
from fileroom_plugins.index_sql.ledger import Ledger
from fileroom_plugins.index_sql.locks import claim_owners
from fileroom_plugins.index_sql.lookup import ARCHIVE, owners, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from fileroom.index import Edit
    from fileroom_plugins.index_sql.hanging import Hanging
    from fileroom_plugins.index_sql.schema import Schema


def edit(connection: Connection, schema: Schema, edits: Sequence[Edit]) -> list[Edited]:
    """Apply edits within a transaction; see `fileroom.index.Index.edit`."""
    found = owners(connection, schema, [each.id for each in edits])
    claim_owners(connection, schema, found.values())
    before = hanging_on(connection, schema, found.values())
    after = {owner: hanging.copy() for owner, hanging in before.items()}
    ledger = Ledger(connection, schema)
    outcomes = []
    for each in edits:
        owner = place_of(each.id, found)
        outcome, change = _apply(each, owner.level, after[owner])
        outcomes.append(outcome)
        if change and owner != ARCHIVE:
            ledger.log(change, Level(owner.level), public_id_to_digest(each.id))
    for added, hanging_then in ((-1, before), (1, after)):
        for each_file in (file for hanging in hanging_then.values() for file in hanging.files.values()):
            ledger.count_file(each_file, added)
    write_differences(connection, schema, before, after)
    ledger.write()
    live = {file.locator for each in after.values() for file in each.files.values()}
    return [
        replace(outcome, garbage=tuple(each for each in outcome.garbage if each not in live))
        for outcome in outcomes
    ]


def _apply(each: Edit, level: int, hanging: Hanging) -> tuple[Edited, ChangeType | None]:
    match each:
        case Attach() | Detach():
            return _edit_file(each, level, hanging), ChangeType.UPDATED_ATTACHMENT
        case SetMetadata() | UnsetMetadata():
            return _edit_metadata(each, hanging), ChangeType.UPDATED_METADATA
        case AddLabel() | RemoveLabel():
            return Edited(0), ChangeType.UPDATED_LABELS if _edit_label(each, hanging) else None


def _edit_file(each: Attach | Detach, level: int, hanging: Hanging) -> Edited:
    content_type = each.attachment.content_type if isinstance(each, Attach) else each.content_type
    if level == Level.INSTANCE and content_type == DICOM:
        raise NotSupportedError(
            f"the DICOM file of instance {each.id} cannot be replaced or detached: store another one, "
            "or delete the instance"
        )
    old = hanging.files.pop(content_type, None)
    revision = old.revision if old else 0
    _check_revision(each, revision, f"attachment {content_type}")
    garbage = (old.locator,) if old else ()
    if isinstance(each, Detach):
        return Edited(0, garbage)
    if each.if_uuid not in (None, old and old.uuid):
        raise RevisionError(
            f"attachment {content_type} of resource {each.id} has other bytes than those expected: somebody "
            "else replaced or moved it; read it again before you change it"
        )
    hanging.files[content_type] = replace(each.attachment, revision=revision + 1)
    return Edited(revision + 1, garbage)


def _edit_metadata(each: SetMetadata | UnsetMetadata, hanging: Hanging) -> Edited:
    old = hanging.metadata.pop(each.name, None)
    revision = old.revision if old else 0
    _check_revision(each, revision, f"metadata {each.name!r}")
    if isinstance(each, UnsetMetadata):
        return Edited(0)
    hanging.metadata[each.name] = Metadata(each.value, revision + 1)
    return Edited(revision + 1)


def _edit_label(each: AddLabel | RemoveLabel, hanging: Hanging) -> bool:
    """Add or remove a label; say whether that changed anything."""
    wanted = isinstance(each, AddLabel)
    if (each.label in hanging.labels) is wanted:
        return False
    (hanging.labels.add if wanted else hanging.labels.remove)(each.label)
    return True


def _check_revision(each: Attach | Detach | SetMetadata | UnsetMetadata, revision: int, what: str) -> None:
    if not revision and isinstance(each, Detach | UnsetMetadata):
        raise NotFoundError(f"resource {each.id} has no {what}: there is nothing to remove")
    if each.if_revision not in (None, revision):
        raise RevisionError(
            f"{what} of resource {each.id} has revision {revision}, not {each.if_revision}: "
            "somebody else changed it; read it again before you do"
        )
