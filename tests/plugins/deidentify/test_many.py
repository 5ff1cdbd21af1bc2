"""Many objects in one run: whose pseudonyms agree."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom._archive.processing import BATCH
from fileroom.archive import Archive
from fileroom.reports import ProcessStoppedError
from tests.integration.cli_runs import run
from tests.integration.workers import Workers
from tests.plugins.deidentify.samples import KEY, as_bytes, dataset

OPTIONS: dict[str, Any] = {"uid_root": "1.2.826.0.1", "check": "report"}
KEYED = OPTIONS | {"key": KEY.decode()}


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers()
    yield workers
    workers.close()


def filled(folder: Path, count: int) -> Archive:
    archive = fileroom.open(folder)
    for number in range(count):
        archive.ingest(io.BytesIO(as_bytes(dataset(SOPInstanceUID=f"1.2.3.{number}"))))
    return archive


def test_all_objects_of_a_run_get_the_same_pseudonyms_without_a_key(tmp_path: Path) -> None:
    with filled(tmp_path / "archive", BATCH + 2) as archive:
        report = archive.process_many(archive.find("study"), "deidentify", options=OPTIONS)
        assert report.processed == BATCH + 2
        assert archive.count("patient") == archive.count("study") == 2


def test_workers_are_refused_who_would_each_make_up_a_key(tmp_path: Path, workers: Workers) -> None:
    with filled(tmp_path / "archive", 2) as archive:
        with pytest.raises(ProcessStoppedError, match="such as a key, or do without workers"):
            archive.process_many(archive.find("study"), "deidentify", options=OPTIONS, executor=workers)
        assert archive.count("instance") == 2


def test_workers_with_a_key_agree(tmp_path: Path, workers: Workers) -> None:
    with filled(tmp_path / "archive", BATCH + 2) as archive:
        report = archive.process_many(archive.find("study"), "deidentify", options=KEYED, executor=workers)
        assert report.processed == BATCH + 2
        assert archive.count("patient") == 2


def test_several_processes_of_the_command_for_any_processor_are_refused_without_a_key(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"{number}.dcm").write_bytes(as_bytes(dataset()))
    done = run("process", "deidentify", tmp_path, "-o", tmp_path / "out", "--jobs", "2", code=1)
    assert "such as a key" in " ".join(done.stderr.split())
