"""Batches to workers, and singly what workers died with."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from fileroom.errors import TaskLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from fileroom.executing import Answer, Executor

T = TypeVar("T")
R = TypeVar("R")


def spread(
    executor: Executor, task: Callable[[tuple[T, ...]], R], batches: Iterable[tuple[T, ...]]
) -> Generator[Answer[tuple[T, ...], R]]:
    """Run a task on batches; one item that kills workers costs itself only, and no other of its batch.

    Close the iterator, as with `fileroom.executing.Executor.run`, which says what is raised.
    """
    lost: list[T] = []
    with closing(executor.run(task, batches)) as answers:
        for answer in answers:
            if isinstance(answer.error, TaskLostError) and len(answer.item) > 1:
                lost += answer.item
            else:
                yield answer
    singly: Iterable[tuple[T, ...]] = ((one,) for one in lost)
    with closing(executor.run(task, singly)) as answers:
        yield from answers
