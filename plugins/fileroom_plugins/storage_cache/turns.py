"""Whose turn it is to move what waits: that of one thread at a time, of all processes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fileroom.plugin import StorageError
from fileroom_plugins.storage_cache.locking import FolderLock

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 120.0  # seconds; nobody keeps the turn for longer than one batch takes
_LOOK = 0.01


class Turns:
    """Who has the turn may move objects, and say of those deleted meanwhile that nobody is moving them.

    Args:
        folder: of the cache, in which the locks lie.
    """

    def __init__(self, folder: Path) -> None:
        self._turn = FolderLock(folder / "uploading.lock")
        self._next = FolderLock(folder / "next.lock")

    def take(self) -> bool:
        """Take the turn if nobody has it; say whether that is so.

        Raises:
            OSError: the lock cannot be made.
        """
        return self._turn.acquire()

    def wait(self) -> None:
        """Take the turn as soon as whoever has it, and whoever waits already, has had it.

        Raises:
            OSError: a lock cannot be made.
            StorageError: somebody has kept it for too long.
        """
        deadline = time.monotonic() + _PATIENCE
        _acquire(self._next, deadline)
        try:
            _acquire(self._turn, deadline)
        finally:
            self._next.release()

    def let_others(self) -> None:
        """Let others have the turn if they wait for it, and take it back; errors as for `wait`.

        After an error the turn is not had any more.
        """
        self._turn.release()
        self.wait()

    def end(self) -> None:
        """Give the turn back, if it is had."""
        self._turn.release()


def _acquire(lock: FolderLock, deadline: float) -> None:
    while not lock.acquire():
        if time.monotonic() > deadline:
            raise StorageError(
                "storage cache: another process has been uploading for too long, or hangs: try again later"
            )
        time.sleep(_LOOK)
