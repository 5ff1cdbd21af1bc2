"""How many bytes may wait for their upload. Who puts faster than that goes waits too, or is told."""

from __future__ import annotations

import threading
import time

from fileroom.plugin import StorageFullError, format_size

_PATIENCE = 60.0
_LOOK = 1.0


class Allowance:
    """The bytes that wait, and those that arrive.

    Args:
        max_bytes: how many there may be of both.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max = max_bytes
        self._waiting = 0
        self._arriving = 0
        self._stuck = False
        self._changed = threading.Condition()

    @property
    def used(self) -> int:
        """How many there are of both."""
        return self._waiting + self._arriving

    def arrive(self, size: int) -> None:
        """Let so many bytes come. While uploads make room it waits for that.

        Raises:
            StorageFullError: they make none.
        """
        with self._changed:
            deadline = time.monotonic() + _PATIENCE
            while self.used + size > self._max:
                before = self._waiting
                if not before or self._stuck or time.monotonic() > deadline:
                    raise StorageFullError(
                        f"storage cache: max_size ({format_size(self._max)}) is used up by objects that the "
                        "storage behind does not have yet: 'fileroom stats' tells why, or raise max_size"
                    )
                self._changed.wait(_LOOK)
                if self._waiting < before:
                    deadline = time.monotonic() + _PATIENCE
            self._arriving += size

    def settle(self, size: int, *, waiting: bool) -> None:
        """Say what became of so many bytes that arrived: they wait now, or are gone."""
        with self._changed:
            self._arriving -= size
            self._waiting += size if waiting else 0
            self._changed.notify_all()

    def count(self, waiting: int) -> None:
        """Say how many bytes wait."""
        with self._changed:
            self._waiting = waiting
            self._changed.notify_all()

    def stick(self, *, stuck: bool) -> None:
        """Say whether all uploads fail."""
        with self._changed:
            self._stuck = stuck
            self._changed.notify_all()
