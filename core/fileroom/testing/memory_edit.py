"""How a `fileroom.testing.memory_index.MemoryIndex` applies one edit, and adds what another index held."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.errors import NotFoundError, NotSupportedError, RevisionError
from fileroom.index import AddLabel, Attach, Detach, Edited, RemoveLabel, SetMetadata, UnsetMetadata
from fileroom.model import ChangeType, Level, Metadata
from fileroom.testing.memory_tables import Row

if TYPE_CHECKING:
    from fileroom.index import Details, Edit, Relocation
    from fileroom.testing.memory_tables import Owner, Tables

DICOM = 1
"""Content type of the DICOM file."""


def apply(tables: Tables, edit: Edit) -> Edited:
    """Apply an edit and log it; see `fileroom.index.Index.edit`.

    Raises:
        NotFoundError: no such resource, attachment or metadata.
        RevisionError: a revision check failed.
        NotSupportedError: the DICOM file of an instance was to be replaced or detached.
    """
    owner = tables.owner(edit.id) or tables.existing(edit.id)
    match edit:
        case Attach() | Detach():
            return _edit_attachment(tables, owner, edit)
        case SetMetadata() | UnsetMetadata():
            return _edit_metadata(tables, owner, edit)
        case AddLabel() | RemoveLabel():
            return _edit_label(tables, owner, edit)


def add_missing(tables: Tables, owner: Owner, wanted: Details) -> None:
    """Add what a resource does not have, revisions as given; see `fileroom.index.Index.restore`."""
    files = {file.content_type: file for file in wanted.attachments}
    tables.put(
        replace(
            owner,
            attachments={**files, **owner.attachments},
            metadata={**wanted.metadata, **owner.metadata},
            labels=owner.labels.union(wanted.labels),
        )
    )


def make_like(tables: Tables, owner: Owner, wanted: Details) -> set[str]:
    """Give a resource just what is wanted, revisions as given; return the locators that went."""
    files = {file.content_type: file for file in wanted.attachments}
    for number, there in owner.attachments.items():
        if number in files and there.is_copy_of(files[number]):
            files[number] = replace(there, revision=files[number].revision)
    if _is_instance(owner):
        files[DICOM] = owner.attachments[DICOM]
    new = replace(owner, attachments=files, metadata=wanted.metadata, labels=frozenset(wanted.labels))
    tables.put(new)
    return {file.locator for file in owner.attachments.values()}


def relocate(tables: Tables, move: Relocation) -> bool:
    """Note where an attachment's bytes lie now; see `fileroom.index.Index.relocate`."""
    owner = tables.owner(move.id)
    file = owner.attachments.get(move.content_type) if owner else None
    if owner is None or file is None or file.locator != move.locator:
        return False
    moved = replace(file, locator=move.to, uuid=move.uuid)
    tables.put(replace(owner, attachments={**owner.attachments, move.content_type: moved}))
    return True


def _edit_attachment(tables: Tables, owner: Owner, edit: Attach | Detach) -> Edited:
    number = edit.attachment.content_type if isinstance(edit, Attach) else edit.content_type
    if _is_instance(owner) and number == DICOM:
        raise NotSupportedError(f"the DICOM file of instance {owner.id} is replaced by storing another")
    files = dict(owner.attachments)
    old = files.pop(number, None)
    revision = old.revision if old else 0
    check_revision(edit, revision, f"attachment {number}")
    if isinstance(edit, Attach):
        if edit.if_uuid not in (None, old and old.uuid):
            raise RevisionError(
                f"attachment {number} of {owner.id} has other bytes: read it again, then edit that"
            )
        files[number] = replace(edit.attachment, revision=revision + 1)
    tables.put(replace(owner, attachments=files))
    tables.log(ChangeType.UPDATED_ATTACHMENT, owner)
    return Edited(revision + 1 if number in files else 0, (old.locator,) if old else ())


def _edit_metadata(tables: Tables, owner: Owner, edit: SetMetadata | UnsetMetadata) -> Edited:
    values = dict(owner.metadata)
    old = values.pop(edit.name, None)
    revision = old.revision if old else 0
    check_revision(edit, revision, "this metadata")
    if isinstance(edit, SetMetadata):
        values[edit.name] = Metadata(edit.value, revision + 1)
    tables.put(replace(owner, metadata=values))
    tables.log(ChangeType.UPDATED_METADATA, owner)
    return Edited(revision + 1 if edit.name in values else 0)


def _edit_label(tables: Tables, owner: Owner, edit: AddLabel | RemoveLabel) -> Edited:
    label = {edit.label}
    labels = owner.labels | label if isinstance(edit, AddLabel) else owner.labels - label
    if labels != owner.labels:
        tables.put(replace(owner, labels=labels))
        tables.log(ChangeType.UPDATED_LABELS, owner)
    return Edited(0)


def _is_instance(owner: Owner) -> bool:
    return isinstance(owner, Row) and owner.level is Level.INSTANCE


def check_revision(edit: Attach | Detach | SetMetadata | UnsetMetadata, revision: int, what: str) -> None:
    """Refuse an edit of something that has this revision, 0 for nothing, if it was made for another.

    Raises:
        NotFoundError: there is nothing to remove.
        RevisionError: the edit demands another revision.
    """
    if not revision and isinstance(edit, Detach | UnsetMetadata):
        raise NotFoundError(f"{edit.id} does not have {what}: nothing to remove")
    if edit.if_revision not in (None, revision):
        raise RevisionError(f"{what} of {edit.id} has revision {revision}: read it again, then edit that")
