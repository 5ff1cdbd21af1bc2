"""The archive that tasks work on, where they run: opened once for many tasks, and closed when none come."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fileroom.errors import ExecutorError, FileroomError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive
    from fileroom.config import Config

IDLE = 60.0
"""Seconds after the last task for which an archive is kept open."""


class _Lease:
    """An open archive, and how many tasks are at it."""

    def __init__(self, config: Config, archive: Archive) -> None:
        self.config = config
        self.archive = archive
        self.users = 0
        self.timer: threading.Timer | None = None


_lock = threading.Lock()
_leases: list[_Lease] = []


@contextmanager
def opened(config: Config) -> Iterator[Archive]:
    """Yield the archive of a configuration, shared with the other tasks of this process.

    Raises:
        ExecutorError: it cannot be opened here; the message says where that is, and why.
    """
    lease = _take(config)
    try:
        yield lease.archive
    finally:
        _give_back(lease)


def _take(config: Config) -> _Lease:
    from fileroom.archive import Archive  # noqa: PLC0415 - which imports this

    with _lock:
        lease = next((one for one in _leases if one.config == config), None)
        if lease is None:
            try:
                lease = _Lease(config, Archive(config))
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
            lease.timer = threading.Timer(IDLE, _close_if_idle, [lease])
            lease.timer.daemon = True
            lease.timer.start()


def _close_if_idle(lease: _Lease) -> None:
    with _lock:
        if lease.users == 0 and lease in _leases:
            _leases.remove(lease)
            lease.archive.close()
