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

from fileroom._on_store.notes import Cursor, Lease, LeaseLostError
from fileroom._on_store.options import ProcessingOptions
from fileroom._on_store.runner import FAILED, RETRY, Runner, note_name
from fileroom.errors import FileroomError, RevisionError
from fileroom.index import SetMetadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.archive import Archive

__all__ = ["OnStore", "OnStoreStatus", "ProcessingOptions"]

_PAUSES = (1.0, 5.0, 20.0, 60.0)
"""Seconds to wait after the storage or the index failed, and failed again."""

_LOOK = 1.0
"""Seconds between looks at whether the one who works has died."""

_log = logging.getLogger("fileroom.processing")


@dataclass(frozen=True, slots=True)
class OnStoreStatus:
    """How far a processor is.

    Attributes:
        processor: its name.
        waiting: instances it has not come to.
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
    """

    def __init__(self, archive: Archive, options: ProcessingOptions) -> None:
        self._archive = archive
        self._options = options
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()
        self._stop = threading.Event()
        self._error: FileroomError | None = None
        self.done = 0
        for name in options.on_store:
            # Somebody without the right to write may still read; who stores begins then.
            with contextlib.suppress(FileroomError, LeaseLostError):
                Cursor(archive.index, name).begin()

    @property
    def active(self) -> bool:
        """Whether anything is to be done with what is stored."""
        return bool(self._options.on_store)

    def wake(self) -> None:
        """Have work done if there is some; return at once."""
        if not self._options.on_store:
            return
        with self._lock:
            self._woken.set()
            if (self._thread is None or not self._thread.is_alive()) and not self._stop.is_set():
                self._thread = threading.Thread(target=self._work, name="fileroom-on-store", daemon=True)
                self._thread.start()

    def status(self) -> list[OnStoreStatus]:
        """Return how far each processor is."""
        return [
            OnStoreStatus(
                name,
                Runner.waiting(self._archive, Cursor(self._archive.index, name)),
                self._count(name, RETRY),
                self._count(name, FAILED),
            )
            for name in self._options.on_store
        ]

    def wait(
        self, stop: threading.Event | None = None, on_done: Callable[[int], object] | None = None
    ) -> bool:
        """Wait until nothing is left to do, here or by another process; return whether that is so.

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
                if not any(one.waiting or one.retrying for one in self.status()):
                    return True
                self.wake()
        return False

    def retry(self, processor: str | None = None) -> int:
        """Have those tried again that a processor, or each, was given up at; return how many they are."""
        count = 0
        for name in self._options.on_store if processor is None else (processor,):
            for one in self._archive.find("instance", metadata={note_name(name): f"{FAILED}*"}):
                # What somebody changes meanwhile has been dealt with.
                with contextlib.suppress(RevisionError):
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

    def _count(self, processor: str, state: str) -> int:
        return self._archive.count("instance", metadata={note_name(processor): f"{state}*"})

    def _work(self) -> None:
        """Work until there is nothing to do; the thread's function."""
        failures = 0
        lease = Lease(self._archive.index, max(60.0, 4 * self._options.timeout))
        try:
            with Runner(self._archive, self._options, lease, self._stop, self._count_done) as runner:
                while not self._stop.is_set():
                    self._woken.clear()
                    try:
                        idle = runner.work() if lease.take() else not self._others_work()
                        failures, self._error = 0, None
                    except LeaseLostError:
                        idle = False
                    except Exception as error:  # noqa: BLE001 - this thread must outlive whatever comes
                        self._error = _told(error)
                        _log.warning("processing on store waits: %s", self._error)
                        self._stop.wait(_PAUSES[min(failures, len(_PAUSES) - 1)])
                        failures += 1
                        continue
                    if idle and self._ended():
                        return
                    if not idle:
                        self._stop.wait(_LOOK if not runner.has_worked else 0)
        except FileroomError as error:
            self._error = error
            _log.warning("processing on store is not possible: %s", error)
        finally:
            with contextlib.suppress(FileroomError):
                lease.release()

    def _others_work(self) -> bool:
        """Say whether there is work left that the one who has the lease may or may not do."""
        return any(one.waiting or one.retrying for one in self.status())

    def _ended(self) -> bool:
        """End, unless somebody has woken this thread since it looked."""
        with self._lock:
            if self._woken.is_set():
                return False
            self._thread = None
            return True

    def _count_done(self) -> None:
        self.done += 1


def _told(error: Exception) -> FileroomError:
    """Return what is told of an error: of others' the type only, for their text may tell of a patient."""
    if isinstance(error, FileroomError):
        return error
    _log.debug("processing on store failed", exc_info=error)
    return FileroomError(f"processing on store failed: {type(error).__name__}")
