"""An executor of threads, with which tests can have happen what happens to workers."""

from __future__ import annotations

import functools
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from fileroom._executing import archives
from fileroom._executing.messages import request as request_of
from fileroom._executing.messages import sendable
from fileroom.config import Config
from fileroom.errors import TaskLostError
from fileroom.executing import Executor, perform


class Workers(Executor):
    """Two threads.

    Attributes:
        deadly: items with which workers die.
        elsewhere: makes another configuration of that which the tasks open the archive with.
        afterwards: is called after each task, before its answer is heard; by one thread at a time.
        items: the batches that were performed.
        openings: how the tasks opened the archive.
    """

    def __init__(self) -> None:
        self.deadly: set[str] = set()
        self.elsewhere: Callable[[Config], Config] | None = None
        self.afterwards: Callable[[], object] | None = None
        self.items: list[tuple[str, ...]] = []
        self.openings: list[archives.Opening] = []
        self._pool = ThreadPoolExecutor(2)
        self._lock = threading.Lock()

    def submit(self, request: bytes) -> Future[bytes]:
        return self._pool.submit(self._perform, request)

    def slots(self) -> int:
        return 4

    def close(self) -> None:
        """End, and close the archives that the tasks have opened, as the end of a worker does."""
        self._pool.shutdown()
        archives.close_idle()

    def _perform(self, request: bytes) -> bytes:
        _, task_data, item_data = pickle.loads(request)
        task: functools.partial[object] = pickle.loads(task_data)
        items: tuple[str, ...] = pickle.loads(item_data)
        if self.deadly.intersection(items):
            raise TaskLostError("given up: 3 workers died with it")
        (opening,) = task.args
        if self.elsewhere is not None:
            opening = replace(opening, config=self.elsewhere(opening.config))
            task = functools.partial(task.func, opening, **task.keywords)
        self.items.append(items)
        self.openings.append(opening)
        answer = perform(request_of(sendable(task), item_data))
        if self.afterwards is not None:
            with self._lock:
                self.afterwards()
        return answer
