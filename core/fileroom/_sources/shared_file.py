"""Several independent readers of one open file."""

from __future__ import annotations

import io
import threading
import weakref
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class SharedFile:
    """A seekable file that is read by several independent readers, whatever threads they run in.

    Args:
        file: the file; what follows its present position is what readers see.
        owned: close it when the last reader is gone.
    """

    def __init__(self, file: BinaryIO, *, owned: bool) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._start = file.tell()
        self.size = file.seek(0, io.SEEK_END) - self._start
        if owned:
            weakref.finalize(self, file.close)

    def open(self) -> BinaryIO:
        """Return a reader at its start; closing it does not close the file."""
        return cast("BinaryIO", io.BufferedReader(_Reader(self)))

    def read_into(self, position: int, buffer: memoryview) -> int:
        """Fill a buffer from a position on; return how many bytes there were."""
        with self._lock:
            self._file.seek(self._start + position)
            piece = self._file.read(max(0, min(len(buffer), self.size - position)))
        buffer[: len(piece)] = piece
        return len(piece)


class _Reader(io.RawIOBase):
    name = ""  # pydicom asks every io.BufferedReader for its name

    def __init__(self, shared: SharedFile) -> None:
        self._shared = shared
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._shared.size}[whence]
        if base + offset < 0:
            raise ValueError("negative seek position")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self._shared.read_into(self._position, memoryview(buffer).cast("B"))
        self._position += count
        return count
