"""How a `fileroom.testing.memory_index.MemoryIndex` applies one edit, and adds what another index held."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.errors import NotFoundError, NotSupportedError, RevisionError
from fileroom.index import AddLabel, Attach, Detach, Edited, RemoveLabel, SetMetadata, UnsetMetadata
from fileroom.model import ChangeType, Level, Metadata

if TYPE_CHECKING:
    from fileroom.index import Details, Edit, Relocation
    from fileroom.testing.memory_tables import Row, Tables

DICOM = 1
"""Content type of the DICOM file."""


def apply(tables: Tables, edit: Edit) -> Edited:
    """Apply an edit and log it; see `fileroom.index.Index.edit`.

    Raises:
        NotFoundError: no such resource, attachment or metadata.
        RevisionError: a revision check failed.
        NotSupportedError: the DICOM file of an instance was to be replaced or detached.
    """
    row = tables.existing(edit.id)
    match edit:
        case Attach() | Detach():
            return _edit_attachment(tables, row, edit)
        case SetMetadata() | UnsetMetadata():
            return _edit_metadata(tables, row, edit)
        case AddLabel() | RemoveLabel():
            return _edit_label(tables, row, edit)


def add_missing(tables: Tables, row: Row, wanted: Details) -> None:
    """Add what a resource does not have, revisions as given; see `fileroom.index.Index.restore`."""
    files = {file.content_type: file for file in wanted.attachments}
    tables.put(
        replace(
            row,
            attachments={**files, **row.attachments},
            metadata={**wanted.metadata, **row.metadata},
            labels=row.labels.union(wanted.labels),
        )
    )


def make_like(tables: Tables, row: Row, wanted: Details) -> set[str]:
    """Give a resource just what is wanted, revisions as given; return the locators that went."""
    files = {file.content_type: file for file in wanted.attachments}
    for number, there in row.attachments.items():
        if number in files and there.is_copy_of(files[number]):
            files[number] = replace(there, revision=files[number].revision)
    if row.level is Level.INSTANCE:
        files[DICOM] = row.attachments[DICOM]
    new = replace(row, attachments=files, metadata=wanted.metadata, labels=frozenset(wanted.labels))
    tables.put(new)
    return {file.locator for file in row.attachments.values()}


def relocate(tables: Tables, move: Relocation) -> bool:
    """Note where an attachment's bytes lie now; see `fileroom.index.Index.relocate`."""
    row = tables.rows.get(move.id)
    file = row.attachments.get(move.content_type) if row else None
    if row is None or file is None or file.locator != move.locator:
        return False
    moved = replace(file, locator=move.to, uuid=move.uuid)
    tables.put(replace(row, attachments={**row.attachments, move.content_type: moved}))
    return True


def _edit_attachment(tables: Tables, row: Row, edit: Attach | Detach) -> Edited:
    number = edit.attachment.content_type if isinstance(edit, Attach) else edit.content_type
    if row.level is Level.INSTANCE and number == DICOM:
        raise NotSupportedError(f"the DICOM file of instance {row.id} is replaced by storing another")
    files = dict(row.attachments)
    old = files.pop(number, None)
    revision = old.revision if old else 0
    check_revision(edit, revision, f"attachment {number}")
    if isinstance(edit, Attach):
        if edit.if_uuid not in (None, old and old.uuid):
            raise RevisionError(
                f"attachment {number} of {row.id} has other bytes: read it again, then edit that"
            )
        files[number] = replace(edit.attachment, revision=revision + 1)
    tables.put(replace(row, attachments=files))
    tables.log(ChangeType.UPDATED_ATTACHMENT, row)
    return Edited(revision + 1 if number in files else 0, (old.locator,) if old else ())


def _edit_metadata(tables: Tables, row: Row, edit: SetMetadata | UnsetMetadata) -> Edited:
    values = dict(row.metadata)
    old = values.pop(edit.name, None)
    revision = old.revision if old else 0
    check_revision(edit, revision, "this metadata")
    if isinstance(edit, SetMetadata):
        values[edit.name] = Metadata(edit.value, revision + 1)
    tables.put(replace(row, metadata=values))
    tables.log(ChangeType.UPDATED_METADATA, row)
    return Edited(revision + 1 if edit.name in values else 0)


def _edit_label(tables: Tables, row: Row, edit: AddLabel | RemoveLabel) -> Edited:
    label = {edit.label}
    labels = row.labels | label if isinstance(edit, AddLabel) else row.labels - label
    if labels != row.labels:
        tables.put(replace(row, labels=labels))
        tables.log(ChangeType.UPDATED_LABELS, row)
    return Edited(0)


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
