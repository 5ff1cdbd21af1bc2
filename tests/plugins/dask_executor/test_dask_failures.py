"""A cluster that is not there, has no workers, or goes away: one sentence each."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import pytest

import fileroom
from fileroom.errors import ExecutorError
from fileroom.reports import IngestStoppedError
from fileroom.testing import executor_tasks as tasks
from fileroom.testing.datasets import make_instance
from fileroom_plugins.dask_executor.executor import DaskExecutor
from tests.integration.cli_runs import run
from tests.plugins.dask_executor.clusters import cluster
from tests.servers.ready import free_port


def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.dcm").write_bytes(make_instance())
    address = f"tcp://127.0.0.1:{free_port()}"
    words = ["import", tmp_path / "one.dcm", "--executor", "dask", "--scheduler", address]
    result = run("-a", tmp_path / "archive", *words, code=1, FILEROOM_PLUGINS__DASK__TIMEOUT="0.5")
    assert result.stderr == (
        f"error: the Dask scheduler {address} cannot be reached: is it running at that address?\n"
    )


def test_a_scheduler_without_workers_is_not_waited_for_for_ever() -> None:
    with (
        cluster(0) as empty,
        pytest.raises(ExecutorError, match=r"has had no workers for 0\.5 s: start some"),
    ):
        DaskExecutor(empty.scheduler_address, 0.5)


def test_when_the_last_worker_leaves_the_run_ends() -> None:
    with cluster(1) as shrinking:
        executor = DaskExecutor(shrinking.scheduler_address, 0.5)
        answers = executor.run(tasks.double, iter(int, 1))
        next(answers)
        shrinking.scale(0)
        with pytest.raises(ExecutorError, match="has had no workers for"):
            list(answers)
        executor.close()


def test_a_traceback_without_a_word_is_not_shown() -> None:
    shown: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = shown.append  # type: ignore[assignment]
    log = logging.getLogger("distributed.client")
    log.addHandler(handler)
    try:
        log.error("", exc_info=asyncio.CancelledError())
        log.error("", exc_info=OSError())
        log.error("lost", exc_info=asyncio.CancelledError())
    finally:
        log.removeHandler(handler)
    assert [record.exc_info and record.exc_info[0] for record in shown] == [OSError, asyncio.CancelledError]


def test_a_scheduler_that_goes_away_stops_the_import(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.dcm").write_bytes(make_instance(sop_uid=f"1.2.{number}"))

    with cluster(1) as going:
        plugins = {"dask": {"scheduler": going.scheduler_address, "timeout": 0.5}}
        with fileroom.open(tmp_path / "archive", plugins=plugins) as archive:
            archive.plugins.executor("dask")
            going.close()
            started = time.monotonic()
            with pytest.raises(
                IngestStoppedError, match=r"the Dask scheduler .* (was lost|has had no workers)"
            ):
                archive.ingest(tmp_path, executor="dask")
            assert time.monotonic() - started < 30
