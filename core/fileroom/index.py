"""The Index contract: what the archive knows, and the point at which a store becomes true.

Every sentence of the docstrings below is a promise. `fileroom.testing.index` holds each as a test that a
backend runs by subclassing; `fileroom.testing.memory_index` is the shortest index that keeps them all.

Words: *garbage* is a locator that no row points at any more (or never did), for the archive to delete
from the storage after the transaction; *ids* are public ids.
"""

from __future__ import annotations

import abc
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from fileroom.model import (
        AttachmentRecord,
        ChangePage,
        ChangeType,
        Header,
        Metadata,
        ResourceRecord,
        Statistics,
    )
    from fileroom.query import Query


class Overwrite(enum.StrEnum):
    """What a commit does with an instance whose four identifiers are there already.

    ``NEVER`` keeps what is there, ``ALWAYS`` replaces it, ``IF_CHANGED`` replaces it when the digests differ.
    """

    NEVER = "never"
    ALWAYS = "always"
    IF_CHANGED = "if-changed"


class CommitStatus(enum.StrEnum):
    """What became of one entry."""

    STORED = "stored"
    ALREADY_STORED = "already_stored"
    REPLACED = "replaced"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Entry:
    """One instance to commit: its header, and its DICOM file as the storage has it.

    Attributes:
        header: identifiers and tags.
        attachment: the record of the DICOM file (content type 1), already durable in the storage.
        stamp: 64-bit fingerprint of where the bytes came from (path, size, time of change), so that an
            import can skip, on its next run, what it knows; 0 for none.
    """

    header: Header
    attachment: AttachmentRecord
    stamp: int = 0


@dataclass(frozen=True, slots=True)
class Committed:
    """The outcome of one entry.

    Attributes:
        status: what was done.
        id: the instance's public id.
        digest: the digest of the DICOM file the index points at now.
        garbage: locators to delete from the storage, now that the transaction is durable.
    """

    status: CommitStatus
    id: str
    digest: str
    garbage: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What the index holds of an instance: the digest of its DICOM file, and the stamp of its source."""

    digest: str
    stamp: int


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of an answer.

    Attributes:
        records: in the query's order.
        cursor: where the next page starts, None when this page is the last.
    """

    records: tuple[ResourceRecord, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Attach:
    """Add an attachment, or replace the one of that content type.

    ``if_revision`` None replaces whatever is there, 0 demands that nothing is, and any other number
    demands that revision. The record's own ``revision`` is ignored; the index counts.
    """

    id: str
    attachment: AttachmentRecord
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Detach:
    """Remove an attachment. The DICOM file of an instance (type 1) cannot be detached."""

    id: str
    content_type: int
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """Set a metadata value; ``if_revision`` as in `Attach`."""

    id: str
    name: str
    value: str
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class UnsetMetadata:
    """Remove a metadata value. Removing one that is not there is `NotFoundError`."""

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
class Edited:
    """The outcome of one edit: the revision now in force (0: removed, or a label), and garbage."""

    revision: int
    garbage: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """What `Index.remove` removed.

    Attributes:
        removed: every resource that is gone, as (level, id): those asked for, all beneath them, and the
            ancestors that lost their last child.
        remaining: for each id asked for, the public id of the lowest ancestor that remains, or None.
        garbage: locators of all attachments that went with them.
    """

    removed: tuple[tuple[int, str], ...]
    remaining: Mapping[str, str | None]
    garbage: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """What hangs on one resource beside its tags, each by name or number, in ascending order."""

    attachments: tuple[AttachmentRecord, ...] = ()
    metadata: Mapping[str, Metadata] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


class Index(abc.ABC):
    """What the archive knows.

    - Any thread may call any method at any time; several processes may use one index where the
      backend's documentation says so, and never corrupt it where it does not.
    - What a method has returned is durable, surviving a kill of the process and loss of power.
    - A method that raises has had no effect.
    - The driver's own errors arrive as `CatalogError` with the cause attached.
    - Text is kept as it was given; identifiers compare by code point, with no regard to normal form.
    """

    @abc.abstractmethod
    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        """Make instances visible, all in one transaction; one outcome for each entry, in order.

        New patients, studies and series come into being with their first instance and take their tags
        from it; later instances do not change them. Entries of one batch see each other: the second of
        two equal ones is *already stored*. Of concurrent writers of one instance, one wins and the others
        get *already stored*, *conflict* or *replaced*, never an error and never two rows.

        An instance that is there: same digest, same stamp or not: *already stored* (and ``ALWAYS``
        replaces it nevertheless); another digest: *conflict* under ``NEVER``, else *replaced*. An entry
        that is already stored refreshes the stamp. Of *already stored* and *conflict* the entry's own
        locator is garbage, unless the index points at it; of *replaced*, the old DICOM file and the old
        attachments below content type 1024, which were made from it; the user's attachments, metadata and
        labels stay. A replaced instance's tags are the new file's.

        Changes are logged in the order patient, study, series, instance for what is new, and
        *ReplacedInstance* for what was replaced.
        """

    @abc.abstractmethod
    def find(self, query: Query) -> Page:
        """Return one page of the resources that match, in the query's order.

        Without an order, that of arrival; ties are broken so that the order is total and stable. At most
        ``query.limit`` records (None: as many as the backend likes to return at a time). Following the
        cursor yields every resource once that matched all the time, whatever is stored or removed
        meanwhile. Matching is that of `fileroom.query.matches`, to the letter.

        Raises:
            QueryError: the query or its cursor is not one this index can read.
        """

    @abc.abstractmethod
    def count(self, query: Query) -> int:
        """Return how many resources match; limit, order and cursor play no part."""

    @abc.abstractmethod
    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        """Return the resources with these ids, in order, None where there is none.

        ``computed`` names computed attributes to include; those of another level are left out.
        """

    @abc.abstractmethod
    def children(self, parent: str) -> Iterator[ResourceRecord]:
        """Yield a resource's children, one level down, in order of arrival.

        Raises:
            NotFoundError: there is no such parent.
        """

    @abc.abstractmethod
    def held(self, ids: Sequence[str]) -> dict[str, Held]:
        """Return what is held of these instances; ids that are not there are left out."""

    @abc.abstractmethod
    def details(self, ids: Sequence[str]) -> list[Details | None]:
        """Return attachments, metadata and labels of resources, in order, None where there is none."""

    @abc.abstractmethod
    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        """Apply edits in order, all in one transaction; one outcome for each.

        Logs *UpdatedAttachment*, *UpdatedMetadata* and *UpdatedLabels*.

        Raises:
            NotFoundError: no such resource, attachment or metadata.
            RevisionError: a revision check failed.
            NotSupportedError: the DICOM file of an instance was to be replaced or detached.
        """

    @abc.abstractmethod
    def refresh(self, headers: Sequence[Header]) -> int:
        """Write anew what was derived from DICOM, for the instances that are there; return how many.

        Every level's tags become those of the header given for it; of several headers for one parent, the
        last wins. Attachments, metadata, labels and ids stay. Nothing is logged.
        """

    @abc.abstractmethod
    def complete(self) -> None:
        """Declare that every instance has been refreshed with the configured tags.

        Until then, searching an extra tag that was configured after instances had been stored raises
        `KeyNotIndexedError`, because the answer could be missing some.
        """

    @abc.abstractmethod
    def remove(self, ids: Sequence[str]) -> Removal:
        """Remove resources with all beneath them, and ancestors left without children, in one transaction.

        Every removed resource is logged as *Deleted*, children before parents.

        Raises:
            NotFoundError: one of the ids is not there; nothing was removed.
        """

    @abc.abstractmethod
    def changes(
        self, since: int = 0, limit: int = 100, types: Sequence[ChangeType] | None = None
    ) -> ChangePage:
        """Return changes with a sequence greater than ``since``, oldest first, at most ``limit``.

        Sequences strictly increase and are never reused, and a reader that passes ``last`` as its next
        ``since`` misses none. Entries outlive their resources. ``types`` None means all types.
        """

    @abc.abstractmethod
    def statistics(self) -> Statistics:
        """Return the totals, at a cost that does not grow with them."""

    @abc.abstractmethod
    def attachments(self, after: str | None = None) -> Iterator[tuple[str, AttachmentRecord]]:
        """Yield every attachment of every resource as (public id, record), for verify and sweep.

        In the order of public ids, resumable: ``after`` yields only those of greater ids. What is
        committed while the walk runs may or may not appear; all else does.
        """

    def close(self) -> None:
        """Release what the index holds. May be called twice; no other call may follow."""
