"""Reading on where the bytes of an attachment were moved to."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from fileroom.errors import FileroomError, NotFoundError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

    from fileroom.archive import Archive
    from fileroom.model import AttachmentRecord


def moved(before: AttachmentRecord, now: AttachmentRecord) -> bool:
    """Say whether an attachment has the bytes that it had before, and these lie elsewhere now."""
    return now.uuid != before.uuid and now.revision == before.revision and now.is_copy_of(before)


def where_now(archive: Archive, id_: str, record: AttachmentRecord) -> AttachmentRecord:
    """Return an attachment's record as the index has it, if its bytes were moved; else this one."""
    details = archive.index.details([id_])[0]
    found = details.attachments if details else ()
    return next((one for one in found if moved(record, one)), record)


def can_move(archive: Archive, record: AttachmentRecord) -> bool:
    """Say whether bytes may be moved while they are read, and be known again elsewhere."""
    return bool(record.stored_digest and archive.storage.capabilities.tiers)


class MovingFile(io.RawIOBase):
    """An open attachment that is opened anew, at the same position, if its bytes are moved.

    Args:
        file: the bytes where they lie now; closed with this file.
        locator: where that is.
        where: returns where it is later.
        reopen: opens the same bytes elsewhere.
    """

    name = ""  # pydicom asks a buffered reader for it

    def __init__(
        self, file: BinaryIO, locator: str, where: Callable[[], str], reopen: Callable[[str], BinaryIO]
    ) -> None:
        self._file = file
        self._locator = locator
        self._where = where
        self._reopen = reopen

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read into a buffer; return how many bytes there were."""
        view = memoryview(buffer).cast("B")
        data = self._take(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """Read to the end at once."""
        return self._take(-1)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move, and return the new position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def _take(self, size: int) -> bytes:
        position = self._file.tell()
        while True:
            try:
                return self._file.read(size)
            except (NotFoundError, StorageError) as error:
                self._follow(error, position)

    def _follow(self, error: FileroomError, position: int) -> None:
        """Open the bytes where they lie now, or raise what kept them from being read where they lay."""
        locator = self._where()
        if locator == self._locator:
            raise error
        file = self._reopen(locator)
        file.seek(position)
        with suppress(FileroomError):
            self._file.close()
        self._file, self._locator = file, locator
