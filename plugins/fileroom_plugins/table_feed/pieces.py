"""A file over bytes that are fetched piece after piece."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from fileroom.plugin import RangeFile

if TYPE_CHECKING:
    from collections.abc import Callable


def gone() -> OSError:
    """Return the error for a row that is not what it was when it was found."""
    return OSError(errno.EIO, "the row was deleted or changed meanwhile")


class Pieces(RangeFile):
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

    def fetch(self, position: int, size: int) -> memoryview:
        """Return what is here, or fetch a piece first."""
        if not self._start <= position < self._start + len(self._piece):
            piece = self._read(position, min(self._longest, self._size - position))
            if not piece:
                raise gone()
            self._piece, self._start = memoryview(piece), position
        at = position - self._start
        return self._piece[at : at + size]
