"""What the archive itself remembers of processing on store: how far it has come, and who is at it.

Both are metadata of the archive (`fileroom.model.ARCHIVE_ID`), so that they outlive every process, and are
the same for all processes and machines that share the index.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fileroom.errors import FileroomError, RevisionError
from fileroom.index import SetMetadata
from fileroom.model import ARCHIVE_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.index import Index

LEASE = 60.0
"""Seconds after which a process that does not renew its lease is taken for dead."""

_PAGE = 10_000
_LEASE_NAME = "processing.lease"
_log = logging.getLogger("fileroom.processing")


class LeaseLostError(Exception):
    """Another process has the lease now; internal."""


def _value(index: Index, name: str) -> tuple[str, int]:
    """Return a value and its revision; an empty one and 0 where there is none."""
    details = index.details([ARCHIVE_ID])[0]
    found = None if details is None else details.metadata.get(name)
    return ("", 0) if found is None else (found.value, found.revision)


def end_of_log(index: Index) -> int:
    """Return the sequence of the last change that is logged by now."""
    page = index.changes(types=())  # which takes most indexes there at once
    while True:
        page = index.changes(page.last, _PAGE)
        if page.done:
            return page.last


class Cursor:
    """How far in the change log a processor has come.

    Args:
        index: the index.
        processor: the processor's name.
    """

    def __init__(self, index: Index, processor: str) -> None:
        self._index = index
        self._name = f"processing.cursor.{processor}"
        self._revision = 0  # of what was read

    def get(self) -> int | None:
        """Return the sequence of the last change that was dealt with; None if there never was one."""
        value, self._revision = _value(self._index, self._name)
        return int(value) if self._revision and value.isdecimal() else None

    def begin(self, sequence: int) -> None:
        """Begin behind a change, unless somebody has begun before.

        Raises:
            LeaseLostError: somebody else began just now.
        """
        if self.get() is None:
            self._set(sequence, self._revision)

    def advance(self, sequence: int) -> None:
        """Note that all up to a change was dealt with, since `get`.

        Raises:
            LeaseLostError: somebody else has noted something meanwhile.
        """
        self._set(sequence, self._revision)

    def _set(self, sequence: int, revision: int) -> None:
        try:
            edited = self._index.edit([SetMetadata(ARCHIVE_ID, self._name, str(sequence), revision)])
        except RevisionError as error:
            raise LeaseLostError from error
        self._revision = edited[0].revision


class Lease:
    """The right to process, which one process has at a time.

    No clock of another machine is trusted: who waits takes over when the lease has not been renewed for so
    long by his own clock. Should two ever work at a time, they do the same work twice, and nothing worse.

    Args:
        index: the index.
        seconds: in place of `LEASE`.
    """

    def __init__(self, index: Index, seconds: float | None = None) -> None:
        self._index = index
        self._seconds = LEASE if seconds is None else seconds
        self._owner = uuid.uuid4().hex
        self._lock = threading.Lock()  # of the two that follow, which the thread of `kept` changes, too
        self._revision = 0  # of the value that we wrote; 0 while we do not have it
        self._renewed = 0.0
        self._seen: tuple[int, float] | None = None

    def take(self) -> bool:
        """Return whether this is the one to work: it has the lease, or could take it."""
        with self._lock:
            value, revision = _value(self._index, _LEASE_NAME)
            if value == self._owner and revision == self._revision and not self._is_due():
                return True
            if value not in ("", self._owner) and not self._is_stale(revision):
                self._revision = 0
                return False
            return self._write(self._owner, revision)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease in time, however long what is done meanwhile takes."""
        ended = threading.Event()
        renewing = threading.Thread(target=self._keep, args=(ended,), name="fileroom-lease", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()

    def check(self) -> None:
        """Make sure that nobody else has taken the lease, as far as is known here.

        Raises:
            LeaseLostError: somebody has.
        """
        if not self._revision:
            raise LeaseLostError

    def release(self) -> None:
        """Let others take the lease at once; does nothing without it."""
        with self._lock:
            if self._revision:
                self._write("", self._revision)
                self._revision = 0

    def _keep(self, ended: threading.Event) -> None:
        while not ended.wait(self._seconds / 8):
            try:
                with self._lock:
                    if self._revision and self._is_due():
                        self._write(self._owner, self._revision)
            except FileroomError as error:
                # Working will fail of the same and be told; a moment later it may go again.
                _log.debug("the lease could not be renewed: %s", error)

    def _is_due(self) -> bool:
        return time.monotonic() - self._renewed >= self._seconds / 4

    def _is_stale(self, revision: int) -> bool:
        now = time.monotonic()
        if self._seen is None or self._seen[0] != revision:
            self._seen = revision, now
        return now - self._seen[1] > self._seconds

    def _write(self, value: str, revision: int) -> bool:
        try:
            edited = self._index.edit([SetMetadata(ARCHIVE_ID, _LEASE_NAME, value, revision)])
        except RevisionError:
            self._revision = 0
            return False
        self._revision = edited[0].revision
        self._renewed = time.monotonic()
        return True
