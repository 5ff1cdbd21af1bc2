"""A stretch of an object as an ordinary file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 256 << 10
"""Bytes of an object in one row, at most: what reading and writing hold in memory."""


def open_pieces(read: Callable[[int, int], bytes], length: int) -> BinaryIO:
    """Return a file of ``length`` bytes that fetches them on need.

    Args:
        read: returns bytes from a position on: at least one, and at most so many.
        length: the file's size in bytes.
    """
    return cast("BinaryIO", io.BufferedReader(_Pieces(read, length), PIECE))


class _Pieces(io.RawIOBase):
    name = ""  # pydicom asks a buffered reader for it

    def __init__(self, read: Callable[[int, int], bytes], length: int) -> None:
        self._read = read
        self._length = length
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        if position < 0:
            raise ValueError("a position before the start")
        self._position = position
        return position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever has room for bytes
        room = memoryview(buffer).cast("B")
        length = min(len(room), self._length - self._position)
        if length <= 0:
            return 0
        data = self._read(self._position, length)
        room[: len(data)] = data
        self._position += len(data)
        return len(data)
