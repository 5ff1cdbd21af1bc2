"""Reading all stored headers anew: for tags that were configured later, or for an index that was lost."""

from __future__ import annotations

import math
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.content_types import DICOM
from fileroom.digests import digest_of
from fileroom.errors import InvalidDatasetError, NotFoundError, StorageError
from fileroom.header import HeaderReader
from fileroom.index import Entry, Overwrite
from fileroom.ingest import BATCH_OBJECTS, SWEEP_GRACE
from fileroom.keys import is_attachment_key, key_of
from fileroom.maintenance import is_new, knows_all, mark
from fileroom.model import AttachmentRecord, Level

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.model import Header
    from fileroom.storage import Stored


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild did.

    Attributes:
        refreshed: instances whose tags were read anew.
        adopted: instances that were in the storage and not in the index, and are in both now.
        unreadable: objects that could not be read, or are another instance's; see `fileroom verify`. All of
            them may be, where the storage is not configured as it was when they were stored.
    """

    refreshed: int
    adopted: int
    unreadable: int


def rebuild(archive: Archive, *, adopt: bool | None = None) -> RebuildReport:
    """Read the header of every stored DICOM file anew.

    For instances the index knows, what was derived from DICOM is written again, extra tags included; what
    has become another instance's file counts as unreadable. With ``adopt`` (None: if the index does not know
    all that was ever stored) DICOM files that it does not know are committed as found.
    """
    new, lacking = is_new(archive), not knows_all(archive)
    if adopt is None:
        adopt = lacking
    reader = HeaderReader(archive.header_tags)
    known: set[bytes] = set()
    headers: list[Header] = []
    refreshed = unreadable = 0
    for id_, record in archive.index.attachments():
        known.add(mark(record.locator))
        if record.content_type != DICOM.number:
            continue
        try:
            with archive.storage.open(record.locator) as file:
                header = reader.read(file)
            if header.identity.public_id(Level.INSTANCE) == id_:
                headers.append(header)
            else:
                unreadable += 1
        except (NotFoundError, StorageError, InvalidDatasetError):
            unreadable += 1
        if len(headers) >= BATCH_OBJECTS:
            refreshed += archive.index.refresh(headers)
            headers.clear()
    refreshed += archive.index.refresh(headers)
    # Of a shared archive, what is young may be on its way in, or its deletion under way.
    deadline = math.inf if lacking else time.time() - SWEEP_GRACE
    # A new index takes the latest version of an instance; a used one lets nothing give way to an orphan.
    overwrite = Overwrite.ALWAYS if new else Overwrite.NEVER
    adopted = unread = 0
    if adopt:
        adopted, unread = _adopt_all(archive, reader, known, deadline, overwrite)
        if lacking and not unread:
            archive.index.vouch()
    if not unreadable:
        archive.index.complete()
    return RebuildReport(refreshed, adopted, unreadable + unread)


def _adopt_all(
    archive: Archive, reader: HeaderReader, known: set[bytes], deadline: float, overwrite: Overwrite
) -> tuple[int, int]:
    """Return how many instances were taken in, and how many objects the storage failed to read."""
    adopted = unread = 0
    entries: list[Entry] = []
    unknown = [
        one for one in archive.storage.list() if mark(one.locator) not in known and one.modified <= deadline
    ]
    # Oldest first, as they arrived; of two versions of an instance the newer one wins.
    for one in sorted(unknown, key=lambda one: one.modified):
        key = key_of(one.locator)
        if key is not None and is_attachment_key(key):
            continue
        try:
            entries.append(_found(archive, reader, one))
        except StorageError:
            unread += 1
        except (NotFoundError, InvalidDatasetError):
            continue  # gone meanwhile, or another attachment
        if len(entries) >= BATCH_OBJECTS:
            adopted += _adopt(archive, entries, overwrite)
            entries.clear()
    return adopted + _adopt(archive, entries, overwrite), unread


def _found(archive: Archive, reader: HeaderReader, stored: Stored) -> Entry:
    """Make an entry of a stored object.

    Raises:
        InvalidDatasetError: it is no sound DICOM file.
        NotFoundError: it is gone.
        StorageError: it could not be read.
    """
    with archive.storage.open(stored.locator) as file:
        header = reader.read(file)
        file.seek(0)
        digest = digest_of(file, archive.config.ingest.digest)
    key = key_of(stored.locator) or str(uuid.uuid4())
    record = AttachmentRecord(DICOM.number, key, stored.size, digest, stored.locator, stored.size, digest)
    return Entry(header, record)


def _adopt(archive: Archive, entries: list[Entry], overwrite: Overwrite) -> int:
    """Commit what was found; what gives way, or must, stays in the storage."""
    committed = archive.index.commit(entries, overwrite) if entries else []
    return sum(one.status == "stored" for one in committed)
