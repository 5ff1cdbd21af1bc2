"""A copy in the making: bytes, piece by piece, and in the end its name."""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from typing import TYPE_CHECKING

from fileroom.plugin import read_at
from fileroom_plugins.storage_cache.checked import Sums, length
from fileroom_plugins.storage_cache.room import PART

if TYPE_CHECKING:
    from fileroom_plugins.storage_cache.copies import Copies

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Making:
    """A copy in the making. It may fail at any step: then there is no copy, and nothing is raised.

    Args:
        copies: where it is to go.

    Attributes:
        size: how many bytes it has.
        failed: whether no more bytes can be added; those it has can be read.
    """

    def __init__(self, copies: Copies) -> None:
        self.size = 0
        self.failed = False
        self._copies = copies
        self._sums = Sums()
        self._path = copies.folder / f"{uuid.uuid4()}{PART}"
        self._handle = -1
        self._taken = 0
        self._lock = threading.Lock()

    def expect(self, size: int) -> None:
        """Give up at once if so many bytes are too many for a copy."""
        self.failed = self.failed or length(size) > self._copies.largest

    def write(self, piece: bytes | memoryview) -> bool:
        """Append a piece; say whether it is there."""
        size = memoryview(piece).nbytes
        with self._lock:
            try:
                self.failed = self.failed or not self._take(self.size + size)
                if not self.failed:
                    self._append(piece)
                    self._sums.add(piece)
                    self.size += size
            except OSError as error:
                self._fail(error)
            return not self.failed

    def read_at(self, position: int, size: int) -> bytes:
        """Return bytes that were written.

        Raises:
            OSError: reading failed.
        """
        with self._lock:  # on Windows reading moves the position of the file
            return read_at(self._handle, min(size, self.size - position), position)

    def publish(self, locator: str) -> None:
        """Make it the copy of an object, unless it failed, or the locator may mean another one day."""
        with self._lock:
            try:
                if not self.failed and self._copies.may_keep(locator) and self._take(self.size):
                    self._append(self._sums.ending(self._copies.name(locator)))
                    self._close()
                    self._copies.publish(self._path, locator)
                    self._taken = 0
            except OSError as error:
                self._fail(error)
        self.discard()

    def discard(self) -> None:
        """Remove what was not published; may be called twice."""
        with self._lock:
            with contextlib.suppress(OSError):
                self._close()
            if self._taken:
                with contextlib.suppress(OSError):
                    self._path.unlink()
                self._copies.room.give_back(self._taken)
                self._taken = 0
            self.failed = True

    def pause(self) -> None:
        """Close the file for now: many copies may wait for their publication at a time."""
        with self._lock, contextlib.suppress(OSError):
            self._close()

    def _take(self, size: int) -> bool:
        wanted = length(size) - self._taken
        if length(size) > self._copies.largest or not self._copies.room.take(wanted):
            return False
        self._taken += wanted
        return True

    def _append(self, piece: bytes | memoryview) -> None:
        if self._handle < 0:
            self._handle = self._open()
        view = memoryview(piece).cast("B")
        os.lseek(self._handle, 0, os.SEEK_END)
        while view.nbytes:
            view = view[os.write(self._handle, view) :]

    def _open(self) -> int:
        try:
            return os.open(self._path, _NEW if not self.size else _NEW & ~(os.O_CREAT | os.O_EXCL), 0o600)
        except FileNotFoundError:
            if self.size:
                raise
            self._copies.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._path, _NEW, 0o600)

    def _fail(self, error: OSError) -> None:
        self.failed = True
        self._copies.failed(error)

    def _close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
