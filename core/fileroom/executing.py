"""The Executor contract: what runs tasks elsewhere, in other processes or on other machines.

`fileroom.testing.executor` holds each promise below as a test.
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, TypeVar

from fileroom._executing.archives import close_idle
from fileroom._executing.messages import perform
from fileroom._executing.running import Answer, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Future

__all__ = ["Answer", "Executor", "close_idle", "perform"]

T = TypeVar("T")
R = TypeVar("R")


class Executor(abc.ABC):
    """Runs tasks elsewhere.

    A backend says where a request goes, in `submit`, and how many are worth having under way, in `slots`.
    A request is bytes, and so is its answer; who gets it calls `perform`, which is in `fileroom.plugin`. A
    process that is about to end calls `close_idle`, which is there too: some storages finish what tasks have
    put when they are closed.

    - Any thread may call any method at any time.
    - Requests run at the same time, as far as there is room, and end in any order.
    - Where a worker dies, its request is run again by another one; tasks are made for that. After one or a
      few deaths it is given up, and no other request with it.
    - No call waits for ever for somebody who is not there.
    - No message and no log line at INFO or above holds anything of a request, or a password.
    """

    @abc.abstractmethod
    def submit(self, request: bytes) -> Future[bytes]:
        """Have ``perform(request)`` called elsewhere; return at once.

        The future can be cancelled while nobody has begun with it. It may also end with

        - `fileroom.errors.TaskLostError`: the request was given up, since workers died with it, or with what
          else they had; `run` submits it once more, by itself, before it believes that; with ``overdue``, it
          took longer than the executor's options allow, and `run` takes that for an answer;
        - `fileroom.errors.ExecutorError`: nothing can be run any more; the message says why, and what to do.

        Raises:
            ExecutorError: as above.
        """

    @abc.abstractmethod
    def slots(self) -> int:
        """Return how many requests are worth having under way: at least 1; rather a few more than workers.

        It is asked again and again, so it may follow workers that come and go.

        Raises:
            ExecutorError: there has been nobody at work for longer than one should wait.
        """

    def run(self, task: Callable[[T], R], items: Iterable[T]) -> Generator[Answer[T, R]]:
        """Call a task with each item, elsewhere, and yield the answers as they come.

        The items are taken one by one, never more of them ahead than there are `slots`, so the iterable may
        be endless. What a task raises is its item's answer and stops nothing else. Closing the iterator, as
        a ``for`` loop does not do by itself, starts nothing more; what is under way ends unheard. So does
        an error of the iterable.

        Args:
            task: a function of a module that is there where it runs, or a `functools.partial` of one.
                Whoever runs it may have to run it twice with one item.
            items: what it is called with. Items, what the task holds, and what it returns can be pickled.

        Raises:
            ExecutorError: nothing can be run any more.
            NotSupportedError: the task, or an item, cannot be pickled.
        """
        yield from Run(self, task).answers(items)

    def close(self) -> None:  # noqa: B027 - some executors hold nothing
        """Release what the executor holds, and end the workers that it started. May be called twice.

        What is under way may be finished first; what has not begun is cancelled.
        """
