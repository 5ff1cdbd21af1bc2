"""How much the copies take up, and which of them go when that is too much.

What is there is told by the folder itself; between two looks at it, what this process adds is counted. With
several processes, each sees what the others have added at its next look, so together they may be over the
limit by a `_LOOK`-th of it for each process beyond the first.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PART = ".part"
"""How the names of copies end that are being made."""

_LOOK = 20
_FREED = 10  # one in so many bytes goes beyond what must, so that the folder is looked at seldom
_ABANDONED = 3_600.0  # seconds without a write, and the process that was making a copy is taken for dead


class _File(NamedTuple):
    used: float
    size: int
    path: str


class Room:
    """The space for copies in a folder.

    Args:
        folder: it, and the folders in it, hold copies and nothing else. Need not be there.
        max_bytes: how many bytes may be in it,
        others: and how many of those are somebody else's now.
    """

    def __init__(self, folder: Path, max_bytes: int, others: Callable[[], int]) -> None:
        self._folder = folder
        self._max = max_bytes
        self._others = others
        self._used = 0
        self._until_look = -1
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Reserve so many bytes; False if they cannot be had. The copies used the longest ago give way."""
        limit = self._max - self._others()
        if size > limit:
            return False
        with self._lock:
            if self._until_look < 0:
                self._look()
            if self._used + size > limit:
                self._evict(limit - max(size, limit // _FREED))
            if self._used + size > limit:
                return False
            self._used += size
            self._until_look -= size
            return True

    def make_way(self) -> None:
        """Remove copies until they leave to others what these have."""
        with self._lock:
            if self._until_look < 0:
                self._look()
            limit = max(self._max - self._others(), 0)
            if self._used > limit:
                self._evict(limit - limit // _FREED)

    def give_back(self, size: int) -> None:
        """Say that so many bytes are free again."""
        with self._lock:
            self._used = max(self._used - size, 0)

    def usage(self) -> tuple[int, int]:
        """Return how many copies there are, and their bytes."""
        sizes = [file.size for file in self._files() if not file.path.endswith(PART)]
        return len(sizes), sum(sizes)

    def _look(self) -> list[_File]:
        files = list(self._files())
        self._used = sum(file.size for file in files)
        self._until_look = self._max // _LOOK
        return files

    def _evict(self, target: int) -> None:
        """Remove copies until no more than ``target`` bytes are left."""
        now = time.time()
        for file in sorted(self._look()):
            if self._used <= target:
                return
            if not file.path.endswith(PART) or file.used < now - _ABANDONED:
                with contextlib.suppress(OSError):  # Windows does not remove what is open
                    os.unlink(file.path)  # noqa: PTH108 - no need for a path each
                    self._used -= file.size

    def _files(self) -> Iterator[_File]:
        folders: list[str | os.PathLike[str]] = [self._folder, *_folders(self._folder)]
        for folder in folders:
            for entry in _entries(folder):
                with contextlib.suppress(OSError):  # gone meanwhile
                    if entry.is_file(follow_symlinks=False):
                        status = entry.stat()
                        yield _File(status.st_mtime, status.st_size, entry.path)


def _folders(folder: Path) -> Iterator[str]:
    for entry in _entries(folder):
        with contextlib.suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                yield entry.path


def _entries(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # there is nothing yet, or nothing any more: then no copy can be made either
        return []
