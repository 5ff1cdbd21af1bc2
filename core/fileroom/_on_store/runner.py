"""One processor after the other on what the change log tells of, and again on what failed."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from fileroom._archive.processing import Processing
from fileroom._on_store.notes import Cursor
from fileroom.errors import FileroomError, NotFoundError
from fileroom.index import SetMetadata, UnsetMetadata
from fileroom.model import ChangeType
from fileroom.reports import ProcessFailure, ProcessStoppedError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from fileroom._on_store.notes import Lease
    from fileroom._on_store.options import ProcessingOptions
    from fileroom.archive import Archive
    from fileroom.executing import Executor
    from fileroom.index import Edit
    from fileroom.reports import Processed
    from fileroom.resources import Resource

RETRY = "retry"
"""What the note of an instance begins with that will be tried again; the number of failures follows."""

FAILED = "failed"
"""What the note of an instance begins with that was given up; why follows."""

_PAGE = 64
_COUNTED = 10_000
_STORED = (ChangeType.NEW_INSTANCE, ChangeType.REPLACED_INSTANCE)

_log = logging.getLogger("fileroom.processing")


def note_name(processor: str) -> str:
    """Return the name of the metadata that says why an instance could not be processed."""
    return f"processing.{processor}"


def waiting(archive: Archive, name: str, start: int) -> int:
    """Return how many instances a processor has not come to.

    One that was stored and replaced is waited for twice, and so is one that was deleted since.

    Args:
        archive: the archive.
        name: the processor's name.
        start: the change to begin behind, if none was noted.
    """
    since, count = _since(Cursor(archive.index, name), start), 0
    while True:
        page = archive.index.changes(since, _COUNTED, _STORED)
        count += len(page.changes)
        if page.done:
            return count
        since = page.last


def is_left(archive: Archive, name: str, start: int) -> bool:
    """Say whether a processor has anything to do, at a cost that does not grow with that."""
    since = _since(Cursor(archive.index, name), start)
    return bool(archive.index.changes(since, 1, _STORED).changes or any(_to_be_tried(archive, name, 1)))


def _since(cursor: Cursor, start: int) -> int:
    noted = cursor.get()
    return start if noted is None else noted


def _to_be_tried(archive: Archive, name: str, limit: int) -> Iterable[Resource]:
    return archive.find("instance", metadata={note_name(name): f"{RETRY}*"}, limit=limit)


class Runner:
    """Does what waits. A context manager, which holds the processes that work.

    Args:
        archive: the archive.
        options: what to run, and how.
        lease: renewed while there is work.
        stop: when set, what is under way is finished.
        on_done: called for each instance.
        start: the change to begin behind, for a processor of which nobody could note any yet.
    """

    def __init__(
        self,
        archive: Archive,
        options: ProcessingOptions,
        lease: Lease,
        stop: threading.Event,
        *,
        on_done: Callable[[], object],
        start: int,
    ) -> None:
        self._archive = archive
        self._options = options
        self._lease = lease
        self._stop = stop
        self._on_done = on_done
        self._start = start
        self._closing = ExitStack()
        self._executor: Executor | None = None

    def __enter__(self) -> Self:
        """Start what works."""
        if self._options.jobs and not self._archive.plugins.confined:
            limits = {"jobs": self._options.jobs, "timeout": self._options.timeout}
            self._executor = self._archive.plugins.open_executor("local", limits)
            self._closing.callback(self._executor.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._closing.close()

    def work(self) -> bool:
        """Do a part of what waits; return whether nothing was left.

        Raises:
            LeaseLostError: another process works now.
            FileroomError: the storage, the index or a processor is in the way of all. What another processor
                is for was done.
        """
        idle = True
        failed: FileroomError | None = None
        for part in (self._take_next, self._try_again):
            for name in self._options.on_store:
                try:
                    idle = part(name) and idle
                except FileroomError as error:
                    failed = failed or error
        if failed is not None:
            raise failed
        return idle

    def _take_next(self, name: str) -> bool:
        cursor = Cursor(self._archive.index, name)
        page = self._archive.index.changes(_since(cursor, self._start), _PAGE, _STORED)
        if not page.changes or self._stop.is_set():
            return True
        self._process(name, list(dict.fromkeys(one.id for one in page.changes)))
        if not self._stop.is_set():
            # What was processed and not noted, for this process dies here, is processed again.
            cursor.advance(page.last)
        return False

    def _try_again(self, name: str) -> bool:
        ids = [one.id for one in _to_be_tried(self._archive, name, _PAGE)]
        if not ids or self._stop.is_set():
            return True
        self._process(name, ids)
        return False

    def _process(self, name: str, ids: Sequence[str]) -> None:
        try:
            # One object a task: the limit of time is that of one.
            work = Processing(
                self._archive, name, options={}, on_done=lambda _: self._heard(), stop=self._stop, batch=1
            )
            report = work.run(ids, self._executor)
        except ProcessStoppedError as error:
            self._note(name, error.report)
            raise
        self._note(name, report)

    def _heard(self) -> None:
        self._on_done()
        self._lease.check()

    def _note(self, name: str, done: Iterable[Processed]) -> None:
        """Write down what failed, and cross out what did not any more."""
        some = [one for one in done if one.failure is not ProcessFailure.GONE]
        details = self._archive.index.details([one.id for one in some])
        for one, there in zip(some, details, strict=True):
            note = None if there is None else there.metadata.get(note_name(name))
            if edit := self._edit(name, one, note.value if note else ""):
                try:
                    self._archive.edit([edit])
                except NotFoundError:
                    _log.debug("an instance was deleted while it was processed")

    def _edit(self, name: str, one: Processed, note: str) -> Edit | None:
        if one.failure is None or one.failure is ProcessFailure.UNSUPPORTED:
            return UnsetMetadata(one.id, note_name(name)) if note else None
        tries = _failures(note) + 1
        if one.failure is ProcessFailure.FAILED and tries <= self._options.retries:
            return SetMetadata(one.id, note_name(name), f"{RETRY} {tries}: {one.reason}")
        return SetMetadata(one.id, note_name(name), f"{FAILED}: {one.reason}")


def _failures(note: str) -> int:
    state, _, rest = note.partition(" ")
    count = rest.partition(":")[0]
    return int(count) if state == RETRY and count.isdecimal() else 0
