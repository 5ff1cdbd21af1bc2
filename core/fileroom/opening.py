"""Opening attachments, and making sure first that a file is the one that its record means.

A record without a digest was taken over from another program, and nobody has read the file since. That
program may have given one name to two objects, or written another patient's over it. A file with a digest
was read by the archive, so that what becomes of it later shows in `fileroom verify`.
"""

from __future__ import annotations

import functools
import io
import os
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from fileroom._attachments.following import MovingFile, can_move, where_now
from fileroom.content_types import DICOM
from fileroom.errors import IntegrityError, InvalidDatasetError, NotFoundError, StorageError
from fileroom.header import HeaderReader
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fileroom.archive import Archive
    from fileroom.model import AttachmentRecord
    from fileroom.storage import ByteRange

_BUFFER = 1 << 16  # bytes; larger reads pass it by
T = TypeVar("T")


def open_attachment(
    archive: Archive, id_: str, record: AttachmentRecord, byte_range: ByteRange | None = None
) -> BinaryIO:
    """Open an attachment of a resource, or a range of it, for reading; seekable, to be closed.

    If the bytes are moved elsewhere while the file is open, it reads on there, where a digest tells that they
    are the same.

    Raises:
        IntegrityError: the record is `unread`, and the file is not that of this instance.
        NotFoundError: the bytes are gone.
        StorageError: reading failed.
    """

    def reopen(locator: str) -> BinaryIO:
        return archive.storage.open(locator, byte_range)

    if not unread(record):
        file = _where_it_lies(archive, id_, record, reopen)
        if not can_move(archive, record):
            return file
        where = functools.partial(_locator_now, archive, id_, record)
        return io.BufferedReader(MovingFile(file, record.locator, where, reopen), _BUFFER)
    file = _where_it_lies(archive, id_, record, archive.storage.open)
    try:
        _check(file, id_, HeaderReader(archive.header_tags))
    except BaseException:
        file.close()
        raise
    if byte_range is None:
        return file
    file.close()
    return _where_it_lies(archive, id_, record, reopen)


def read_attachment(
    archive: Archive, id_: str, record: AttachmentRecord, ranges: Sequence[ByteRange]
) -> list[bytes]:
    """Return the bytes of several ranges of an attachment, in the order asked for; errors as above."""
    if not unread(record):
        return _where_it_lies(
            archive, id_, record, lambda locator: archive.storage.read_ranges(locator, ranges)
        )
    parts = []
    with open_attachment(archive, id_, record) as file:
        size = file.seek(0, os.SEEK_END)
        for byte_range in ranges:
            start, end = byte_range.within(size)
            file.seek(start)
            parts.append(file.read(end - start))
    return parts


def _where_it_lies(archive: Archive, id_: str, record: AttachmentRecord, read: Callable[[str], T]) -> T:
    """Read by a record's locator; by the one the index has now, if the same bytes were moved since.

    Raises:
        NotFoundError: the bytes are gone.
    """
    try:
        return read(record.locator)
    except (NotFoundError, StorageError):
        details = archive.index.details([id_])[0]
        for one in details.attachments if details else ():
            moved = replace(one, locator=record.locator, uuid=record.uuid) == record
            if moved and one.locator != record.locator:
                return read(one.locator)
        raise


def _locator_now(archive: Archive, id_: str, record: AttachmentRecord) -> str:
    return where_now(archive, id_, record).locator


def unread(record: AttachmentRecord) -> bool:
    """Say whether this is a DICOM file that the archive has never read."""
    return record.content_type == DICOM.number and not record.digest


def is_of(file: BinaryIO, id_: str, reader: HeaderReader) -> bool:
    """Say whether a DICOM file is that of the instance with this public id; it is left where it stands.

    Raises:
        InvalidDatasetError: it is damaged, or no DICOM file.
    """
    return reader.read(file).identity.public_id(Level.INSTANCE) == id_


def _check(file: BinaryIO, id_: str, reader: HeaderReader) -> None:
    try:
        if is_of(file, id_, reader):
            return
    except InvalidDatasetError as error:
        raise IntegrityError(
            f"the file of instance {id_} is damaged, or is no DICOM file; {_WHAT_TO_DO}"
        ) from error
    raise IntegrityError(f"the file of instance {id_} holds another instance; {_WHAT_TO_DO}")


_WHAT_TO_DO = (
    "it is not shown. 'fileroom verify' lists all such: register the right file with overwrite 'always', or "
    "delete the instance"
)
