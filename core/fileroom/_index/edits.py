"""Edits of what hangs on resources, removals, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from fileroom._index.committing import Committed
from fileroom.errors import NotFoundError
from fileroom.model import AttachmentRecord, Metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Attach:
    """Add an attachment, or replace the one of that content type.

    ``if_revision`` None replaces whatever is there, 0 demands that nothing is, and any other number
    demands that revision; otherwise `fileroom.errors.RevisionError`. The record's own ``revision`` is
    ignored; the index counts from 1, and from 1 again after a `Detach`.

    ``if_uuid`` None says nothing more. Otherwise the attachment there must have that UUID, or it is the same
    error. Who keeps the bytes that are there, or makes new ones of them, demands both: revisions count from 1
    again, and `fileroom.index.Index.relocate` changes UUID and locator, and no revision.
    """

    id: str
    attachment: AttachmentRecord
    if_revision: int | None = None
    if_uuid: str | None = None


@dataclass(frozen=True, slots=True)
class Detach:
    """Remove an attachment; ``if_revision`` as in `Attach`.

    Removing one that is not there is `fileroom.errors.NotFoundError`, whatever ``if_revision`` says. The
    DICOM file of an instance (type 1) cannot be detached.
    """

    id: str
    content_type: int
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """Set a metadata value; ``if_revision`` as in `Attach`.

    Names differ by code point. Setting the value that is there already counts as a change too.
    """

    id: str
    name: str
    value: str
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class UnsetMetadata:
    """Remove a metadata value; ``if_revision`` as in `Attach`.

    Removing one that is not there is `fileroom.errors.NotFoundError`, whatever ``if_revision`` says.
    """

    id: str
    name: str
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class AddLabel:
    """Add a label. Adding one that is there changes nothing and logs nothing."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class RemoveLabel:
    """Remove a label. Removing one that is not there changes nothing and logs nothing."""

    id: str
    label: str


Edit: TypeAlias = "Attach | Detach | SetMetadata | UnsetMetadata | AddLabel | RemoveLabel"


@dataclass(frozen=True, slots=True)
class Relocation:
    """A move of an attachment's bytes; see `fileroom.index.Index.relocate`.

    Attributes:
        id: the public id of the resource.
        content_type: the attachment's.
        locator: where the bytes were when they were copied.
        to: where the copy is.
        uuid: the key that the copy was stored under.
    """

    id: str
    content_type: int
    locator: str
    to: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Edited:
    """The outcome of one edit.

    Attributes:
        revision: the one in force after this edit; 0 when something was removed, and for labels.
        garbage: the locator that an attachment no longer needs, if any.
    """

    revision: int
    garbage: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What `Index.mirror` did.

    Attributes:
        committed: one outcome for each entry, in order.
        garbage: all locators that are to be deleted, those of the outcomes too.
    """

    committed: tuple[Committed, ...]
    garbage: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """What `Index.remove` removed.

    Attributes:
        removed: every resource that is gone, as (level, id), each once and children before parents:
            those asked for, all beneath them, and the ancestors that lost their last child.
        remaining: for each id asked for, the public id of the lowest ancestor that remains, or None.
        garbage: locators of all attachments that went with them, in any order.
    """

    removed: tuple[tuple[int, str], ...]
    remaining: Mapping[str, str | None]
    garbage: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """What hangs on one resource beside its tags.

    Attributes:
        attachments: by ascending content type.
        metadata: name to value; iterates by ascending name, in order of code points.
        labels: ascending, in order of code points.
    """

    attachments: tuple[AttachmentRecord, ...] = ()
    metadata: Mapping[str, Metadata] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


def missing(wanted: Mapping[str, Details], present: Sequence[Details | None]) -> Iterator[Edit]:
    """Yield the edits that add what resources have not."""
    for (id_, details), there in zip(wanted.items(), present, strict=True):
        if there is None:
            raise NotFoundError(f"no resource {id_} to restore the details of: restore its instances first")
        held = {one.content_type for one in there.attachments}
        yield from (Attach(id_, one) for one in details.attachments if one.content_type not in held)
        for name, metadata in details.metadata.items():
            if name not in there.metadata:
                yield SetMetadata(id_, name, metadata.value)
        yield from (AddLabel(id_, label) for label in details.labels if label not in there.labels)
