"""A lock that at most one holds: of all threads of all processes that know the file."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(handle: int) -> None:
        # Not flock: that lock would go on to the children of a fork, and outlive the parent.
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


# A lock of a process is none between its threads, and goes when it closes the file anywhere.
_ours: dict[Path, int] = {}
_guard = threading.Lock()


class FolderLock:
    """A lock file, which is made on first use and stays. The end of the process releases it, however it ends.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._handle = -1

    def acquire(self) -> bool:
        """Take the lock if nobody has it; say whether that is so.

        Raises:
            OSError: the file cannot be made.
        """
        with _guard:
            if _ours.get(self._path) == os.getpid():
                return False
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _try_lock(handle)
            except OSError:
                os.close(handle)
                return False
            _ours[self._path] = os.getpid()
            self._handle = handle
            return True

    def release(self) -> None:
        """Let others have it, if this object holds it."""
        with _guard:
            if self._handle >= 0:
                os.close(self._handle)
                self._handle = -1
                del _ours[self._path]
