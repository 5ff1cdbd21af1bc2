"""The thread that moves what waits to the storage behind, the oldest first, until all of it is there."""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import TYPE_CHECKING

from fileroom.plugin import AlreadyExistsError, FileroomError
from fileroom_plugins.storage_cache.trouble import Trouble
from fileroom_plugins.storage_cache.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fileroom_plugins.storage_cache.allowance import Allowance
    from fileroom_plugins.storage_cache.moving import Mover
    from fileroom_plugins.storage_cache.pending import Pending, Waiting

_BATCH_OBJECTS = 64
_BATCH_BYTES = 128 << 20
_POLL = 5.0
# What another process has put may be part of a call that is not done, and may fail; not for so long.
_ANOTHERS = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
_ENOUGH = 3

_log = logging.getLogger("fileroom.cache")


class Uploader:
    """Moves what waits, in a thread of its own; of several processes, one at a time does.

    What fails is tried again after a pause, which doubles each time. Where one object fails and others do
    not, only that one pauses.

    Args:
        folder: where the lock is, and what failed is noted.
        pending: what waits.
        allowance: what is told how much waits.
        mover: what moves it.

    Attributes:
        trouble: what failed last, in whichever process.
    """

    def __init__(self, folder: Path, pending: Pending, allowance: Allowance, mover: Mover) -> None:
        self.trouble = Trouble(folder / "last-failure")
        self._pending = pending
        self._allowance = allowance
        self._mover = mover
        self._folder = folder
        self._turns = Turns(folder)
        self._own: set[str] = set()
        self._later: dict[str, _Pause] = {}
        self._pause = _Pause()
        self._in_a_row = 0
        self._done = 0
        self._closing = False
        self._news = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, keys: Sequence[str]) -> None:
        """Upload objects that this process has put, and anything else that waits."""
        with self._guard:
            self._own.update(keys)
            if self._thread is None or not self._thread.is_alive():  # it is not, after a fork
                self._thread = threading.Thread(target=self._run, name="fileroom-upload", daemon=True)
                self._thread.start()
        self._news.set()

    def upload(self, key: str) -> None:
        """Upload an object now, if it waits.

        Raises:
            Exception: what the storages raised; it still waits.
        """
        turns = Turns(self._folder)
        turns.wait()
        try:
            self._mover.move([key])
        finally:
            turns.end()

    def close(self) -> None:
        """End the thread, once what this process has put is uploaded. If that fails, it goes on waiting."""
        self._closing = True
        self._news.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            closing = self._closing
            went_on = self._try()
            if closing and not (went_on and self._own):
                return
            if not self._closing:
                pauses = [left for one in (self._pause, *self._later.values()) if (left := one.left)]
                self._news.wait(min([_POLL, *pauses]))
                self._news.clear()

    def _try(self) -> bool:
        """Move what is due, unless another process is at it; say whether it makes sense to go on at once.

        At the end, that other process is waited for.
        """
        try:
            waiting = self._count()
            if self._closing and self._own:
                self._turns.wait()
            elif self._pause.left or not self._turns.take():
                return False
        except Exception as error:  # noqa: BLE001 - a thread that ends would never upload anything again
            self._failed(error, self._pause)
            return False
        self._in_a_row = self._done = 0
        try:
            self._move_all(waiting)
        except Exception as error:  # noqa: BLE001 - likewise
            if not self._done:  # or it is only some that fail, and they pause each by itself
                self._failed(error, self._pause)
            return False
        finally:
            self._turns.end()
            if self._in_a_row or self._done:
                self._allowance.stick(stuck=not self._done)
        return True

    def _count(self) -> list[Waiting]:
        with self._guard:
            mine = self._own.copy()
        waiting = self._pending.list()
        self._allowance.count(self._bytes(waiting))
        there = {one.key for one in waiting}
        with self._guard:
            self._own -= mine - there
        self._later = {key: pause for key, pause in self._later.items() if key in there}
        return waiting

    def _bytes(self, waiting: Sequence[Waiting]) -> int:
        """Return how many bytes wait, without those of calls that are not done, which count as arriving."""
        return sum(one.size for one in waiting if not self._pending.is_arriving(one.key))

    def _move_all(self, waiting: Sequence[Waiting]) -> None:
        self._mover.finish_deletions()
        left = self._bytes(waiting)
        due = [one for one in waiting if self._is_due(one)]
        due.sort(key=lambda one: one.key in self._later)  # what never failed goes first
        for batch in _batches(due):
            if self._closing and not self._own:
                return
            self._move(batch)
            self._turns.let_others()
            left -= sum(one.size for one in batch if one.key not in self._later)
            self._allowance.count(left)
        if not self._later and (self._done or not waiting):
            self.trouble.clear()

    def _move(self, batch: Sequence[Waiting]) -> None:
        """Move objects together, or if that fails one by one.

        Raises:
            Exception: the last failure, if several failed in a row: so will the others.
        """
        keys = [one.key for one in batch]
        if len(keys) > 1:
            try:
                self._moved(keys)
            except AlreadyExistsError:
                pass  # some are there: which, and whether they are the same, only shows one by one
            except Exception:
                if self._closing:
                    raise
            else:
                return
        for key in keys:
            try:
                self._moved([key])
            except Exception as error:
                self._failed(error, self._later.setdefault(key, _Pause()))
                self._in_a_row += 1
                if self._in_a_row >= _ENOUGH or self._closing:
                    raise

    def _moved(self, keys: Sequence[str]) -> None:
        self._mover.move(keys)
        self._done += 1
        self._in_a_row = 0
        self._pause = _Pause()
        with self._guard:
            self._own.difference_update(keys)
        for key in keys:
            self._later.pop(key, None)

    def _is_due(self, one: Waiting) -> bool:
        is_own = one.key in self._own
        if one.key in self._later and not (is_own and self._closing):
            return not self._later[one.key].left
        return is_own or (one.since < time.time() - _ANOTHERS and not self._pending.is_arriving(one.key))

    def _failed(self, error: Exception, pause: _Pause) -> None:
        pause.begin()
        self.trouble.note(error)
        said = str(error) if isinstance(error, FileroomError) else "unexpectedly"
        _log.warning(
            "cache: uploading failed (%s); tried again in %.0f s, and nothing is lost",
            said,
            pause.left,
            exc_info=not isinstance(error, FileroomError),
        )


class _Pause:
    """A time to wait, which is longer each time."""

    def __init__(self) -> None:
        self._next = _FIRST_PAUSE
        self._until = 0.0

    @property
    def left(self) -> float:
        """How many seconds of it are left, 0 or more."""
        return max(self._until - time.monotonic(), 0.0)

    def begin(self) -> None:
        """Begin to wait: between half the time and all of it, lest several come back at once."""
        self._until = time.monotonic() + self._next * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        self._next = min(2 * self._next, _LONGEST_PAUSE)


def _batches(waiting: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    batch: list[Waiting] = []
    size = 0
    for one in waiting:
        if len(batch) == _BATCH_OBJECTS or (batch and size + one.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.size
    if batch:
        yield batch
