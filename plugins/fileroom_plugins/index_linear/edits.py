"""`Index.edit` on the tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.index import AddLabel, Attach, Detach, Edited, RemoveLabel, SetMetadata, UnsetMetadata
from fileroom.model import ChangeType, Level, Metadata
from fileroom.plugin import NotFoundError, NotSupportedError, RevisionError
from fileroom_plugins.index_linear.arrival import DICOM
from fileroom_plugins.index_linear.tables import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.index import Edit
    from fileroom_plugins.index_linear.tables import Own, Tables


def edit(tables: Tables, edits: Sequence[Edit]) -> list[Edited]:
    """Apply edits in order and log them; see `fileroom.index.Index.edit`."""
    outcomes = [_edit(tables, one) for one in edits]
    return [replace(outcome, garbage=tables.garbage(outcome.garbage)) for outcome in outcomes]


def _edit(tables: Tables, one: Edit) -> Edited:
    owner = tables.owner(one.id) or tables.existing(one.id)
    match one:
        case Attach() | Detach():
            return _edit_attachment(tables, owner, one)
        case SetMetadata() | UnsetMetadata():
            return _edit_metadata(tables, owner, one)
        case AddLabel() | RemoveLabel():
            return _edit_label(tables, owner, one)


def _edit_attachment(tables: Tables, owner: Row | Own, one: Attach | Detach) -> Edited:
    number = one.attachment.content_type if isinstance(one, Attach) else one.content_type
    if isinstance(owner, Row) and owner.level is Level.INSTANCE and number == DICOM:
        raise NotSupportedError(f"the DICOM file of instance {owner.id} is replaced by storing another")
    files = dict(owner.attachments)
    old = files.pop(number, None)
    revision = old.revision if old else 0
    _check_revision(one, revision, f"attachment {number}")
    if isinstance(one, Attach):
        if one.if_uuid not in (None, old and old.uuid):
            raise RevisionError(
                f"attachment {number} of {owner.id} has other bytes: read it again, then edit that"
            )
        files[number] = replace(one.attachment, revision=revision + 1)
    tables.hang(owner._replace(attachments=dict(sorted(files.items()))))
    tables.log(ChangeType.UPDATED_ATTACHMENT, owner)
    return Edited(revision + 1 if number in files else 0, (old.locator,) if old else ())


def _edit_metadata(tables: Tables, owner: Row | Own, one: SetMetadata | UnsetMetadata) -> Edited:
    values = dict(owner.metadata)
    old = values.pop(one.name, None)
    revision = old.revision if old else 0
    _check_revision(one, revision, "this metadata")
    if isinstance(one, SetMetadata):
        values[one.name] = Metadata(one.value, revision + 1)
    tables.hang(owner._replace(metadata=values))
    tables.log(ChangeType.UPDATED_METADATA, owner)
    return Edited(revision + 1 if one.name in values else 0)


def _edit_label(tables: Tables, owner: Row | Own, one: AddLabel | RemoveLabel) -> Edited:
    label = {one.label}
    labels = owner.labels | label if isinstance(one, AddLabel) else owner.labels - label
    if labels != owner.labels:
        tables.hang(owner._replace(labels=labels))
        tables.log(ChangeType.UPDATED_LABELS, owner)
    return Edited(0)


def _check_revision(one: Attach | Detach | SetMetadata | UnsetMetadata, revision: int, what: str) -> None:
    if not revision and isinstance(one, Detach | UnsetMetadata):
        raise NotFoundError(f"{one.id} does not have {what}: nothing to remove")
    if one.if_revision not in (None, revision):
        raise RevisionError(f"{what} of {one.id} has revision {revision}: read it again, then edit that")
