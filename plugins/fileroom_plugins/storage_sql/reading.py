"""An object, or a range of one, as an open file."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

BUFFER = 1 << 16
_FURTHEST = 1 << 20  # bytes read ahead at most


class ObjectFile(io.RawIOBase):
    """Bytes of an object, read as they are needed; those read one after another are read ahead.

    An `io.BufferedReader` around it, with `BUFFER`, is what `fileroom.storage.Storage.open` returns.

    Args:
        read: returns so many bytes from a position on, all of which are there.
        start: the position of the first byte.
        end: the position after the last one.
    """

    name = ""  # pydicom asks a buffered reader for it

    def __init__(self, read: Callable[[int, int], bytes], start: int, end: int) -> None:
        self._read = read
        self._start = start
        self._size = end - start
        self._position = 0
        self._held = b""
        self._held_from = 0
        self._ahead = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read into a buffer; return how many bytes there were."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._left())
        if not wanted:
            return 0
        offset = self._position - self._held_from
        if not 0 <= offset < len(self._held):
            # Where a reader goes on where it stopped, it will go on; elsewhere, nothing tells.
            self._ahead = min(max(self._ahead, BUFFER) * 4, _FURTHEST) if offset == len(self._held) else 0
            self._held = self._take(min(max(wanted, self._ahead), self._left()))
            self._held_from = self._position
            offset = 0
        given = min(wanted, len(self._held) - offset)
        view[:given] = memoryview(self._held)[offset : offset + given]
        self._position += given
        return given

    def readall(self) -> bytes:
        """Read to the end."""
        pieces = []
        while left := self._left():
            pieces.append(self._take(min(left, _FURTHEST)))
            self._position += len(pieces[-1])
        return b"".join(pieces)

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

    def _left(self) -> int:
        self._check_open()
        return max(self._size - self._position, 0)

    def _take(self, size: int) -> bytes:
        return self._read(self._start + self._position, size)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the file is closed")
