"""The archive that tasks work on, where they run: opened once for many tasks, and closed when none come."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._executing.tokens import Token, found, not_shared
from fileroom.errors import ExecutorError, FileroomError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive
    from fileroom.config import Config

IDLE = 60.0
"""Seconds after the last task for which an archive is kept open."""

_log = logging.getLogger("fileroom.executing")


@dataclass(frozen=True, slots=True)
class Opening:
    """How the tasks of one run open the archive.

    Attributes:
        config: its configuration.
        run: a name that no other run has: what was opened for another one may lie in a folder, or be
            connected to a database, that was deleted and made anew.
        tokens: what its storage must have, or it is another one.
    """

    config: Config
    run: str
    tokens: tuple[Token, ...] = ()


class _Lease:
    """An open archive, and how many tasks are at it."""

    def __init__(self, opening: Opening, archive: Archive) -> None:
        self.opening = opening
        self.archive = archive
        self.users = 0
        self.timer: threading.Timer | None = None


_lock = threading.Lock()
_leases: list[_Lease] = []
_refused: set[str] = set()  # runs that are not waited for again, by each of many tasks in turn


@contextmanager
def opened(opening: Opening) -> Iterator[Archive]:
    """Yield the archive, shared with the other tasks of the run that are in this process.

    Raises:
        ExecutorError: it cannot be opened here, or is another one than that of which the tokens are; the
            message says where that is, and why.
    """
    lease = _take(opening)
    try:
        yield lease.archive
    finally:
        _give_back(lease)


def _take(opening: Opening) -> _Lease:
    with _lock:
        lease = next((one for one in _leases if one.opening == opening), None)
        if lease is None:
            _close_idle()
            lease = _Lease(opening, _open(opening))
            _leases.append(lease)
        if lease.timer is not None:
            lease.timer.cancel()
            lease.timer = None
        lease.users += 1
        return lease


def _open(opening: Opening) -> Archive:
    """Open the archive, if it is the one that is meant."""
    from fileroom.archive import Archive  # noqa: PLC0415 - which imports this

    host = socket.gethostname()
    if opening.run in _refused:
        raise not_shared(host, "storage")
    try:
        archive = Archive(opening.config)
        try:
            shared = found(archive.storage, opening.tokens)
        except BaseException:
            archive.close()
            raise
    except FileroomError as error:
        raise ExecutorError(f"a worker on {host} cannot open the archive: {error}") from error
    if not shared:
        archive.close()
        _refused.add(opening.run)
        raise not_shared(host, "storage")
    return archive


def _give_back(lease: _Lease) -> None:
    with _lock:
        lease.users -= 1
        if lease.users == 0:
            lease.timer = threading.Timer(IDLE, close_idle)
            lease.timer.daemon = True
            lease.timer.start()


def close_idle() -> None:
    """Close the archives that `perform` has opened in this process, but for those that a task is at.

    They are kept open for a minute for what may come. It takes as long as their storages have something to
    finish; a failure is logged.
    """
    with _lock:
        _close_idle()


def _close_idle() -> None:
    for lease in [one for one in _leases if one.users == 0]:
        _leases.remove(lease)
        try:
            lease.archive.close()
        except FileroomError as error:
            _log.warning("a worker could not close the archive: %s", error)
