"""A task that forks: only the worker answers, and its death is noticed while what it forked lives on."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from fileroom.errors import TaskLostError
from fileroom_plugins.local_executor.executor import LocalExecutor

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")


def fork_and_die(folder: str) -> None:
    if not os.fork():
        deadline = time.monotonic() + 60
        while (Path(folder) / "wait").exists():
            if time.monotonic() > deadline:
                (Path(folder) / "waited-for").touch()
                break
            time.sleep(0.05)
    os._exit(1)


def fork_and_go_on(number: int) -> int:
    os.fork()
    return number + 1


def test_the_death_of_a_worker_is_noticed_though_what_it_forked_lives_on(tmp_path: Path) -> None:
    (tmp_path / "wait").touch()
    executor = LocalExecutor(1)
    try:
        (answer,) = executor.run(fork_and_die, [str(tmp_path)])
        assert isinstance(answer.error, TaskLostError)
        assert not (tmp_path / "waited-for").exists()
    finally:
        (tmp_path / "wait").unlink()
        executor.close()


def test_what_a_task_forked_and_did_not_end_neither_answers_nor_takes_requests() -> None:
    executor = LocalExecutor(1)
    answers = [one.value for one in executor.run(fork_and_go_on, range(20))]
    executor.close()
    assert sorted(one for one in answers if one is not None) == list(range(1, 21))
