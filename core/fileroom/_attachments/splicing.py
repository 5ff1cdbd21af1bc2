"""Changing a part of an attachment: new bytes under a new key, then the index, then the old bytes go.

Storages are write-once, so a change is a new object that shares, or copies, what stays of the old one. A
death in between leaves an orphan, as every store does, and the old version in its place.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from fileroom._attachments.following import moved
from fileroom._attachments.storing import attach_stored, known_size, level_of, put_bytes, record_of
from fileroom.content_types import DICOM, USER
from fileroom.errors import IntegrityError, InvalidValueError, NotFoundError, NotSupportedError, RevisionError
from fileroom.keys import attachment_key
from fileroom.opening import open_attachment
from fileroom.storage import CHUNK, buffers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive
    from fileroom.model import AttachmentRecord, Level
    from fileroom.storage import Source

_COPIED = 1 << 18
"""Objects of at most so many bytes are copied even where the storage can splice: it costs no more than the
piece that the storage would copy, and their digest stays known."""


@dataclass(frozen=True, slots=True)
class Splice:
    """A change of bytes: from ``offset`` on, ``delete_length`` of them give way to ``data``.

    Attributes:
        offset: None is the end: append.
        delete_length: None is all that follows; 0 inserts.
        data: what comes in their place.

    Raises:
        InvalidValueError: a number is negative.
    """

    offset: int | None
    delete_length: int | None
    data: Source

    def __post_init__(self) -> None:
        """Refuse what no object could be told."""
        if (self.offset or 0) < 0 or (self.delete_length or 0) < 0:
            raise InvalidValueError(
                f"no bytes lie at offset {self.offset} with length {self.delete_length}: count from 0"
            )

    def within(self, size: int) -> tuple[int, int]:
        """Return where the bytes that give way start and end in an object of ``size`` bytes.

        Raises:
            InvalidValueError: they start past its end.
        """
        start = size if self.offset is None else self.offset
        if start > size:
            raise InvalidValueError(f"offset {start} lies past the end: the attachment has {size} bytes")
        return start, size if self.delete_length is None else min(start + self.delete_length, size)


def changeable(archive: Archive, id_: str, number: int, if_revision: int | None) -> AttachmentRecord:
    """Return the record of an attachment that is about to be changed.

    Raises:
        NotSupportedError: it is not one of the user's.
        NotFoundError: there is no such attachment.
        RevisionError: another revision is there.
    """
    if number == DICOM.number:
        raise NotSupportedError("the DICOM file of an instance cannot be changed: store a new one")
    if number < USER:
        raise NotSupportedError(f"content type {number} is the archive's own, and cannot be changed")
    found = archive.details(id_).attachments
    record = next((one for one in found if one.content_type == number), None)
    if record is None:
        raise NotFoundError(f"resource {id_} has no attachment {number}: attach it first, be it empty")
    if if_revision not in (None, record.revision):
        raise RevisionError(
            f"attachment {number} of {id_} has revision {record.revision}, not {if_revision}: "
            "read it again, and repeat the change"
        )
    return record


def splice_attachment(
    archive: Archive, id_: str, before: AttachmentRecord, change: Splice
) -> AttachmentRecord:
    """Put a changed version in the place of ``before``; return the new record.

    If the bytes were moved elsewhere meanwhile it is done once more, if ``change`` can be read twice: if its
    data is bytes or a path. The digest is empty where the storage made it without the bytes passing by;
    `fileroom.Archive.verify` reads them then, and notes it.

    Raises:
        InvalidValueError: the offset lies past the end; nothing was stored.
        NotFoundError: the resource is gone, or the bytes are lost.
        IntegrityError: the old bytes are damaged; nothing was changed.
        RevisionError: somebody else changed it first; nothing was changed, and their version is there.
        StorageError: the bytes could not be stored.
    """
    repeatable = isinstance(change.data, bytes | bytearray | memoryview | os.PathLike)
    while True:
        try:
            return _splice(archive, id_, before, change)
        except (NotFoundError, RevisionError) as error:
            found = archive.details(id_).attachments  # the resource itself may be gone
            now = next((one for one in found if one.content_type == before.content_type), None)
            if isinstance(error, NotFoundError) and now is not None and now.uuid == before.uuid:
                raise
            if now is None or not (repeatable and moved(before, now)):
                raise RevisionError(
                    f"attachment {before.content_type} of {id_} was changed meanwhile: read it again, and "
                    "repeat the change"
                ) from error
        before, repeatable = now, False


def _splice(archive: Archive, id_: str, before: AttachmentRecord, change: Splice) -> AttachmentRecord:
    start, end = change.within(before.stored_size)
    level = level_of(archive, id_)
    started = time.time()
    with archive.index.unit():
        if archive.storage.capabilities.splice and before.stored_size > _COPIED:
            key = attachment_key()
            stored = archive.storage.splice(before.locator, key, start, end - start, change.data)
            record = record_of(before.content_type, key, stored, "")
        else:
            record = _copy(archive, id_, before, level, change)
        return attach_stored(archive, id_, record, before.revision, started, if_uuid=before.uuid)


def _copy(
    archive: Archive, id_: str, before: AttachmentRecord, level: Level | None, change: Splice
) -> AttachmentRecord:
    start, end = change.within(before.stored_size)
    known = known_size(change.data)
    size = None if known is None else before.stored_size - (end - start) + known

    def pieces() -> Iterator[bytes | memoryview]:
        with open_attachment(archive, id_, before) as file:
            old = _Old(file, before)
            yield from old.until(start)
            yield from buffers(change.data)
            for _ in old.until(end):
                pass
            yield from old.until(before.stored_size)
            old.check(id_)

    return put_bytes(archive, before.content_type, level, pieces(), size)  # type: ignore[arg-type]  # buffers


class _Old:
    """The old bytes, read once from start to end and held to their digest: a copy must not vouch for rot."""

    def __init__(self, file: BinaryIO, record: AttachmentRecord) -> None:
        self._file = file
        self._record = record
        algorithm = record.stored_digest.partition(":")[0]
        self._hasher = hashlib.new(algorithm, usedforsecurity=False) if algorithm else None
        self._position = 0

    def until(self, end: int) -> Iterator[bytes]:
        """Yield the bytes from where the last call ended."""
        while piece := self._file.read(min(CHUNK, end - self._position)):
            self._position += len(piece)
            if self._hasher is not None:
                self._hasher.update(piece)
            yield piece

    def check(self, id_: str) -> None:
        """Make sure that they were those which the record tells of.

        Raises:
            IntegrityError: they were not.
        """
        digest = self._record.stored_digest.partition(":")[2]
        whole = self._position == self._record.stored_size and not self._file.read(1)
        if not whole or (self._hasher is not None and self._hasher.hexdigest() != digest):
            raise IntegrityError(
                f"the stored bytes of attachment {self._record.content_type} of {id_} are damaged, and were "
                "not changed: attach them anew from a good copy"
            )
