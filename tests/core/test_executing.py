from __future__ import annotations

import contextlib
import functools
import pickle
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Never

import pytest

import fileroom
from fileroom._executing.messages import perform, request, sendable
from fileroom._executing.spreading import spread
from fileroom.errors import ExecutorError, FileroomError, NotFoundError, NotSupportedError, TaskLostError
from fileroom.executing import Executor


class Desk(Executor):
    """Performs a request at once, unless it is told to lose it; one slot."""

    def __init__(self) -> None:
        self.deadly: set[object] = set()
        self.performed: list[object] = []
        self.futures: list[Future[bytes]] = []
        self.working = True

    def submit(self, request: bytes) -> Future[bytes]:
        item = pickle.loads(pickle.loads(request)[2])
        self.performed.append(item)
        future: Future[bytes] = Future()
        self.futures.append(future)
        items = item if isinstance(item, tuple) else (item,)
        if self.deadly.intersection(items):
            future.set_exception(TaskLostError("given up"))
        elif self.working:
            future.set_result(perform(request))
        return future

    def slots(self) -> int:
        if not self.working:
            raise ExecutorError("nobody is at work")
        return 1


class StubbornError(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")

    def __reduce__(self) -> Never:
        raise TypeError("cannot be pickled")


class StubbornNotFoundError(NotFoundError):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")

    def __reduce__(self) -> Never:
        raise TypeError("cannot be pickled")


def same(item: object) -> object:
    return item


def throw(error: Exception, item: object) -> None:
    raise error


def throw_stubborn(item: object) -> None:
    raise StubbornError("Doe^Jane", "is odd")


def throw_stubborn_not_found(item: object) -> None:
    raise StubbornNotFoundError("no", "resource")


def leave(item: object) -> None:
    raise SystemExit(3)


def make_a_lock(item: object) -> object:
    return queue.SimpleQueue()


def error_of(task: Callable[[object], object]) -> Exception | None:
    (answer,) = Desk().run(task, [1])
    return answer.error


def test_an_item_comes_back_as_the_object_that_it_is() -> None:
    item = ("anything",)
    (answer,) = Desk().run(same, [item])
    assert answer.item is item
    assert answer.value == item
    assert answer.value is not item


def test_an_error_keeps_its_type_and_text() -> None:
    error = error_of(functools.partial(throw, NotFoundError("no resource 1")))
    assert (type(error), str(error)) == (NotFoundError, "no resource 1")


def test_an_error_that_cannot_be_pickled_is_told_by_its_type_only() -> None:
    error = error_of(throw_stubborn)
    assert (type(error), str(error)) == (FileroomError, "StubbornError")


def test_an_error_of_fileroom_s_that_cannot_be_pickled_keeps_its_text() -> None:
    error = error_of(throw_stubborn_not_found)
    assert (type(error), str(error)) == (FileroomError, "no resource")


def test_a_task_that_exits_is_an_error_like_any_other() -> None:
    assert isinstance(error_of(leave), FileroomError)


def test_a_value_that_cannot_be_sent_back_is_an_error_of_its_item() -> None:
    error = error_of(make_a_lock)
    assert isinstance(error, NotSupportedError)
    assert "cannot be sent back: TypeError" in str(error)


def test_what_cannot_be_pickled_is_refused_in_one_sentence() -> None:
    with pytest.raises(NotSupportedError, match="cannot be sent to workers"):
        list(Desk().run(functools.partial(same, queue.SimpleQueue()), [1]))
    with pytest.raises(NotSupportedError, match="cannot be sent to workers"):
        list(Desk().run(same, [lambda: None]))


def test_a_worker_with_another_version_says_so_and_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old(Desk):
        def submit(self, request: bytes) -> Future[bytes]:
            with monkeypatch.context() as patch:
                patch.setattr(fileroom, "__version__", "0.0.1")
                return super().submit(request)

    with pytest.raises(
        ExecutorError, match=r"has Fileroom 0\.0\.1, and the tasks are of .*: install the same"
    ):
        list(Old().run(throw_stubborn, [1, 2]))


def test_a_worker_that_lacks_what_the_task_needs_says_so() -> None:
    missing = sendable(same).replace(b"test_executing", b"test_executinx")

    class Bare(Desk):
        def submit(self, request_: bytes) -> Future[bytes]:
            return super().submit(request(missing, pickle.loads(request_)[2]))

    with pytest.raises(ExecutorError, match="cannot take the tasks: ModuleNotFoundError"):
        list(Bare().run(same, [1]))


def test_an_answer_that_cannot_be_read_ends_the_run() -> None:
    class Garbled(Desk):
        def submit(self, request: bytes) -> Future[bytes]:
            future: Future[bytes] = Future()
            future.set_result(b"hello")
            return future

    with pytest.raises(ExecutorError, match="the answer of a worker cannot be read"):
        list(Garbled().run(same, [1]))


def test_when_everybody_leaves_the_run_ends_and_cancels_what_is_under_way() -> None:
    desk = Desk()

    def items() -> Iterator[int]:
        yield 1
        desk.working = False
        yield 2

    with pytest.raises(ExecutorError, match="nobody is at work"):
        list(desk.run(same, items()))
    assert desk.futures[-1].cancelled()


def test_what_somebody_else_cancelled_ends_the_run() -> None:
    desk = Desk()
    with contextlib.closing(desk.run(same, [1])) as answers:
        submit = desk.submit

        def cancelled(request: bytes) -> Future[bytes]:
            desk.working = False
            future = submit(request)
            desk.working = True
            future.cancel()
            return future

        desk.submit = cancelled  # type: ignore[method-assign]
        with pytest.raises(ExecutorError, match="cancelled by somebody else"):
            next(answers)


def test_an_error_of_the_items_leaves_unchanged() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise StubbornError("no", "more")

    with pytest.raises(StubbornError):
        list(Desk().run(same, items()))


def test_one_item_that_kills_workers_costs_itself_only() -> None:
    desk = Desk()
    desk.deadly = {5}
    answers = list(spread(desk, same, iter([(1, 2, 3), (4, 5, 6), (7,)])))
    assert desk.performed == [(1, 2, 3), (4, 5, 6), (4, 5, 6), (7,), (4,), (5,), (5,), (6,)]
    lost = [answer.item for answer in answers if isinstance(answer.error, TaskLostError)]
    assert lost == [(5,)]
    assert sorted(number for one in answers if one.error is None for number in one.item) == [1, 2, 3, 4, 6, 7]


def test_what_was_lost_with_others_is_run_by_itself_before_it_is_given_up() -> None:
    class Room(Desk):
        """Its workers have two requests each, and blame both when they die."""

        def __init__(self) -> None:
            super().__init__()
            self.waiting: list[tuple[bytes, Future[bytes]]] = []

        def submit(self, request: bytes) -> Future[bytes]:
            self.working = False
            future = super().submit(request)
            self.working = True
            self.waiting.append((request, future))
            return future

        def slots(self) -> int:
            """Let the worker go on when it has two, or is waited for."""
            waiting, self.waiting = self.waiting, []
            items = {pickle.loads(pickle.loads(sent)[2]) for sent, _ in waiting}
            for sent, future in waiting:
                if 5 in items:
                    future.set_exception(TaskLostError("given up"))
                else:
                    future.set_result(perform(sent))
            return 2

    answers = {one.item: one for one in Room().run(same, range(4, 8))}
    assert {item: one.value for item, one in answers.items()} == {4: 4, 5: None, 6: 6, 7: 7}
    assert isinstance(answers[5].error, TaskLostError)
