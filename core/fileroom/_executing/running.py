"""One run of a task over items: what is under way, and what is to be thought of what was lost."""

from __future__ import annotations

import queue
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from fileroom._executing.messages import request, result, sendable
from fileroom.errors import ExecutorError, TaskLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Future

    from fileroom.executing import Executor

T = TypeVar("T")
R = TypeVar("R")

_LOOK = 1.0  # seconds between looks at whether anybody is still at work


@dataclass(frozen=True, slots=True)
class Answer(Generic[T, R]):
    """What became of one item.

    Attributes:
        item: the item, the very object.
        value: what the task returned; None if it failed.
        error: what the task raised, or a `fileroom.errors.TaskLostError`; None if it returned.
    """

    item: T
    value: R | None = None
    error: Exception | None = None


class Run(Generic[T, R]):
    """Has a task called with items by an executor; see `fileroom.executing.Executor.run`."""

    def __init__(self, executor: Executor, task: Callable[[T], R]) -> None:
        self._executor = executor
        self._task = sendable(task)
        self._finished: queue.SimpleQueue[Future[bytes]] = queue.SimpleQueue()
        self._under_way: dict[Future[bytes], T] = {}

    def answers(self, items: Iterable[T]) -> Generator[Answer[T, R]]:
        """Yield the answers as they come."""
        try:
            for item in items:
                self._start(item)
                while self._under_way and (self._is_full() or not self._finished.empty()):
                    yield from self._heard()
            while self._under_way:
                yield from self._heard()
        finally:
            for future in self._under_way:
                future.cancel()

    def _heard(self) -> Generator[Answer[T, R]]:
        """Yield the next answer.

        Where that is a loss, others were perhaps to blame, who were with the same worker. So what is under
        way is waited for, and then each item that was lost is run by itself: what is lost again is lost.
        """
        answer = self._next()
        if not isinstance(answer.error, TaskLostError) or answer.error.overdue:
            yield answer
            return
        suspects = [answer.item]
        while self._under_way:
            answer = self._next()
            if isinstance(answer.error, TaskLostError) and not answer.error.overdue:
                suspects.append(answer.item)
            else:
                yield answer
        for item in suspects:
            self._start(item)
            yield self._next()

    def _is_full(self) -> bool:
        return len(self._under_way) >= self._executor.slots()

    def _start(self, item: T) -> None:
        future = self._executor.submit(request(self._task, sendable(item)))
        self._under_way[future] = item
        future.add_done_callback(self._finished.put)

    def _next(self) -> Answer[T, R]:
        while True:
            try:
                future = self._finished.get(timeout=_LOOK)
                break
            except queue.Empty:
                self._executor.slots()  # raises if nobody is at work
        item = self._under_way.pop(future)
        try:
            value, error = result(future.result())
        except TaskLostError as lost:
            return Answer(item, error=lost)
        except CancelledError as cancelled:
            raise ExecutorError("a task was cancelled by somebody else: start again") from cancelled
        return Answer(item, value, error)
