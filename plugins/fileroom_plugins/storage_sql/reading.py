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
        beginning: the first bytes, as far as they were read already.
    """

    name = ""  # pydicom asks a buffered reader for it

    def __init__(self, read: Callable[[int, int], bytes], start: int, end: int, beginning: bytes) -> None:
        self._read = read
        self._start = start
        self._size = end - start
        self._position = 0
        self._held = beginning
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
        here = self._held_here() or self._read_ahead(wanted)
        given = min(wanted, len(here))
        view[:given] = here[:given]
        self._position += given
        return given

    def readall(self) -> bytes:
        """Read to the end; where that fails, the position is what it was."""
        size = self._left()
        pieces = [bytes(self._held_here())]
        read = len(pieces[0])
        while read < size:
            pieces.append(self._take(self._position + read, min(size - read, _FURTHEST)))
            read += len(pieces[-1])
        self._position += read
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

    def _held_here(self) -> memoryview:
        """Return what is held from the position on."""
        offset = self._position - self._held_from
        return memoryview(self._held)[offset if offset >= 0 else len(self._held) :]

    def _read_ahead(self, wanted: int) -> memoryview:
        """Hold what is wanted from the position on, and more if the reader seems to go on."""
        goes_on = self._position == self._held_from + len(self._held)
        self._ahead = min(max(self._ahead, BUFFER) * 4, _FURTHEST) if goes_on else 0
        self._held = self._take(self._position, min(max(wanted, self._ahead), self._left(), _FURTHEST))
        self._held_from = self._position
        return memoryview(self._held)

    def _take(self, position: int, size: int) -> bytes:
        return self._read(self._start + position, size)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the file is closed")
