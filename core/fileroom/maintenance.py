"""Keeping index and storage true to each other: verify and sweep."""

from __future__ import annotations

import contextlib
import hashlib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fileroom._orphans import Places, refuse_known
from fileroom.content_types import USER
from fileroom.digests import digest_of
from fileroom.errors import CatalogError, InvalidDatasetError, NotFoundError, RevisionError, StorageError
from fileroom.header import HeaderReader
from fileroom.index import Attach
from fileroom.ingest import BATCH_OBJECTS
from fileroom.opening import is_of, unread
from fileroom.storage import is_external

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.archive import Archive
    from fileroom.model import AttachmentRecord
    from fileroom.storage import Stored


_REGISTER_AGAIN = (
    " (a file registered where it lies: if the change is right, register it again with "
    "overwrite 'if-changed')"
)

_OTHER_INSTANCE = (
    "the file is another instance's, and is not shown: register the right one with overwrite 'always', or "
    "delete this instance"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with one attachment, or with the index.

    Attributes:
        id: the resource's public id, or `fileroom.model.ARCHIVE_ID`; empty for a problem of the index.
        content_type: the attachment's content type; 0 for a problem of the index.
        problem: ``"missing"``, ``"unreadable"``, ``"size"`` or ``"digest"``; ``"identity"`` for another
            instance's file; ``"index"`` for what the index found wrong in its own files
            (`fileroom.index.Index.problems`).
        reason: in words.
    """

    id: str
    content_type: int
    problem: str
    reason: str


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep found.

    Attributes:
        orphans: objects that no row points at.
        bytes: how many bytes those have.
        deleted: how many of them were deleted.
        unfinished: files of interrupted stores that were removed.
        foreign: files that another program put into the storage and that no row points at. A sweep leaves
            them alone: ``fileroom register`` or ``fileroom rebuild --adopt`` takes them in.
    """

    orphans: int
    bytes: int
    deleted: int
    unfinished: int
    foreign: int = 0


def verify(archive: Archive, *, digests: bool = True) -> Iterator[Finding]:
    """Compare every attachment's record with the stored bytes, and yield what differs.

    Reads the storage itself, whatever was stored lately; without ``digests`` only sizes are compared. Where
    no digest was recorded, ``digests`` reads the header, and holds the identifiers in it against the index's;
    of an attachment that the storage spliced it notes the digest, as a new revision of the same bytes.
    What the index itself found wrong comes first.
    """
    for reason in archive.index.problems():
        yield Finding("", 0, "index", reason)
    reader = HeaderReader(archive.header_tags)
    for id_, record in archive.index.attachments():
        found: tuple[str, str] | None = None
        try:
            found = _problem(archive, id_, record, reader if digests else None)
        except NotFoundError as error:
            if _still_recorded(archive, id_, record):
                found = "missing", str(error)
        except (StorageError, InvalidDatasetError) as error:
            found = "unreadable", str(error)
        if found is not None:
            yield Finding(id_, record.content_type, *found)


def _problem(
    archive: Archive, id_: str, record: AttachmentRecord, reader: HeaderReader | None
) -> tuple[str, str] | None:
    """Return what is wrong with stored bytes, and why; without a ``reader`` only their size is looked at."""
    again = _REGISTER_AGAIN if is_external(record.locator) else ""
    size = archive.storage.stat(record.locator).size
    if reader is not None and unread(record):
        with archive.storage.open(record.locator) as file:
            if not is_of(file, id_, reader):
                return "identity", _OTHER_INSTANCE
    if size != record.stored_size:
        return "size", f"{size} bytes are stored, {record.stored_size} were recorded{again}"
    if reader is not None and record.stored_digest:
        digest = _digest(archive, record, record.stored_digest.partition(":")[0])
        if digest != record.stored_digest:
            return "digest", f"{digest} is stored, {record.stored_digest} was recorded{again}"
    elif reader is not None and not record.digest and record.content_type >= USER:
        _note_digest(archive, id_, record)
    return None


def _still_recorded(archive: Archive, id_: str, record: AttachmentRecord) -> bool:
    """Tell a lost object from one that was deleted or replaced while we walked."""
    details = archive.index.details([id_])[0]
    return details is not None and any(one.uuid == record.uuid for one in details.attachments)


def _digest(archive: Archive, record: AttachmentRecord, algorithm: str) -> str:
    with archive.storage.open(record.locator) as file:
        return digest_of(file, algorithm)


def _note_digest(archive: Archive, id_: str, record: AttachmentRecord) -> None:
    """Note the digest of an attachment that the storage spliced, unless it was changed or moved meanwhile."""
    digest = _digest(archive, record, archive.config.ingest.digest)
    noted = replace(record, digest=digest, stored_digest=digest)
    with contextlib.suppress(NotFoundError, RevisionError):
        archive.edit([Attach(id_, noted, record.revision, record.uuid)])


def sweep(archive: Archive, *, grace: float, dry_run: bool = False) -> SweepReport:
    """Delete stored objects of ours that no row points at and that are older than ``grace`` seconds.

    The grace keeps off what another process has put and not yet committed (`fileroom.ingest` looks after
    its bytes when it was slower than half the usual grace).

    A file that was registered under another name, through a link, is no orphan.

    Raises:
        CatalogError: the index does not know all that was stored (`knows_all`), so that what it has lost
            would pass for orphans.
        ConfigError: the storage was configured otherwise when objects were stored, or is another archive's,
            so that what rows mean would pass for orphans.
    """
    if not dry_run and not knows_all(archive) and any(one.owned for one in archive.storage.list()):
        raise CatalogError(
            "the index is new, or was made of what another program's files showed, and the storage is not "
            "empty: nothing was swept; run 'fileroom rebuild' first, if these two are of one archive"
        )
    unfinished = 0
    if not dry_run:
        unfinished = archive.storage.discard_unfinished(grace) + archive.quarantine.discard_unfinished(grace)
    deadline = time.time() - grace
    orphans, foreign = _unknown(archive, deadline)
    deleted = 0
    if not dry_run:
        for start in range(0, len(orphans), BATCH_OBJECTS):
            # A readable name may have been given anew since it was listed: look at the time once more.
            batch = [
                one.locator
                for one in orphans[start : start + BATCH_OBJECTS]
                if _still_old(archive, one.locator, deadline)
            ]
            deleted += sum(one.error is None for one in archive.storage.delete(batch))
    size = sum(one.size for one in orphans)
    return SweepReport(len(orphans), size, deleted, unfinished, foreign)


def _unknown(archive: Archive, deadline: float) -> tuple[list[Stored], int]:
    """Return old objects of ours that no row points at, and how many there are of others'.

    Raises:
        ConfigError: rows may mean them all the same.
    """
    # The storage is listed before the index is walked: what is committed in between has its row by then.
    old: dict[bytes, Stored] = {}
    young: set[bytes] = set()
    for one in archive.storage.list():
        if one.modified <= deadline:
            old[mark(one.locator)] = one
        else:
            young.add(mark(one.locator))
    external = False
    places = Places(archive)
    for _, record in archive.index.attachments():
        if is_external(record.locator):
            external = True
            continue
        marked = mark(record.locator)
        places.note(record.locator, listed=old.pop(marked, None) is not None or marked in young)
    orphans: list[Stored] = [one for one in old.values() if one.owned]
    foreign = len(old) - len(orphans)
    if orphans and external and archive.storage.capabilities.local_path:
        orphans = _without_registered(archive, orphans)
    if orphans:
        refuse_known(archive, orphans)
        places.refuse_anothers(orphans)
    return orphans, foreign


def _without_registered(archive: Archive, orphans: Sequence[Stored]) -> list[Stored]:
    """Leave out what is registered under another name: a symbolic link leads to it, or a hard link."""
    files = {one.locator: _file(archive, one.locator) for one in orphans}
    looked_for = set(files.values())
    found = {
        file
        for _, record in archive.index.attachments()
        if is_external(record.locator) and (file := _file(archive, record.locator)) in looked_for
    }
    return [one for one in orphans if files[one.locator] not in found]


def _file(archive: Archive, locator: str) -> tuple[int, int] | None:
    """Return what tells a file from all others, by whatever name; None if it is not there."""
    try:
        status = archive.storage.local_path(locator).stat()
    except (OSError, NotFoundError, StorageError):
        return None
    return status.st_dev, status.st_ino


def _still_old(archive: Archive, locator: str, deadline: float) -> bool:
    try:
        return archive.storage.stat(locator).modified <= deadline
    except NotFoundError:
        return False


def knows_all(archive: Archive) -> bool:
    """Say whether the index knows all that was ever stored and not deleted: a new one need not."""
    return not is_new(archive) and archive.index.vouches()


def is_new(archive: Archive) -> bool:
    """Say whether nothing was ever committed to the index: it may stand in place of a lost one."""
    return not archive.changes(limit=1).changes and not archive.statistics().instances


def mark(locator: str) -> bytes:
    """Shorten a locator for a large set; two that share a mark would only keep an orphan alive."""
    return hashlib.blake2b(locator.encode("utf-8", "surrogateescape"), digest_size=8).digest()
