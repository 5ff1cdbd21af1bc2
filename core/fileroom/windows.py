"""Reading ranges of local files: what every storage needs whose objects lie in files."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

_MOST = 1 << 30  # systems cap one read at about 2 GiB

if sys.platform == "win32":

    def _read(handle: int, size: int, position: int) -> bytes:
        os.lseek(handle, position, os.SEEK_SET)
        return os.read(handle, size)
else:
    _read = os.pread


def read_at(handle: int, size: int, position: int) -> bytes:
    """Read so many bytes from a position of an open file (a handle of `os.open`); fewer only at its end.

    Several threads may do so at a time, save on Windows, where it moves the file's position.

    Raises:
        OSError: reading failed.
    """
    data = _read(handle, min(size, _MOST), position)
    while len(data) < size and (more := _read(handle, min(size - len(data), _MOST), position + len(data))):
        data += more
    return data


class Window(io.RawIOBase):
    """Bytes ``start`` to ``end`` of an open file, read as if they were the whole file.

    It has a position of its own, holds nothing, and is not thread-safe. An `io.BufferedReader` around it is
    what `fileroom.storage.Storage.open` is to return.

    Args:
        handle: the open file, which is closed with the window.
        start: offset of the first byte.
        end: offset after the last byte; not past the end of the file.
        failure: makes the error to raise when reading fails.
    """

    name = ""  # pydicom asks a buffered reader for it

    def __init__(self, handle: int, start: int, end: int, failure: Callable[[OSError], Exception]) -> None:
        self._handle = handle
        self._start = start
        self._size = end - start
        self._position = 0
        self._failure = failure

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
        """Read to the end at once; the inherited way reads 8 KiB at a time."""
        return self._take(self._size)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move, past the end too, and return the new position.

        Raises:
            ValueError: it would be negative.
        """
        self._check_open()
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}
        if whence not in bases or bases[whence] + offset < 0:
            raise ValueError(f"cannot seek by {offset} from {whence}")
        self._position = bases[whence] + offset
        return self._position

    def tell(self) -> int:
        """Return the position, counted from the start of the range."""
        self._check_open()
        return self._position

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            os.close(self._handle)
        super().close()

    def _take(self, size: int) -> bytes:
        self._check_open()
        size = min(size, max(self._size - self._position, 0))
        try:
            data = read_at(self._handle, size, self._start + self._position)
        except OSError as error:
            raise self._failure(error) from error
        self._position += len(data)
        return data

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the file is closed")
