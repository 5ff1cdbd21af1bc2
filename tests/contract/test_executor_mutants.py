"""The executor kit rejects every executor that breaks a promise, by the test that is meant for it."""

from __future__ import annotations

import contextlib
import inspect
import io
import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fileroom.errors import ExecutorError, FileroomError, TaskLostError
from fileroom.executing import Executor, perform
from fileroom.testing import executor_tasks
from fileroom.testing.executor import TOO_MANY, ExecutorContract

MUTANTS: list[tuple[type[Reference], str]] = []
WORKERS = 4
TRIES = 3


def must_fail(test: str) -> Callable[[type[Reference]], type[Reference]]:
    def register(mutant: type[Reference]) -> type[Reference]:
        MUTANTS.append((mutant, test))
        return mutant

    return register


class Died(BaseException):
    """A worker's death, where workers are threads."""


@pytest.fixture(autouse=True)
def mortal_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def die() -> None:
        raise Died

    monkeypatch.setattr(executor_tasks, "leave", die)


class Reference(Executor):
    """Keeps all promises, with threads."""

    workers = WORKERS

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(self.workers)

    def submit(self, request: bytes) -> Future[bytes]:
        try:
            return self.pool.submit(self.answer, request)
        except RuntimeError as error:
            raise ExecutorError("closed") from error

    def answer(self, request: bytes) -> bytes:
        for _ in range(TRIES):
            with contextlib.suppress(Died):
                return self.perform(request)
        raise self.lost(request)

    def perform(self, request: bytes) -> bytes:
        return perform(request)

    def lost(self, request: bytes) -> Exception:
        return TaskLostError("given up")

    def slots(self) -> int:
        return 2 * self.workers

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)


@must_fail("test_every_item_is_answered_once")
class AnswersWithTheAnswerBefore(Reference):
    before = b""

    def perform(self, request: bytes) -> bytes:
        answer, self.before = self.before or perform(request), perform(request)
        return answer


@must_fail("test_what_a_task_raises_is_its_items_answer")
class LetsErrorsThrough(Reference):
    def perform(self, request: bytes) -> bytes:
        answer = perform(request)
        kind, body = pickle.loads(answer)
        if kind:
            raise pickle.loads(body)
        return answer


@must_fail("test_megabytes_go_and_come")
class SendsOnePieceOnly(Reference):
    def perform(self, request: bytes) -> bytes:
        return perform(request)[: 1 << 20]


@must_fail("test_a_task_may_print")
class AnswersOverTheStandardOutput(Reference):
    def perform(self, request: bytes) -> bytes:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            answer = perform(request)
        return printed.getvalue().encode() + answer


@must_fail("test_answers_come_as_they_are_ready")
class OneAtATime(Reference):
    workers = 1


@must_fail("test_items_are_not_collected_before_they_are_run")
class HasNoLimit(Reference):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.all_there = threading.Event()

    def submit(self, request: bytes) -> Future[bytes]:
        self.count += 1
        if self.count == TOO_MANY:
            self.all_there.set()
        return super().submit(request)

    def slots(self) -> int:
        return 1 << 30

    def perform(self, request: bytes) -> bytes:
        self.all_there.wait(60)
        return perform(request)


@must_fail("test_there_is_room_for_something")
class HasNoRoom(Reference):
    def slots(self) -> int:
        return 0


@must_fail("test_it_can_be_used_after_a_run_was_given_up")
class BreaksWhenARunIsGivenUp(Reference):
    def submit(self, request: bytes) -> Future[bytes]:
        future = super().submit(request)
        future.cancel = self.stop  # type: ignore[method-assign]
        return future

    def stop(self) -> bool:
        self.pool.shutdown(wait=False)
        return False


@must_fail("test_any_thread_may_run_tasks")
class KeepsTheRequestInAnAttribute(Reference):
    def perform(self, request: bytes) -> bytes:
        self.request = request
        time.sleep(0.01)  # lets another thread in
        return perform(self.request)


@must_fail("test_the_item_of_a_worker_that_dies_is_run_again")
class EndsWithItsFirstWorker(Reference):
    def answer(self, request: bytes) -> bytes:
        try:
            return self.perform(request)
        except Died:
            raise ExecutorError("a worker died") from None


@must_fail("test_an_item_that_kills_all_its_workers_is_given_up")
class GivesAllUp(Reference):
    def lost(self, request: bytes) -> Exception:
        return ExecutorError("the workers are dead")


@must_fail("test_an_item_that_kills_all_its_workers_is_given_up")
class TellsWhatItWas(Reference):
    def lost(self, request: bytes) -> Exception:
        return TaskLostError(f"given up: {request!r}")


@must_fail("test_an_item_that_kills_all_its_workers_is_given_up")
class LogsWhatItWas(Reference):
    def lost(self, request: bytes) -> Exception:
        logging.getLogger("executor").warning("given up: %r", request)
        return TaskLostError("given up")


@must_fail("test_it_may_be_closed_twice_and_then_runs_nothing")
class ClosesOnce(Reference):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True
        super().close()


@must_fail("test_it_may_be_closed_twice_and_then_runs_nothing")
class WorksAfterClosing(Reference):
    def submit(self, request: bytes) -> Future[bytes]:
        future: Future[bytes] = Future()
        future.set_result(perform(request))
        return future


class Impatient(ExecutorContract):
    patience = 0.3


def rejects(executor: Reference, test: str, folder: Path, caplog: pytest.LogCaptureFixture) -> bool:
    function = getattr(Impatient, test)
    given: dict[str, Any] = {"executor": executor, "tmp_path": folder, "caplog": caplog}
    wanted = inspect.signature(function).parameters.keys() & given.keys()
    try:
        function(Impatient(), **{name: given[name] for name in wanted})
    except (AssertionError, RuntimeError, FileroomError, pytest.fail.Exception):
        return True
    return False


@pytest.mark.parametrize(("mutant", "test"), MUTANTS, ids=[mutant.__name__ for mutant, _ in MUTANTS])
def test_the_kit_rejects_an_executor_that(
    mutant: type[Reference], test: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    executor = mutant()
    try:
        assert rejects(executor, test, tmp_path, caplog)
    finally:
        executor.pool.shutdown(cancel_futures=True)


class TestReference(ExecutorContract):
    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        executor = Reference()
        yield executor
        executor.close()


class TestThreads(ExecutorContract):
    """As a host may pass them: nothing of theirs dies, and those tests are skipped."""

    mortal = False

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        executor = Reference()
        yield executor
        executor.close()


def test_every_test_of_the_kit_rejects_somebody() -> None:
    tests = {name for name in vars(ExecutorContract) if name.startswith("test_")}
    assert {test for _, test in MUTANTS} == tests
