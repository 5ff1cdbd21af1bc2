"""Copies of objects in a folder, which alone tells what is there; any file of it may go at any time."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import threading
import time
import uuid
from typing import TYPE_CHECKING

from fileroom.plugin import read_at
from fileroom_plugins.storage_cache.checked import NAME_LENGTH, CheckedFile, DamagedError, Sums, length
from fileroom_plugins.storage_cache.room import PART, Room

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_STALE = 60.0  # seconds after which a use is noted anew
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

_log = logging.getLogger("fileroom.cache")


def lasts(locator: str) -> bool:
    """Say whether a locator will never mean another object: a key in it, which is never used twice.

    Readable names may be given again once their object was deleted, by anybody; so these are not copied.
    """
    return _KEY.search(locator) is not None


class Copies:
    """Copies by locator. Several processes may share a folder; nothing here ever raises for its sake.

    Args:
        folder: where they lie; made when the first one is.
        max_bytes: how many bytes they may take up,
        others: and how many of those are taken up by others at the moment.

    Attributes:
        room: the space for them.
        largest: how many bytes a copy may take up at most: one object must not displace all others.
        trouble: why the last copy could not be made, None if it could.
    """

    def __init__(self, folder: Path, max_bytes: int, others: Callable[[], int] = int) -> None:
        self.folder = folder
        self.room = Room(folder, max_bytes, others)
        self.largest = max_bytes // 2
        self.trouble: str | None = None

    def find(self, locator: str) -> CheckedFile | None:
        """Return the copy of an object, open; None if there is none that is whole."""
        if not lasts(locator):
            return None
        path, name = self._place(locator)
        try:
            copy = CheckedFile(path, name, on_damage=lambda: self._drop_damaged(path))
        except DamagedError:
            self._drop_damaged(path)
            return None
        except OSError:
            return None
        if time.time() - copy.used > _STALE:
            with contextlib.suppress(OSError):
                os.utime(path)
        return copy

    def has(self, locator: str) -> bool:
        """Say whether there is a copy of an object, which may be damaged."""
        return lasts(locator) and self._place(locator)[0].exists()

    def begin(self) -> Making:
        """Begin a copy."""
        return Making(self)

    def remove(self, locator: str) -> OSError | None:
        """Remove a copy, if there is one; return why that did not work, or None."""
        return self._unlink(self._place(locator)[0])

    def publish(self, written: Path, locator: str) -> None:
        """Give a complete file its name.

        Raises:
            OSError: it could not be done.
        """
        path, _ = self._place(locator)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        written.replace(path)
        self.trouble = None

    def failed(self, error: OSError) -> None:
        """Note why a copy could not be made."""
        said = error.strerror or type(error).__name__
        if self.trouble != said:
            _log.warning("cache %s: cannot keep copies (%s); reading goes on without", self.folder, said)
        self.trouble = said

    def name(self, locator: str) -> bytes:
        """Return by what the file of an object is known: locators may hold patients' values."""
        return hashlib.blake2b(locator.encode("utf-8", "surrogatepass"), digest_size=NAME_LENGTH).digest()

    def _place(self, locator: str) -> tuple[Path, bytes]:
        name = self.name(locator)
        digits = name.hex()
        return self.folder / digits[:2] / digits, name

    def _drop_damaged(self, path: Path) -> None:
        _log.warning("cache %s: a damaged copy was found and removed", self.folder)
        self._unlink(path)

    def _unlink(self, path: Path) -> OSError | None:
        try:
            size = path.stat().st_size
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return error
        self.room.give_back(size)
        return None


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
                if not self.failed and lasts(locator) and self._take(self.size):
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
