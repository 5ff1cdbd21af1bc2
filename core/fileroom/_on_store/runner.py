"""One processor after the other on what the change log tells of, and again on what failed."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from fileroom._archive.keeping import made_by_label
from fileroom._archive.processing import Processing
from fileroom._on_store.notes import Cursor
from fileroom.errors import NotFoundError
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

RETRY = "retry"
"""What the note of an instance begins with that will be tried again; the number of failures follows."""

FAILED = "failed"
"""What the note of an instance begins with that was given up; why follows."""

_PAGE = 64
_COUNTED = 1000
_STORED = (ChangeType.NEW_INSTANCE, ChangeType.REPLACED_INSTANCE)

_log = logging.getLogger("fileroom.processing")


def note_name(processor: str) -> str:
    """Return the name of the metadata that says why an instance could not be processed."""
    return f"processing.{processor}"


class Runner:
    """Does what waits. A context manager, which holds the processes that work.

    Args:
        archive: the archive.
        options: what to run, and how.
        lease: renewed while there is work.
        stop: when set, what is under way is finished.
        on_done: called for each instance.
    """

    def __init__(
        self,
        archive: Archive,
        options: ProcessingOptions,
        lease: Lease,
        stop: threading.Event,
        on_done: Callable[[], object],
    ) -> None:
        self._archive = archive
        self._options = options
        self._lease = lease
        self._stop = stop
        self._on_done = on_done
        self._closing = ExitStack()
        self._executor: Executor | None = None
        self.has_worked = False

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
            FileroomError: the storage, the index or a processor is in the way of all.
        """
        idle = True
        for name in self._options.on_store:
            idle = self._take_next(name) and idle
        for name in self._options.on_store:
            idle = self._try_again(name) and idle
        self.has_worked = not idle
        return idle

    @staticmethod
    def waiting(archive: Archive, cursor: Cursor) -> int:
        """Return how many instances a processor has not come to; of a very long queue a lower bound."""
        since, count = cursor.get() or 0, 0
        while count < 10 * _COUNTED:
            page = archive.index.changes(since, _COUNTED, _STORED)
            count += len(page.changes)
            if page.done:
                break
            since = page.last
        return count

    def _take_next(self, name: str) -> bool:
        cursor = Cursor(self._archive.index, name)
        since = cursor.get() or 0
        page = self._archive.index.changes(since, _PAGE, _STORED)
        if not page.changes or self._stop.is_set():
            return True
        ids = dict.fromkeys(one.id for one in page.changes)
        self._process(name, [id_ for id_ in ids if self._is_for(id_, name)])
        if not self._stop.is_set():
            # What was processed and not noted, for this process dies here, is processed again.
            cursor.advance(page.last)
        return False

    def _try_again(self, name: str) -> bool:
        some = self._archive.find("instance", metadata={note_name(name): f"{RETRY}*"}, limit=_PAGE)
        ids = [one.id for one in some]
        if not ids or self._stop.is_set():
            return True
        self._process(name, ids)
        return False

    def _is_for(self, id_: str, name: str) -> bool:
        """Leave out what this very processor had a part in making: that would go on for ever."""
        details = self._archive.index.details([id_])[0]
        return details is None or made_by_label(name) not in details.labels

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
        self._lease.renew()

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
