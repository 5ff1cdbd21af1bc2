"""The archive that tasks work on, where they run: opened once for many tasks, and closed when none come."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.errors import ExecutorError, FileroomError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive
    from fileroom.config import Config

IDLE = 60.0
"""Seconds after the last task for which an archive is kept open."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How the tasks of one run open the archive.

    Attributes:
        config: its configuration.
        run: a name that no other run has: what was opened for another one may lie in a folder, or be
            connected to a database, that was deleted and made anew.
    """

    config: Config
    run: str


class _Lease:
    """An open archive, and how many tasks are at it."""

    def __init__(self, opening: Opening, archive: Archive) -> None:
        self.opening = opening
        self.archive = archive
        self.users = 0
        self.timer: threading.Timer | None = None


_lock = threading.Lock()
_leases: list[_Lease] = []


@contextmanager
def opened(opening: Opening) -> Iterator[Archive]:
    """Yield the archive, shared with the other tasks of the run that are in this process.

    Raises:
        ExecutorError: it cannot be opened here; the message says where that is, and why.
    """
    lease = _take(opening)
    try:
        yield lease.archive
    finally:
        _give_back(lease)


def _take(opening: Opening) -> _Lease:
    from fileroom.archive import Archive  # noqa: PLC0415 - which imports this

    with _lock:
        lease = next((one for one in _leases if one.opening == opening), None)
        if lease is None:
            _close_idle()
            try:
                lease = _Lease(opening, Archive(opening.config))
            except FileroomError as error:
                where = f"a worker on {socket.gethostname()}"
                raise ExecutorError(f"{where} cannot open the archive: {error}") from error
            _leases.append(lease)
        if lease.timer is not None:
            lease.timer.cancel()
            lease.timer = None
        lease.users += 1
        return lease


def _give_back(lease: _Lease) -> None:
    with _lock:
        lease.users -= 1
        if lease.users == 0:
            lease.timer = threading.Timer(IDLE, close_idle)
            lease.timer.daemon = True
            lease.timer.start()


def close_idle() -> None:
    """Close what no task is at."""
    with _lock:
        _close_idle()


def _close_idle() -> None:
    for lease in [one for one in _leases if one.users == 0]:
        _leases.remove(lease)
        lease.archive.close()
