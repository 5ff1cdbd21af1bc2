"""A seekable file over bytes that are fetched piece after piece."""

from __future__ import annotations

import errno
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer


def gone() -> OSError:
    """Return the error for a row that is not what it was when it was found."""
    return OSError(errno.EIO, "the row was deleted or changed meanwhile")


class Seekable(io.RawIOBase):
    """A file of a known size that is read from a position.

    Args:
        size: in bytes.
    """

    name = ""  # pydicom asks a buffered reader for it

    def __init__(self, size: int) -> None:
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position; past the end there is nothing."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("a position cannot be negative")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read what comes at once."""
        view = memoryview(buffer).cast("B")
        count = min(len(view), self._size - self._position)
        if count <= 0:
            return 0
        data = self.fetch(self._position, count)
        if not data:
            raise gone()
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def fetch(self, start: int, count: int) -> bytes | memoryview:
        """Return bytes from a position on, at most so many; a subclass says how."""
        raise NotImplementedError


class Pieces(Seekable):
    """Bytes somewhere else; one piece of them is here at a time.

    Args:
        size: how many there are.
        head: the first of them, as far as they are here already.
        longest: the bytes of a piece.
        read: returns bytes from a position on, as many as asked for.
    """

    def __init__(self, size: int, head: bytes, longest: int, read: Callable[[int, int], bytes]) -> None:
        super().__init__(size)
        self._piece = memoryview(head)
        self._start = 0
        self._longest = longest
        self._read = read

    def fetch(self, start: int, count: int) -> bytes | memoryview:
        """Return what is here, or fetch a piece first."""
        if not self._start <= start < self._start + len(self._piece):
            self._piece = memoryview(self._read(start, min(self._longest, self._size - start)))
            self._start = start
        at = start - self._start
        return self._piece[at : at + count]
