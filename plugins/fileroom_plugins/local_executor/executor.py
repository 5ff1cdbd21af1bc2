"""An executor with processes of its own, which are started when they are needed."""

from __future__ import annotations

import logging
import os
import queue
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fileroom.plugin import Executor, ExecutorError, TaskLostError
from fileroom_plugins.local_executor.child import Child, ChildDiedError, ChildOverdueError

if TYPE_CHECKING:
    from concurrent.futures import Future

_TRIES = 3

_log = logging.getLogger("fileroom.executing")


class LocalExecutor(Executor):
    """Gives each request to a process of its own, or to one that has nothing to do.

    Args:
        jobs: processes at work at a time; 0 is one for each processor.
        timeout: seconds that a request may take; 0 is no limit.
    """

    def __init__(self, jobs: int, timeout: float = 0.0) -> None:
        self._timeout = timeout
        self._jobs = jobs or os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(self._jobs, "fileroom-local")
        self._idle: queue.SimpleQueue[Child] = queue.SimpleQueue()

    def submit(self, request: bytes) -> Future[bytes]:
        """Have a request performed by the next process that is free."""
        try:
            return self._threads.submit(self._performed, request)
        except RuntimeError as error:
            raise ExecutorError("the local executor is closed: open the archive again") from error

    def slots(self) -> int:
        """Return two for each process: one under way, and the one that follows."""
        return 2 * self._jobs

    def close(self) -> None:
        """Wait for what is under way, and end the processes."""
        self._threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().close()

    def _performed(self, request: bytes) -> bytes:
        for _ in range(_TRIES):
            child = self._child()
            try:
                answer = child.ask(request, self._timeout)
            except ChildOverdueError as error:
                child.close()
                message = f"given up: it took longer than {self._timeout:g} seconds"
                raise TaskLostError(message, overdue=True) from error
            except ChildDiedError:
                child.close()
                _log.warning("a worker process died; another one does its task again")
                continue
            self._idle.put(child)
            return answer
        raise TaskLostError(f"given up: {_TRIES} worker processes died with it")

    def _child(self) -> Child:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            try:
                return Child()
            except OSError as error:
                what = error.strerror or type(error).__name__
                raise ExecutorError(f"no worker process can be started: {what}") from error
