"""The Index contract: what the archive knows, and the point at which a store becomes true.

Every sentence of the docstrings below is a promise. `fileroom.testing.index` holds each as a test that a
backend runs by subclassing; `fileroom.testing.memory_index` is the shortest index that keeps them all.

Words: *garbage* is a locator that no row points at any more (or never did), for the archive to delete
from the storage after the transaction; *ids* are public ids. What callers promise in turn: no locator is
given to attachments of two resources, and no text holds a NUL character or a lone surrogate. (Two instances
may share a file that is registered where it lies, if somebody made the second of the first: none is deleted.)
"""

from __future__ import annotations

import abc
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fileroom._index.committing import CommitStatus, Committed, Entry, Held, Overwrite
from fileroom._index.edits import (
    AddLabel,
    Attach,
    Detach,
    Details,
    Edit,
    Edited,
    Mirrored,
    Relocation,
    Removal,
    RemoveLabel,
    SetMetadata,
    UnsetMetadata,
    missing,
)
from fileroom._index.listing import ListedInstance, ListedStudy, Listing
from fileroom.errors import NotSupportedError
from fileroom.model import Level, ResourceRecord
from fileroom.query import Query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from fileroom.model import AttachmentRecord, Change, ChangePage, ChangeType, Header, Statistics
    from fileroom.storage import Storage

__all__ = [
    "AddLabel",
    "Attach",
    "CommitStatus",
    "Committed",
    "Detach",
    "Details",
    "Edit",
    "Edited",
    "Entry",
    "Held",
    "Index",
    "IndexCapabilities",
    "ListedInstance",
    "ListedStudy",
    "Listing",
    "Mirrored",
    "Overwrite",
    "Page",
    "Relocation",
    "Removal",
    "RemoveLabel",
    "SetMetadata",
    "UnsetMetadata",
]

_POLL = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of an answer.

    Attributes:
        records: in the query's order.
        cursor: where the next page starts; None when this page was the last at the time of reading.
    """

    records: tuple[ResourceRecord, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class IndexCapabilities:
    """What an index can do beyond what every index must.

    Attributes:
        history: `Index.restore` carries the change log over, and revisions with it; ``received`` and
            ``parent`` of an `Entry` are heeded. Times are kept right to a millisecond.
        relocate: `Index.relocate` is there.
        mirror: `Index.mirror` is there, and so is ``history``.
    """

    history: bool = False
    mirror: bool = False
    relocate: bool = False


class Index(abc.ABC):
    """What the archive knows.

    - Any thread may call any method at any time; several processes may use one index where the
      backend's documentation says so, and never corrupt it where it does not.
    - What a method has returned is durable, surviving a kill of the process and loss of power.
    - A method that raises has had no effect.
    - The driver's own errors arrive as `fileroom.errors.CatalogError` with the cause attached.
    - Text is kept as it was given; identifiers, labels and names of metadata compare by code point, with no
      regard to case, width or normal form.
    - A text that is not a public id is an id that nothing has: never an error of its own.
    - The tags of a record are those of the `fileroom.tags.TagSet` that the header had, as it had them, and
      the level's identifier, which is always there and always that of the header's identity.
    - Dates and times of day that the index itself notes are in UTC.
    - The archive itself has attachments, metadata and labels like a resource, under
      `fileroom.model.ARCHIVE_ID`, from the beginning and for ever: `details`, `edit`, `restore`, `mirror`,
      `relocate`, `attachments` and `statistics` heed them. It is no resource: nothing is found, counted,
      removed or logged under that id, nothing lies within it, and for all other methods nothing has it.
    """

    capabilities: IndexCapabilities = IndexCapabilities()

    def use_storage(self, storage: Storage) -> None:
        """Get to know the storage that the locators are of; an archive calls this once, before all else.

        Most indexes need not know it, and this does nothing.

        Raises:
            ConfigError: the two cannot work together; the message says what to change.
        """
        del storage

    @abc.abstractmethod
    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        """Make instances visible, all in one transaction; one outcome for each entry, in order.

        New patients, studies and series come into being with their first instance and take their tags
        from it; later instances do not change them. Entries of one batch see each other: the second of
        two equal ones is *already stored*. Of concurrent writers of one instance, one wins and the others
        get *already stored*, *conflict* or *replaced*, never an error and never two rows.

        An instance that is not there is *stored*. One that is there, whatever its stamp, is by the digest
        of its DICOM file

        - with the same digest: *already stored*, and *replaced* under ``ALWAYS``, or where it was registered
          where it lies and the entry's file is the storage's own;
        - with another digest: *conflict* under ``NEVER``, *replaced* under the others.

        (`Overwrite.replaces` says so in code.)

        *Already stored* takes over the entry's stamp unless that is 0, and changes nothing else. *Conflict*
        changes nothing. *Replaced* takes over the DICOM file, its revision raised by one, the instance's
        tags, SOP class and stamp (0 too), and drops the attachments below content type 1024, which were made
        from the old file; the user's attachments, metadata and labels stay, and so does the time of receipt,
        the place in the order of arrival, and all that belongs to the parents. *Stored* and *replaced* give
        the instance the entry's labels, beside those that it has.

        Garbage is: of *already stored* and *conflict* the entry's own locator; of *replaced* that of the old
        DICOM file and those of the dropped attachments. Never garbage is a locator that the index points at
        when the transaction ends: a file committed twice from where it lies must not be lost.

        Changes are logged, entry by entry, in the order patient, study, series, instance for what is new,
        and as *ReplacedInstance* for what was replaced, each followed by *UpdatedLabels* for the instance if
        the entry brought labels that it did not have; nothing is logged for the rest.
        """

    @abc.abstractmethod
    def find(self, query: Query) -> Page:
        """Return one page of the resources that match, in the query's order.

        Without an order, that of arrival: the order in which the resources came into being. Sort keys are
        those of `fileroom.query.Order`; ties are broken in a way of the backend's own, so that the order is
        total and stable. At most ``query.limit`` records (None: as many as the backend likes to return at a
        time), and a cursor only if more follow. Following the cursor yields every resource once that matched
        all the time with the same sort keys, whatever is stored or removed meanwhile, be it the resource at
        which a page ended. Matching is that of `fileroom.query.matches`, to the letter. Metadata
        and label conditions compare by code point. Nothing lies within an id that is not there.

        Raises:
            KeyNotIndexedError: the query names a tag that this index does not keep, or does not keep of every
                instance yet (see `complete`).
            QueryError: the query or its cursor is not one this index can read.
        """

    @abc.abstractmethod
    def count(self, query: Query) -> int:
        """Return how many resources match; limit, order and cursor play no part.

        Raises:
            KeyNotIndexedError: as `find` does.
        """

    @abc.abstractmethod
    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        """Return the resources with these ids, in order, None where there is none.

        ``computed`` names computed attributes (`fileroom.query.COMPUTED`) to include; those of another level
        than the resource's are left out. Numbers are written in decimal; ``ModalitiesInStudy`` and
        ``SOPClassesInStudy`` hold the single values of the study's series and instances, without padding,
        each once, in order of code points, joined by backslashes.
        """

    @abc.abstractmethod
    def children(self, parent: str) -> Iterator[ResourceRecord]:
        """Yield a resource's children, one level down, in order of arrival; an instance has none.

        Raises:
            NotFoundError: there is no such parent; by the call, or at the first child at the latest.
        """

    @abc.abstractmethod
    def held(self, ids: Sequence[str]) -> dict[str, Held]:
        """Return what is held of these instances; ids that are not there, or no instances, are left out."""

    @abc.abstractmethod
    def details(self, ids: Sequence[str]) -> list[Details | None]:
        """Return attachments, metadata and labels of resources, in order, None where there is none.

        Of the archive itself there always are; nothing hangs on a new one.
        """

    @abc.abstractmethod
    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        """Apply edits in order, all in one transaction; one outcome for each.

        Each edit sees what those before it did. *UpdatedAttachment*, *UpdatedMetadata* or *UpdatedLabels* is
        logged for each that changed something on a resource. A replaced or detached attachment's locator is
        garbage, unless the index points at it when the transaction ends.

        Raises:
            NotFoundError: no such resource, attachment or metadata.
            RevisionError: a revision check failed.
            NotSupportedError: the DICOM file of an instance was to be replaced or detached.
        """

    @abc.abstractmethod
    def refresh(self, headers: Sequence[Header]) -> int:
        """Write anew what was derived from DICOM, for the instances that are there; return how many.

        Counted are the headers whose instance is there; the others are passed over, parents included. Every
        level's tags become those of the header given for it, none of the old ones remaining; of several
        headers for one parent, the last wins. Attachments, metadata, labels, ids, times of receipt and the
        order of arrival stay. Nothing is logged.
        """

    @abc.abstractmethod
    def complete(self) -> None:
        """Declare that every instance has been refreshed with the configured tags.

        Until then, searching or ordering by an extra tag raises `fileroom.errors.KeyNotIndexedError` if the
        index had instances when it was first opened with that tag, or was opened without it in between,
        because the answer could be missing some. In an index without instances every tag is complete.
        """

    @abc.abstractmethod
    def remove(self, ids: Sequence[str]) -> Removal:
        """Remove resources with all beneath them, and ancestors left without children, in one transaction.

        The ids may repeat, be of several levels, and lie within each other. Every removed resource is logged
        as *Deleted* once, children before parents.

        Raises:
            NotFoundError: one of the ids is not there; nothing was removed.
        """

    @abc.abstractmethod
    def changes(
        self, since: int = 0, limit: int = 100, types: Sequence[ChangeType] | None = None
    ) -> ChangePage:
        """Return changes with a sequence greater than ``since``, oldest first, at most ``limit``.

        Sequences strictly increase and are never reused, not after a removal and not after a restart
        either. A reader that passes ``last`` as its next ``since`` misses none of the types it asks for, even
        while others write. Without changes, ``last`` is ``since`` or greater; ``done`` says that none of
        these types followed. Entries outlive their resources. ``types`` None means all types.
        """

    @abc.abstractmethod
    def statistics(self) -> Statistics:
        """Return the totals, at a cost that does not grow with them."""

    @abc.abstractmethod
    def attachments(self, after: str | None = None) -> Iterator[tuple[str, AttachmentRecord]]:
        """Yield every attachment of every resource as (public id, record), for verify and sweep.

        Those of the archive itself come first, for its id is the smallest: they are in the order of public
        ids, and of content types within one. Resumable: ``after`` yields only those of greater ids. What is
        committed while the walk runs may or may not appear; all else does. The walk may be abandoned at any
        point, and holds no writer up while it stands still.
        """

    def restore(
        self, entries: Sequence[Entry], details: Mapping[str, Details], changes: Sequence[Change] = ()
    ) -> list[Committed]:
        """Take over a part of what another index holds: the commit of a migration.

        First the entries, as `commit` takes them under ``NEVER``; one outcome for each, in order. Then, by
        public id of resources of any level, the details: attachments, metadata and labels that the resource
        does not have are added, and those that it has stay as they are, as the DICOM file of an instance
        always does. The locator of an attachment that was not taken is garbage of which nothing is said.
        Restoring the same again changes nothing.

        With the capability ``history`` all of it is one transaction; attachments, those of the entries too,
        and metadata get the revisions they come with; nothing is logged but ``changes``, in strictly
        increasing sequence, which are appended with the sequences and dates they have, those passed over
        whose sequence is not greater than the log's last. What is logged later goes on from there. Without it
        this is one `commit` and one `edit`, which log and count as ever, and ``changes`` must be empty.

        Raises:
            NotFoundError: details are given for a resource that is not there.
            NotSupportedError: there are changes, and no capability ``history``.
        """
        if changes:
            raise NotSupportedError("this index cannot take over the change log of another: drop 'changes'")
        committed = self.commit(entries) if entries else []
        if lacking := list(missing(details, self.details(list(details)))):
            self.edit(lacking)
        return committed

    def mirror(
        self,
        entries: Sequence[Entry],
        details: Mapping[str, Details],
        removed: Sequence[str] = (),
        changes: Sequence[Change] = (),
    ) -> Mirrored:
        """Become like another index in a part: the commit of a migration whose source lives on.

        All in one transaction, and nothing is logged but ``changes``:

        First the resources in ``removed`` go, with all beneath them and ancestors left without children, as
        `remove` has it; an id that is not there is passed over. Then the entries come, as `commit` takes them
        under ``IF_CHANGED``, but with the revisions that they bring; ``received`` and ``parent`` are heeded
        as `restore` does. Then, by public id, the details: attachments, metadata and labels of a resource
        become those given, with their revisions, and what is not among them goes, but for the DICOM file of
        an instance, which stays whatever is given. An attachment of which a copy is there
        (`fileroom.model.AttachmentRecord.is_copy_of`) is not taken: the copy stays, with its own UUID and
        locator, and gets the revision given. So who read the index before need not fear that it was moved
        since. Details of what is not there are passed over. At last the changes are appended, as `restore`
        does. Doing the same again changes nothing.

        Garbage is every locator of what went, of what was replaced and of what was not taken, unless the
        index points at it when the transaction ends.

        Raises:
            NotSupportedError: the capability ``mirror`` is not there.
        """
        del entries, details, removed, changes
        raise NotSupportedError(f"{type(self).__name__} cannot be made like another index bit by bit")

    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        """Note that attachments' bytes lie elsewhere, all in one transaction; one answer for each, in order.

        True says that the attachment has the new locator and UUID. False says that it is not there, or has
        another locator than the one it is to be moved from: somebody replaced, detached or moved it
        meanwhile, and nothing was changed. The DICOM file of an instance can be moved like any other.
        Revision, sizes and digests stay, and nothing is logged, for nothing changed that a user can tell.

        Raises:
            NotSupportedError: the capability ``relocate`` is not there.
        """
        del moves
        raise NotSupportedError(f"{type(self).__name__} cannot tell where bytes were moved to")

    def unit(self) -> AbstractContextManager[None]:
        """Hold what this thread does in a block to the index and its storage in one transaction, if they can.

        They can where `use_storage` was given a storage whose ``database`` is the index's own: then what the
        thread puts, commits, edits and removes within the block becomes durable, and visible to others, when
        the block is left, or not at all if it is left by an error. Everywhere else each call is by itself,
        as ever. Units of one thread may lie within each other: then the outermost counts.

        Raises:
            CatalogError: at the end of the block: the database failed, and nothing was done.
        """
        return nullcontext()

    def wait_for_changes(self, since: int, timeout: float) -> bool:
        """Wait until there is a change with a sequence greater than ``since``; return whether there is one.

        It waits for ``timeout`` seconds at most, and may see a change a second late.
        """
        deadline = time.monotonic() + timeout
        while not self.changes(since, 1).changes:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(_POLL, left))
        return True

    def plans(self) -> Iterator[str]:
        """Yield in words, a line each, how the usual kinds of search are answered: which index serves which.

        No patient's values. ``fileroom stats --plans`` shows it.
        """
        yield from ()

    def oldest_studies(self, limit: int) -> list[str]:
        """Return the public ids of the studies whose newest instance is the oldest, the oldest first.

        An instance is as old as its time of receipt says. At most ``limit`` are returned, 0 or more; studies
        of the same time come in any order. It may take time in proportion to all instances.
        """
        newest: dict[str, datetime] = {}
        query = Query(Level.INSTANCE)
        while True:
            page = self.find(query)
            for record in page.records:
                study = record.parent.parent if record.parent else None
                assert study is not None
                newest[study.id] = max(record.received, newest.get(study.id, record.received))
            if page.cursor is None:
                return sorted(newest, key=lambda id_: newest[id_])[:limit]
            query = replace(query, cursor=page.cursor)

    def problems(self) -> Iterator[str]:
        """Yield in words what the index found wrong in its own files and passed over; no patient's values."""
        yield from ()

    def notes(self) -> Iterator[str]:
        """Yield in words what an operator should know and what is no defect: ``fileroom stats`` shows it.

        No patient's values.
        """
        yield from ()

    def listing(self) -> Listing | None:
        """Return what the index's own file lists, if it is one that ``dcmqridx -p`` can read.

        None for every other index: `fileroom.listing` makes the like of what `find` tells.
        """
        return None

    def vouches(self) -> bool:
        """Say whether all that was ever committed here, and not removed, is known.

        Then what the index does not know may be swept. It is not so with an index that was made of what
        another program's files still showed, or that lost a part of its own. What was only committed here,
        and an index without anything, can be vouched for.
        """
        return True

    def vouch(self) -> None:  # noqa: B027 - most indexes know all there is, or nothing
        """Declare that it is so: a rebuild has taken in what the storage holds.

        From then on `vouches` says True, after a restart too. Nothing else changes.

        Raises:
            CatalogError: it could not be noted.
        """

    def compact(self) -> int:
        """Give back the space of what is gone; return by how many bytes the index's files shrank, 0 or more.

        What the index answers stays as it was, the change log too. Others may write meanwhile, and may have
        to wait. An index that has no such space need not override this.

        Raises:
            CatalogError: there is no space to work in, or others hold the index; it stays as it was.
        """
        return 0

    def close(self) -> None:  # noqa: B027 - not every index holds something
        """Release what the index holds. May be called twice; no other call may follow."""
