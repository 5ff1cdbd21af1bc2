"""Objects, and ranges of them, as open files: what every storage needs."""

from __future__ import annotations

import abc
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


class RangeFile(io.RawIOBase):
    """Bytes of a known number, read as they are needed; a subclass says in `fetch` how.

    It has a position of its own and is not thread-safe. A read that fails leaves the position where it was.
    An `io.BufferedReader` around it is what `fileroom.storage.Storage.open` is to return.

    Args:
        size: how many bytes there are.
    """

    name = ""  # pydicom asks a buffered reader for it

    def __init__(self, size: int) -> None:
        self._size = size
        self._position = 0

    @abc.abstractmethod
    def fetch(self, position: int, size: int) -> bytes | memoryview:
        """Return bytes from a position on: at most so many (1 or more), all of which are there.

        None at all means that the file ends here, whatever was known of its size.
        """

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read into a buffer what comes at once; return how many bytes there were."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._left())
        if not wanted:
            return 0
        data = self.fetch(self._position, wanted)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def readall(self) -> bytes:
        """Read to the end; the inherited way reads 8 KiB at a time."""
        left = self._left()
        pieces: list[bytes | memoryview] = []
        read = 0
        while read < left and (piece := self.fetch(self._position + read, left - read)):
            pieces.append(piece)
            read += len(piece)
        self._position += read
        return bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)

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
        """Return the position, counted from the first byte."""
        self._check_open()
        return self._position

    def _left(self) -> int:
        self._check_open()
        return max(self._size - self._position, 0)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the file is closed")


class Window(RangeFile):
    """Bytes ``start`` to ``end`` of an open file, read as if they were the whole file.

    Args:
        handle: the open file, which is closed with the window.
        start: offset of the first byte.
        end: offset after the last byte; not past the end of the file.
        failure: makes the error to raise when reading fails.
    """

    def __init__(self, handle: int, start: int, end: int, failure: Callable[[OSError], Exception]) -> None:
        super().__init__(end - start)
        self._handle = handle
        self._start = start
        self._failure = failure

    def fetch(self, position: int, size: int) -> bytes:
        """Read all that is asked for at once."""
        try:
            return read_at(self._handle, size, self._start + position)
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            os.close(self._handle)
        super().close()
