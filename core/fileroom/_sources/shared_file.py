"""Several independent readers of one open file."""

from __future__ import annotations

import io
import threading
import weakref
from typing import BinaryIO, cast

from fileroom.windows import RangeFile


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

    def read_at(self, position: int, size: int) -> bytes:
        """Return so many bytes from a position on; fewer only at the end."""
        with self._lock:
            self._file.seek(self._start + position)
            return self._file.read(size)


class _Reader(RangeFile):
    def __init__(self, shared: SharedFile) -> None:
        super().__init__(shared.size)
        self._shared = shared

    def fetch(self, position: int, size: int) -> bytes:
        return self._shared.read_at(position, size)
