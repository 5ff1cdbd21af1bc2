"""Files that were registered where they lie: read like stored objects, and never changed or deleted.

Every storage gets this from here, and need not know of it.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from fileroom.errors import NotFoundError, StorageError
from fileroom.storage import Deletion, Storage, Stored, external_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fileroom.storage import ByteRange, PutItem

_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}


class ExternalFiles(Storage):
    """A storage to which external locators (`fileroom.storage.external_locator`) mean something too.

    They lead to files that belong to somebody else: `delete` passes them over, `list` does not know them.
    Everything else is the inner storage's.

    Attributes:
        inner: the storage for everything else.
    """

    def __init__(self, inner: Storage) -> None:
        self.inner = inner
        self.capabilities = inner.capabilities

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects in the inner storage."""
        return self.inner.put_many(items)

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object or an external file, or a range of it."""
        path = external_path(locator)
        if path is None:
            return self.inner.open(locator, byte_range)
        try:
            file = _regular(path)
        except OSError as error:
            raise _failure(error) from error
        return file if byte_range is None else io.BufferedReader(_Part(file, byte_range))

    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges."""
        if external_path(locator) is None:
            return self.inner.read_ranges(locator, ranges)
        return super().read_ranges(locator, ranges)

    def stat(self, locator: str) -> Stored:
        """Return the size and time of an object or external file."""
        path = external_path(locator)
        if path is None:
            return self.inner.stat(locator)
        try:
            status = path.stat()
        except OSError as error:
            raise _failure(error) from error
        if not stat.S_ISREG(status.st_mode):
            raise _not_there()
        return Stored(locator, status.st_size, status.st_mtime, owned=False)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete objects; external files stay, and count as gone."""
        own = [locator for locator in locators if external_path(locator) is None]
        deletions = {one.locator: one for one in self.inner.delete(own)} if own else {}
        return [deletions.get(locator, Deletion(locator)) for locator in locators]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield the inner storage's objects."""
        return self.inner.list(prefix)

    def discard_unfinished(self, older_than: float) -> int:
        """Remove what the inner storage left behind."""
        return self.inner.discard_unfinished(older_than)

    def local_path(self, locator: str) -> Path:
        """Return the path of an external file, or of an object if the inner storage can."""
        path = external_path(locator)
        if path is None:
            return self.inner.local_path(locator)
        self.stat(locator)
        return path

    def locator_of(self, path: Path) -> str | None:
        """Return the inner storage's locator for a path."""
        return self.inner.locator_of(path)

    def folders(self) -> tuple[Path, ...]:
        """Return the inner storage's folders."""
        return self.inner.folders()

    def close(self) -> None:
        """Close the inner storage."""
        self.inner.close()


class _Part(io.RawIOBase):
    """A range of an open file, as a file of its own."""

    def __init__(self, file: BinaryIO, byte_range: ByteRange) -> None:
        self._file = file
        self._start, self._end = byte_range.within(file.seek(0, os.SEEK_END))
        self._at = self._start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: self._start, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        if origin + offset < self._start:
            raise OSError(errno.EINVAL, "a position before the start")
        self._at = origin + offset
        return self._at - self._start

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._at)
        data = self._file.read(max(0, min(len(buffer), self._end - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _regular(path: Path) -> BinaryIO:
    """Open a regular file; a pipe would wait for ever for somebody to write to it."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise FileNotFoundError(errno.ENOENT, "not a file")
    return path.open("rb")


def _failure(error: OSError) -> NotFoundError | StorageError:
    error.filename = None  # names of others' files may tell of patients
    if error.errno in _GONE:
        return _not_there()
    return StorageError(f"a file registered where it lies cannot be read: {error.strerror}")


def _not_there() -> NotFoundError:
    return NotFoundError(
        "a file registered where it lies is gone: bring it back, or register it at its new place"
    )
