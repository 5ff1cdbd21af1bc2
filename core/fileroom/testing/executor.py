"""The contract kit for executors: the promises of `fileroom.executing` as tests.

Run it on an executor by subclassing, with one fixture:

```python
class TestMyExecutor(ExecutorContract):
    @pytest.fixture
    def executor(self):
        executor = MyExecutor(Options())
        yield executor
        executor.close()
```

It needs room for two requests at a time, on this machine, where the installed Fileroom can be imported.
"""

from __future__ import annotations

import functools
import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, ClassVar

import pytest

from fileroom.errors import ExecutorError, InvalidDatasetError, TaskLostError
from fileroom.testing import executor_tasks as tasks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom.executing import Answer, Executor

PATIENT = "Contract^Kit"
"""What no message and no log line may hold."""

TOO_MANY = 20_000
"""Items of which not all may be taken before the first answer is there."""

_MEGABYTES = 3 << 20


class ExecutorContract:
    """Promises of the executor contract. A subclass provides the fixture ``executor``.

    Attributes:
        mortal: whether its workers are processes, which may die; threads of the test's own process may not.
        patience: seconds to wait for what should happen at once.
    """

    mortal: ClassVar[bool] = True
    patience: ClassVar[float] = 30.0

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        """Yield the executor under test."""
        raise NotImplementedError("a subclass of the executor contract provides the fixture executor")

    def _skip_immortals(self) -> None:
        if not self.mortal:
            pytest.skip("its workers live as long as this process")

    def test_every_item_is_answered_once(self, executor: Executor) -> None:
        """With what the task returned for it."""
        answers = sorted((one.item, one.value) for one in executor.run(tasks.double, range(50)))
        assert answers == [(number, 2 * number) for number in range(50)]

    def test_what_a_task_raises_is_its_items_answer(self, executor: Executor) -> None:
        """And keeps no other item from being answered."""
        answers = {one.item: one for one in executor.run(tasks.refuse_odd, range(6))}
        assert {item: one.value for item, one in answers.items() if one.error is None} == {0: 0, 2: 2, 4: 4}
        for number in (1, 3, 5):
            assert isinstance(answers[number].error, InvalidDatasetError)
            assert str(answers[number].error) == f"{number} is odd"

    def test_megabytes_go_and_come(self, executor: Executor) -> None:
        """Whole."""
        data = bytes(range(256)) * (_MEGABYTES // 256)
        (answer,) = executor.run(tasks.reverse, [data])
        assert answer.value == data[::-1]

    def test_a_task_may_print(self, executor: Executor) -> None:
        """Wherever that goes to, it does not get between the answers."""
        answers = list(executor.run(tasks.chatter, ["one", "two"]))
        assert sorted(one.value or "" for one in answers) == ["one", "two"]

    def test_answers_come_as_they_are_ready(self, executor: Executor, tmp_path: Path) -> None:
        """One that takes long does not keep the others back."""
        answers = []
        with closing(executor.run(self._waiting(tmp_path), range(3))) as run:
            for answer in run:
                answers.append(answer)
                (tmp_path / "go").touch()
        assert sorted(one.item for one in answers) == [0, 1, 2]
        assert all(one.error is None for one in answers)
        assert answers[0].item != 0

    def test_items_are_not_collected_before_they_are_run(self, executor: Executor) -> None:
        """The iterable may be endless."""
        taken = itertools.count()

        def endless() -> Iterator[int]:
            while (number := next(taken)) < TOO_MANY:
                yield number

        with closing(executor.run(tasks.double, endless())) as answers:
            next(answers)
        assert next(taken) < TOO_MANY

    def test_there_is_room_for_something(self, executor: Executor) -> None:
        """Before anything was run, and afterwards."""
        assert executor.slots() >= 1
        list(executor.run(tasks.double, [1]))
        assert executor.slots() >= 1

    def test_it_can_be_used_after_a_run_was_given_up(self, executor: Executor, tmp_path: Path) -> None:
        """Though requests of that run were under way."""
        with closing(executor.run(self._waiting(tmp_path), itertools.count())) as answers:
            assert next(answers).item != 0
        (tmp_path / "go").touch()
        assert [one.value for one in executor.run(tasks.double, [21])] == [42]

    def test_any_thread_may_run_tasks(self, executor: Executor) -> None:
        """And hears of its own only."""

        def run(first: int) -> list[int]:
            return sorted(one.value or 0 for one in executor.run(tasks.double, range(first, first + 10)))

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(run, [100, 200, 300, 400]))
        assert answers == [[2 * (first + n) for n in range(10)] for first in (100, 200, 300, 400)]

    def test_the_item_of_a_worker_that_dies_is_run_again(self, executor: Executor, tmp_path: Path) -> None:
        """By another worker; nobody need know."""
        self._skip_immortals()
        task = functools.partial(tasks.die_once, str(tmp_path))
        answers = list(executor.run(task, ["one", "two", "three"]))
        assert (tmp_path / "died").exists()
        assert sorted(one.value or "" for one in answers) == ["one", "three", "two"]

    def test_an_item_that_kills_all_its_workers_is_given_up(
        self, executor: Executor, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It alone, after a few deaths, and no message repeats what was in it."""
        self._skip_immortals()
        caplog.set_level(logging.INFO)
        task = functools.partial(tasks.die_with, PATIENT)
        answers: dict[str, Answer[str, str]] = {}
        for one in executor.run(task, ["one", PATIENT, "two"]):
            answers[one.item] = one
        assert {item: one.value for item, one in answers.items()} == {
            "one": "one",
            "two": "two",
            PATIENT: None,
        }
        assert isinstance(answers[PATIENT].error, TaskLostError)
        assert PATIENT not in str(answers[PATIENT].error) + caplog.text

    def test_it_may_be_closed_twice_and_then_runs_nothing(self, executor: Executor) -> None:
        """Once is enough, but twice does no harm."""
        list(executor.run(tasks.double, [1]))
        executor.close()
        executor.close()
        with pytest.raises(ExecutorError):
            list(executor.run(tasks.double, [2]))

    def _waiting(self, folder: Path) -> functools.partial[int]:
        return functools.partial(tasks.wait_for, str(folder), self.patience)
