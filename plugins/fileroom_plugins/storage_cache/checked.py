"""Files that tell whether they are whole: bytes, the checksum of each block of them, and a trailer.

Copies are not synced to the disk, so after a loss of power one may have its name and size, and other bytes. A
checksum for each block finds that where it is read, and a range costs no more than the blocks it touches.
"""

from __future__ import annotations

import itertools
import os
import struct
import zlib
from typing import TYPE_CHECKING

from fileroom.plugin import read_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BLOCK = 1 << 16
NAME_LENGTH = 20

_MAGIC = b"FRcopy1\n"
# After the magic: how many bytes, whose they are, and the checksum of all that follows them.
_TRAILER = struct.Struct(f">8sQ{NAME_LENGTH}sI")
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)


class DamagedError(Exception):
    """A file is not as it was written; internal."""


class Sums:
    """The checksums (CRC-32) of the blocks of bytes that come in pieces."""

    def __init__(self) -> None:
        self._done: list[int] = []
        self._open = 0
        self._size = 0

    def add(self, piece: bytes | memoryview) -> None:
        """Take the next piece into account."""
        view = memoryview(piece).cast("B")
        while view.nbytes:
            part = view[: BLOCK - self._size % BLOCK]
            self._open = zlib.crc32(part, self._open)
            self._size += part.nbytes
            if self._size % BLOCK == 0:
                self._done.append(self._open)
                self._open = 0
            view = view[part.nbytes :]

    def ending(self, name: bytes) -> bytes:
        """Return what is to follow the bytes in their file.

        Args:
            name: `NAME_LENGTH` bytes that tell which object this is.
        """
        sums = [*self._done, self._open] if self._size % BLOCK else self._done
        table = struct.pack(f">{len(sums)}I", *sums)
        told = _TRAILER.pack(_MAGIC, self._size, name, 0)
        return table + _TRAILER.pack(_MAGIC, self._size, name, zlib.crc32(table + told))


def length(size: int) -> int:
    """Return the length of the file of an object of so many bytes."""
    return size + 4 * _blocks(size) + _TRAILER.size


class CheckedFile:
    """A file that ends with `Sums.ending`, for reading; what is read is checked.

    Args:
        path: the file.
        name: which object it must be.
        on_damage: called when a block turns out to be damaged.

    Raises:
        DamagedError: it is another object's, torn, or no such file at all.
        OSError: it cannot be read.

    Attributes:
        size: of the object, in bytes.
        used: when the file was written or last marked as used, in seconds since 1970.
    """

    def __init__(self, path: Path, name: bytes, on_damage: Callable[[], None]) -> None:
        self._on_damage = on_damage
        self._damaged = False
        self._handle = os.open(path, _READ)
        try:
            status = os.fstat(self._handle)
            self.used = status.st_mtime
            self.size, self._sums = _ending(self._handle, status.st_size, name)
        except BaseException:
            os.close(self._handle)
            raise

    def read_at(self, position: int, size: int) -> bytes | None:
        """Return so many bytes from a position, fewer at the end; None if they are not what was written."""
        if self._damaged:
            return None
        end = min(position + size, self.size)
        if position >= end:
            return b""
        first, after = position // BLOCK, _blocks(end)
        start = first * BLOCK
        try:
            data = read_at(self._handle, min(after * BLOCK, self.size) - start, start)
        except OSError:
            data = b""
        view = memoryview(data)
        for number, sum_ in enumerate(itertools.islice(self._sums, first, after)):
            if zlib.crc32(view[number * BLOCK : (number + 1) * BLOCK]) != sum_:
                self._damaged = True
                self._on_damage()
                return None
        return data[position - start : end - start]

    def close(self) -> None:
        """Close the file; once."""
        os.close(self._handle)


def _blocks(size: int) -> int:
    return -(-size // BLOCK)


def _ending(handle: int, file_size: int, name: bytes) -> tuple[int, tuple[int, ...]]:
    """Return the size of the bytes, and the checksums of their blocks."""
    trailer = read_at(handle, _TRAILER.size, max(file_size - _TRAILER.size, 0))
    if len(trailer) < _TRAILER.size:
        raise DamagedError
    magic, size, whose, sum_ = _TRAILER.unpack(trailer)
    if (magic, whose) != (_MAGIC, name) or length(size) != file_size:
        raise DamagedError
    table = read_at(handle, 4 * _blocks(size), size)
    if zlib.crc32(table + _TRAILER.pack(magic, size, whose, 0)) != sum_:
        raise DamagedError
    return size, struct.unpack(f">{_blocks(size)}I", table)
