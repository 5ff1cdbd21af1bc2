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

    def fetch(self, start: int, count: int) -> bytes:
        """Return bytes from a position on, at most so many; a subclass says how."""
        raise NotImplementedError


class Pieces(Seekable):
    """Bytes somewhere else.

    Args:
        size: how many there are.
        head: the first of them, as far as they are here already.
        longest: the bytes of a piece.
        read: returns bytes from a position on, as many as asked for.
    """

    def __init__(self, size: int, head: bytes, longest: int, read: Callable[[int, int], bytes]) -> None:
        super().__init__(size)
        self._head = head
        self._longest = longest
        self._read = read

    def fetch(self, start: int, count: int) -> bytes:
        """Return what is here, or a piece."""
        if start < len(self._head):
            return self._head[start : start + count]
        return self._read(start, min(count, self._longest))
