"""Importing and processing by the workers of a real Dask cluster, over the backends they can share."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import distributed
import pytest

import fileroom
from fileroom._archive import run
from fileroom.archive import Archive
from fileroom.testing.datasets import Corpus, make_instance
from tests.integration.cli_runs import run as run_command
from tests.integration.cli_runs import run_json
from tests.servers.s3 import S3Server

COUNT = 120


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH_OBJECTS", 10)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for instance in Corpus(COUNT, 4000):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)
    (folder / "damaged.dcm").write_bytes(make_instance()[:700])
    return folder


@pytest.fixture
def archive(scheduler: str, tmp_path: Path) -> Iterator[Archive]:
    plugins = {"enable": ["imaging"], "dask": {"scheduler": scheduler}}
    with fileroom.open(tmp_path / "archive", plugins=plugins) as archive:
        yield archive


@pytest.fixture
def shared(scheduler: str, tmp_path: Path, postgres_url: str, rclone_s3: S3Server) -> Iterator[Archive]:
    """An archive such as many machines share: a database server and an object store."""
    storage = {
        "backend": "s3",
        "bucket": rclone_s3.bucket,
        "endpoint_url": rclone_s3.endpoint_url,
        "region": rclone_s3.region,
        "access_key_id": rclone_s3.access_key,
        "secret_access_key": rclone_s3.secret_key,
        "addressing_style": "path",
    }
    with fileroom.open(
        tmp_path / "shared",
        index={"backend": "postgres", "url": postgres_url},
        storage=storage,
        plugins={"enable": ["imaging"], "dask": {"scheduler": scheduler}},
    ) as archive:
        yield archive


@pytest.mark.parametrize("backends", ["archive", pytest.param("shared", marks=pytest.mark.slow)])
def test_workers_import_and_process_what_this_process_then_finds(
    backends: str, source: Path, request: pytest.FixtureRequest
) -> None:
    archive: Archive = request.getfixturevalue(backends)
    report = archive.ingest(source, executor="dask")
    assert (report.stored, report.quarantined, len(report)) == (COUNT, 1, COUNT + 1)
    assert archive.ingest(source, executor="dask").already_stored == COUNT
    made = archive.process_many(archive.find("series"), "thumbnail", executor="dask")
    assert made.processed == made.attachments == archive.statistics().series
    assert archive.statistics().attachments == COUNT + made.attachments
    assert list(archive.verify()) == []


def test_a_worker_that_is_killed_costs_nothing_but_time(
    archive: Archive, source: Path, scheduler: str
) -> None:
    with distributed.Client(scheduler, set_as_default=False) as client:
        processes = list(client.run(os.getpid).values())
    killed = threading.Event()

    def kill_one(outcome: object) -> None:
        if not killed.is_set():
            killed.set()
            os.kill(processes[0], signal.SIGTERM if os.name == "nt" else signal.SIGKILL)

    report = archive.ingest(source, executor="dask", on_outcome=kill_one)
    assert killed.is_set()
    assert report.stored + report.already_stored == COUNT
    assert report.rejected == 0
    assert archive.statistics().instances == COUNT
    archive.sweep(grace=0)
    assert len(list(archive.storage.list())) == COUNT
    assert list(archive.verify()) == []


def test_the_command_line_names_scheduler_and_executor(source: Path, scheduler: str, tmp_path: Path) -> None:
    where = tmp_path / "commanded"
    elsewhere = ["--executor", "dask", "--scheduler", scheduler]
    printed = run_json("-a", where, "import", source, *elsewhere, code=1)
    assert (printed["stored"], printed["quarantined"]) == (COUNT, 1)
    words = ["process", "thumbnail", "series", *elsewhere]
    result = run_command("-a", where, *words, FILEROOM_PLUGINS__ENABLE="imaging")
    assert result.stdout.startswith("processed ")
