"""Processing on store: what ``[processing] on_store`` names is run on each new instance, off the store path.

The change log is the queue, and the archive remembers how far each processor has come; so nothing that was
stored is forgotten, whatever dies. A process that stores begins to work by itself, in a thread that hands
the objects to a process of its own. Where several processes have the archive open, one works at a time.

An object that cannot be processed stops nothing: its metadata ``processing.<processor>`` says why, and how
often it was tried.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._hints import did_you_mean
from fileroom._on_store.notes import Cursor, Lease, LeaseLostError, end_of_log
from fileroom._on_store.options import ProcessingOptions
from fileroom._on_store.runner import FAILED, RETRY, Runner, is_left, note_name, waiting
from fileroom.errors import FileroomError, InvalidValueError, NotFoundError
from fileroom.index import SetMetadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.archive import Archive

__all__ = ["OnStore", "OnStoreStatus", "ProcessingOptions"]

_PAUSES = (1.0, 5.0, 20.0, 60.0)
"""Seconds to wait after the storage or the index failed, and failed again."""

_LOOK = 1.0
"""Seconds between looks at whether the process that works has died."""

_log = logging.getLogger("fileroom.processing")


@dataclass(frozen=True, slots=True)
class OnStoreStatus:
    """How far a processor is.

    Attributes:
        processor: its name.
        waiting: instances it has not come to; one that was replaced meanwhile counts twice.
        retrying: instances that it failed at and that will be tried again.
        failed: instances that it was given up at; `OnStore.retry` tries them again.
    """

    processor: str
    waiting: int
    retrying: int
    failed: int


class OnStore:
    """Runs processors on what is stored. Any thread may call any method.

    Args:
        archive: the archive.
        options: what to run, and how.

    Attributes:
        done: how often an instance was processed here, by any processor.
    """

    def __init__(self, archive: Archive, options: ProcessingOptions) -> None:
        self._archive = archive
        self._options = options
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None  # the last that was started
        self._working: threading.Thread | None = None  # the one that hears of what is stored
        self._woken = threading.Event()
        self._stop = threading.Event()
        self._error: FileroomError | None = None
        self._start = self._begin()
        self.done = 0

    @property
    def active(self) -> bool:
        """Whether anything is to be done with what is stored."""
        return bool(self._options.on_store)

    def wake(self) -> None:
        """Have work done if there is some; return at once, and raise nothing: what was stored is stored."""
        if not self._options.on_store:
            return
        with self._lock:
            self._woken.set()
            if self._stop.is_set() or (self._working is not None and self._working.is_alive()):
                return
            thread = threading.Thread(
                target=self._work, args=(self._thread,), name="fileroom-on-store", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # too many threads, or Python is about to end
                _log.warning("processing on store waits: no thread can be started")
                return
            self._thread = self._working = thread
            self._error = None

    def status(self) -> list[OnStoreStatus]:
        """Return how far each processor is."""
        return [
            OnStoreStatus(
                name,
                waiting(self._archive, name, self._start),
                self._count(name, RETRY),
                self._count(name, FAILED),
            )
            for name in self._options.on_store
        ]

    def wait(
        self, stop: threading.Event | None = None, on_done: Callable[[int], object] | None = None
    ) -> bool:
        """Wait until nothing is left to do, here or by another process; return whether that is so.

        After `close` nobody works here any more, and nothing is waited for.

        Args:
            stop: when set, waiting ends.
            on_done: called now and then with the number of instances that this archive has processed.

        Raises:
            FileroomError: the storage, the index or a processor fails, and goes on to fail.
        """
        self.wake()
        stop = stop or threading.Event()
        while not stop.wait(0.05):
            if on_done is not None:
                on_done(self.done)
            if self._error is not None:
                raise self._error
            if self._thread is None or not self._thread.is_alive():
                if not self._is_left():
                    return True
                if self._stop.is_set():
                    return False
                self.wake()
        return False

    def retry(self, processor: str | None = None) -> int:
        """Have those tried again that a processor, or each, was given up at; return how many they are.

        Args:
            processor: one that ``[processing] on_store`` names; None for each of them.

        Raises:
            InvalidValueError: it names no such processor: nobody would try.
        """
        names = self._options.on_store
        if processor is not None and processor not in names:
            raise InvalidValueError(
                f"[processing] on_store names no processor {processor!r}: it names "
                f"{', '.join(names) or 'none'}{did_you_mean(processor, names)}"
            )
        count = 0
        for name in names if processor is None else (processor,):
            for one in self._archive.find("instance", metadata={note_name(name): f"{FAILED}*"}):
                # What somebody deletes meanwhile has been dealt with.
                with contextlib.suppress(NotFoundError):
                    self._archive.edit([SetMetadata(one.id, note_name(name), f"{RETRY} 0")])
                    count += 1
        self.wake()
        return count

    def close(self) -> None:
        """Finish the objects in hand; the others wait for whoever opens the archive next."""
        self._stop.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _begin(self) -> int:
        """Begin with each processor that nobody has begun with; return behind which change that is."""
        if not self._options.on_store:
            return 0
        last = end_of_log(self._archive.index)
        for name in self._options.on_store:
            # Who may not write, or cannot just now, remembers where it would have been.
            with contextlib.suppress(FileroomError, LeaseLostError):
                Cursor(self._archive.index, name).begin(last)
        return last

    def _is_left(self) -> bool:
        return any(is_left(self._archive, name, self._start) for name in self._options.on_store)

    def _count(self, processor: str, state: str) -> int:
        return self._archive.count("instance", metadata={note_name(processor): f"{state}*"})

    def _work(self, before: threading.Thread | None) -> None:
        """Work until there is nothing to do; the thread's function, once the one before has ended."""
        if before is not None:
            before.join()
        lease = Lease(self._archive.index)
        try:
            on_done, start = self._count_done, self._start
            with Runner(
                self._archive, self._options, lease, self._stop, on_done=on_done, start=start
            ) as runner:
                self._work_with(runner, lease)
        except FileroomError as error:
            self._error = error
            _log.warning("processing on store is not possible: %s", error)
        finally:
            with self._lock:
                if self._working is threading.current_thread():
                    self._working = None
            with contextlib.suppress(FileroomError):
                lease.release()

    def _work_with(self, runner: Runner, lease: Lease) -> None:
        failures = 0
        while not self._stop.is_set():
            self._woken.clear()
            pause = 0.0
            try:
                if lease.take():
                    with lease.kept():
                        idle = runner.work()
                else:
                    idle, pause = not self._is_left(), _LOOK
                failures, self._error = 0, None
            except LeaseLostError:
                idle, pause = False, _LOOK
            except BaseException as error:  # noqa: BLE001 - this thread must outlive whatever comes
                self._error = _told(error)
                _log.warning("processing on store waits: %s", self._error)
                idle, pause = False, _PAUSES[min(failures, len(_PAUSES) - 1)]
                failures += 1
            if idle and self._ended():
                return
            if not idle:
                self._stop.wait(pause)

    def _ended(self) -> bool:
        """End, unless somebody has woken this thread since it looked."""
        with self._lock:
            if self._woken.is_set():
                return False
            self._working = None
            return True

    def _count_done(self) -> None:
        self.done += 1


def _told(error: BaseException) -> FileroomError:
    """Return what is told of an error: of others' the type only, for their text may tell of a patient."""
    if isinstance(error, FileroomError):
        return error
    _log.debug("processing on store failed", exc_info=error)
    return FileroomError(f"processing on store failed: {type(error).__name__}")
