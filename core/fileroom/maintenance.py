"""Keeping index and storage true to each other: verify, sweep, rebuild."""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.content_types import DICOM
from fileroom.digests import digest_of
from fileroom.errors import InvalidDatasetError, NotFoundError, StorageError
from fileroom.header import HeaderReader
from fileroom.index import Entry, Overwrite
from fileroom.ingest import BATCH_OBJECTS
from fileroom.model import AttachmentRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive
    from fileroom.model import Header
    from fileroom.storage import Stored


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with one attachment.

    Attributes:
        id: the resource's public id.
        content_type: the attachment's content type.
        problem: ``"missing"``, ``"unreadable"``, ``"size"`` or ``"digest"``.
        reason: in words.
    """

    id: str
    content_type: int
    problem: str
    reason: str


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep found: orphans and their bytes, how many were deleted, unfinished files removed."""

    orphans: int
    bytes: int
    deleted: int
    unfinished: int


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild did.

    Attributes:
        refreshed: instances whose tags were read anew.
        adopted: instances that were in the storage and not in the index, and are in both now.
        unreadable: objects that could not be read; see `fileroom verify`.
    """

    refreshed: int
    adopted: int
    unreadable: int


def verify(archive: Archive, *, digests: bool = True) -> Iterator[Finding]:
    """Compare every attachment's record with the stored bytes, and yield what differs.

    Reads the storage itself, whatever was stored lately; without ``digests`` only sizes are compared.
    """
    for id_, record in archive.index.attachments():
        try:
            size = archive.storage.stat(record.locator).size
            if size != record.stored_size:
                reason = f"{size} bytes are stored, {record.stored_size} were recorded"
                yield Finding(id_, record.content_type, "size", reason)
            elif digests and (found := _digest(archive, record)) != record.stored_digest:
                reason = f"{found} is stored, {record.stored_digest} was recorded"
                yield Finding(id_, record.content_type, "digest", reason)
        except NotFoundError as error:
            if _still_recorded(archive, id_, record):
                yield Finding(id_, record.content_type, "missing", str(error))
        except StorageError as error:
            yield Finding(id_, record.content_type, "unreadable", str(error))


def _still_recorded(archive: Archive, id_: str, record: AttachmentRecord) -> bool:
    """Tell a lost object from one that was deleted or replaced while we walked."""
    details = archive.index.details([id_])[0]
    return details is not None and any(one.uuid == record.uuid for one in details.attachments)


def _digest(archive: Archive, record: AttachmentRecord) -> str:
    with archive.storage.open(record.locator) as file:
        return digest_of(file, record.stored_digest.partition(":")[0])


def sweep(archive: Archive, *, grace: float, dry_run: bool = False) -> SweepReport:
    """Delete stored objects that no row points at and that are older than ``grace`` seconds.

    The grace keeps off what another process has put and not yet committed (`fileroom.ingest` looks after
    its bytes when it was slower than half the usual grace).
    """
    unfinished = 0 if dry_run else archive.storage.discard_unfinished(grace)
    deadline = time.time() - grace
    # The storage is listed before the index is walked: what is committed in between has its row by then.
    old = {_mark(one.locator): one for one in archive.storage.list() if one.modified <= deadline}
    for _, record in archive.index.attachments():
        old.pop(_mark(record.locator), None)
    orphans: list[Stored] = list(old.values())
    deleted = 0
    if not dry_run:
        for start in range(0, len(orphans), BATCH_OBJECTS):
            batch = [one.locator for one in orphans[start : start + BATCH_OBJECTS]]
            deleted += sum(one.error is None for one in archive.storage.delete(batch))
    return SweepReport(len(orphans), sum(one.size for one in orphans), deleted, unfinished)


def _mark(locator: str) -> bytes:
    """Shorten a locator for a large set; two that share a mark would only keep an orphan alive."""
    return hashlib.blake2b(locator.encode("utf-8", "surrogateescape"), digest_size=8).digest()


def rebuild(archive: Archive, *, adopt: bool | None = None) -> RebuildReport:
    """Read the header of every stored DICOM file anew.

    For instances the index knows, what was derived from DICOM is written again, extra tags included. With
    ``adopt`` (None: if the index is empty) DICOM files that it does not know are committed as found.
    """
    if adopt is None:
        adopt = archive.statistics().attachments == 0
    reader = HeaderReader(archive.tags)
    known: set[bytes] = set()
    headers: list[Header] = []
    refreshed = unreadable = 0
    for _, record in archive.index.attachments():
        known.add(_mark(record.locator))
        if record.content_type != DICOM.number:
            continue
        try:
            with archive.storage.open(record.locator) as file:
                headers.append(reader.read(file))
        except (NotFoundError, StorageError, InvalidDatasetError):
            unreadable += 1
        if len(headers) >= BATCH_OBJECTS:
            refreshed += archive.index.refresh(headers)
            headers.clear()
    refreshed += archive.index.refresh(headers)
    adopted = _adopt_all(archive, reader, known) if adopt else 0
    archive.index.complete()
    return RebuildReport(refreshed, adopted, unreadable)


def _adopt_all(archive: Archive, reader: HeaderReader, known: set[bytes]) -> int:
    adopted = 0
    entries: list[Entry] = []
    for one in archive.storage.list():
        if _mark(one.locator) in known:
            continue
        entry = _found(archive, reader, one)
        if entry is not None:
            entries.append(entry)
        if len(entries) >= BATCH_OBJECTS:
            adopted += _adopt(archive, entries)
            entries.clear()
    return adopted + _adopt(archive, entries)


def _found(archive: Archive, reader: HeaderReader, stored: Stored) -> Entry | None:
    """Make an entry of a stored object, or None if it is no sound DICOM file (another attachment, say)."""
    try:
        with archive.storage.open(stored.locator) as file:
            header = reader.read(file)
            file.seek(0)
            digest = digest_of(file, archive.config.ingest.digest)
    except (NotFoundError, StorageError, InvalidDatasetError):
        return None
    record = AttachmentRecord(
        DICOM.number, _key(stored.locator), stored.size, digest, stored.locator, stored.size, digest
    )
    return Entry(header, record)


def _key(locator: str) -> str:
    """Return the key an object was put under, where the storage kept it as the locator, else a new one."""
    try:
        return str(uuid.UUID(locator))
    except ValueError:
        return str(uuid.uuid4())


def _adopt(archive: Archive, entries: list[Entry]) -> int:
    """Commit what was found. Under NEVER nothing that is known gives way to an orphan."""
    committed = archive.index.commit(entries, Overwrite.NEVER) if entries else []
    return sum(one.status == "stored" for one in committed)
