"""Where the repository lies: two attachments of the archive itself, the published documents and the draft."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._attachments.storing import put_bytes
from fileroom._documents.contents import Contents
from fileroom._documents.packing import LARGEST_SET, pack, unpack
from fileroom.content_types import DOCUMENTS, DOCUMENTS_DRAFT
from fileroom.errors import (
    AlreadyExistsError,
    IntegrityError,
    InvalidValueError,
    NotFoundError,
    NotSupportedError,
    RevisionError,
    StorageError,
)
from fileroom.index import Attach, Detach
from fileroom.ingest import still_there
from fileroom.model import ARCHIVE_ID
from fileroom.opening import read_attachment
from fileroom.storage import ByteRange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom._documents.packing import Draft
    from fileroom.archive import Archive
    from fileroom.content_types import ContentType
    from fileroom.index import Edit
    from fileroom.model import AttachmentRecord

_ATTEMPTS = 5
"""So often reading is begun anew because somebody has replaced what was being read."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What one of the two attachments holds.

    Attributes:
        record: the attachment; None where there is none yet.
        contents: the documents.
        digest: SHA-256 of the packed contents in hexadecimal; empty where there are none.
        draft: what a draft notes.
    """

    record: AttachmentRecord | None
    contents: Contents
    digest: str = ""
    draft: Draft | None = None


class Shelf:
    """Reads and writes the two attachments. Any thread may call any method.

    What was published is kept in memory until another revision is there.

    Args:
        archive: whose they are.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._last = Kept(None, Contents())

    def published(self) -> Kept:
        """Return the published documents.

        Raises:
            IntegrityError: they are damaged or lost.
            StorageError: they cannot be read.
        """
        record = self._record(DOCUMENTS)
        with self._lock:
            last = self._last
        if _bytes_of(last.record) != _bytes_of(record):
            last = self._read(DOCUMENTS) or Kept(None, Contents())
            with self._lock:
                self._last = last
        return last

    def edition(self) -> tuple[str, int]:
        """Return what tells the published documents from those before, without reading them."""
        return _bytes_of(self._record(DOCUMENTS)) or ("", 0)

    def draft(self) -> Kept | None:
        """Return what somebody is editing; None where nobody is. Errors as for `published`."""
        return self._read(DOCUMENTS_DRAFT)

    def is_edited(self) -> bool:
        """Say whether somebody is editing, without reading what."""
        return self._record(DOCUMENTS_DRAFT) is not None

    def keep_draft(self, contents: Contents, draft: Draft, before: AttachmentRecord | None) -> Kept:
        """Write a draft in the place of the one that was read.

        Raises:
            RevisionError: another one is there by now, or none.
            InvalidValueError: it is too large.
        """
        packed = pack(contents, draft)
        record = self._write(DOCUMENTS_DRAFT, packed, before)
        return Kept(record, contents, _digest(packed), draft)

    def publish(
        self, contents: Contents, before: AttachmentRecord | None, draft: AttachmentRecord | None = None
    ) -> None:
        """Write the published documents in the place of those that were read; a draft goes with that.

        Raises:
            RevisionError: others were published meanwhile, or the draft is another by now.
            InvalidValueError: they are too large.
        """
        also = [Detach(ARCHIVE_ID, DOCUMENTS_DRAFT.number, draft.revision)] if draft else []
        self._write(DOCUMENTS, pack(contents), before, also)

    def end(self, draft: AttachmentRecord) -> None:
        """Take a draft away.

        Raises:
            RevisionError: another one is there by now, or none.
        """
        if _bytes_of(self._record(DOCUMENTS_DRAFT)) != _bytes_of(draft):
            raise RevisionError("the draft: another one is there by now, or none")
        self._archive.edit([Detach(ARCHIVE_ID, DOCUMENTS_DRAFT.number, draft.revision)])

    def discard(self, *content_types: ContentType) -> bool:
        """Take attachments away, whatever they hold; say whether one was there."""
        there = [one for one in content_types if self._record(one)]
        if there:
            self._archive.edit([Detach(ARCHIVE_ID, one.number) for one in there])
        return bool(there)

    def _record(self, content_type: ContentType) -> AttachmentRecord | None:
        found = self._archive.details(ARCHIVE_ID).attachments
        return next((one for one in found if one.content_type == content_type.number), None)

    def _read(self, content_type: ContentType) -> Kept | None:
        for _ in range(_ATTEMPTS):
            record = self._record(content_type)
            if record is None:
                return None
            try:
                return self._unpacked(record)
            except (NotFoundError, IntegrityError) as error:
                if _bytes_of(self._record(content_type)) == _bytes_of(record):
                    raise IntegrityError(_damaged(content_type, str(error))) from error
        raise StorageError("the archive's documents change too fast to be read: try again")

    def _unpacked(self, record: AttachmentRecord) -> Kept:
        if record.size > LARGEST_SET:
            raise IntegrityError(
                f"{record.size} bytes were recorded, {LARGEST_SET} are the most there can be"
            )
        packed = read_attachment(self._archive, ARCHIVE_ID, record, [ByteRange(0)])[0]
        contents, draft = unpack(packed)
        return Kept(record, contents, _digest(packed), draft)

    def _write(
        self,
        content_type: ContentType,
        packed: bytes,
        before: AttachmentRecord | None,
        also: Sequence[Edit] = (),
    ) -> AttachmentRecord:
        """Store bytes, durably, and then let the index point at them: dying in between changes nothing."""
        if len(packed) > LARGEST_SET:
            raise InvalidValueError(
                f"all versions of all documents would take {len(packed)} bytes: {LARGEST_SET} are the most"
            )
        archive, started = self._archive, time.time()
        there = self._record(content_type)
        if _bytes_of(there) != _bytes_of(before):
            raise RevisionError(f"{content_type.name}: another version is there by now")
        revision, uuid = (there.revision, there.uuid) if there else (0, None)
        with archive.index.unit():
            record = put_bytes(archive, content_type.number, None, packed, len(packed))
            still_there(archive.storage, [record.locator], started)
            try:
                archive.edit([Attach(ARCHIVE_ID, record, revision, uuid), *also])
            except (NotFoundError, AlreadyExistsError, NotSupportedError):
                archive.storage.delete([record.locator])
                raise
        written = self._record(content_type)
        return written if written is not None and written.uuid == record.uuid else record


def _bytes_of(record: AttachmentRecord | None) -> tuple[str, int] | None:
    """Return what tells bytes from those that were there before, wherever they were moved."""
    return None if record is None else (record.digest, record.revision)


def _digest(packed: bytes) -> str:
    return hashlib.sha256(packed).hexdigest()


def _damaged(content_type: ContentType, reason: str) -> str:
    if content_type is DOCUMENTS:
        todo = "bring the stored object back from a copy, or drop them all with 'fileroom documents clear'"
        return f"the archive's documents cannot be read: {reason}; {todo}"
    return f"what is being edited cannot be read: {reason}; 'fileroom documents rollback' drops it"
