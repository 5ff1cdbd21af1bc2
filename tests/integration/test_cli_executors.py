"""Bulk commands with others to do the work: --executor, --scheduler, --jobs; and processing a search."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom._archive.processing import Processing
from fileroom.reports import Processed, ProcessReport
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run, run_json

ENABLED: dict[str, Any] = {"FILEROOM_PLUGINS__ENABLE": "imaging"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    for number in range(4):
        data = make_instance(sop_uid=f"1.2.{number}", instance_number=number, modality="CT")
        (folder / f"{number}.dcm").write_bytes(data)
    bare = make_instance(patient_id="P-2", sop_uid="1.3", modality="MR", rows=0, columns=0)
    (folder / "bare.dcm").write_bytes(bare)
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.fixture(scope="module")
def imported(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("imported") / "archive"
    with fileroom.open(where) as archive:
        archive.ingest(source)
    return where


@pytest.fixture
def where(imported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(imported, tmp_path / "archive"))


def test_an_import_by_an_executor_reports_as_one_without(source: Path, tmp_path: Path) -> None:
    here = run_json("-a", tmp_path / "here", "import", source)
    there = run_json("-a", tmp_path / "there", "import", source, "--executor", "local", "--jobs", "2")
    assert {**here, "seconds": 0} == {**there, "seconds": 0}
    assert (there["stored"], there["ignored"]) == (5, 1)
    lines = tmp_path / "report.jsonl"
    again = run("-a", tmp_path / "there", "import", source, "--executor", "local", "--report", lines)
    assert "already stored" in again.stdout
    assert len(lines.read_text().splitlines()) == 6


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scheduler", "tcp://127.0.0.1:1"], "--scheduler is for an executor: name it"),
        (["--executor", "dask", "--jobs", "2"], "--jobs counts processes of this machine"),
        (["--executor", "dask"], "plugins.dask.scheduler: missing"),
        (["--executor", "task"], "no executor 'task' is installed; installed: dask, local"),
        (["--executor", "local", "--scheduler", "tcp://a:1"], "plugins.local.scheduler: unknown key"),
        (["--executor", "dask", "--scheduler", "nowhere"], "plugins.dask.scheduler: expected an address"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(
    words: list[str], said: str, source: Path, where: Path
) -> None:
    for command in (["import", source], ["process", "thumbnail", "series"]):
        result = run("-a", where, *command, *words, code=2, **ENABLED)
        assert said in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_search_is_processed_and_failures_are_told(where: Path) -> None:
    result = run("-a", where, "process", "thumbnail", "instance", code=1, **ENABLED)
    assert "processed 4 instances in" in result.stdout
    assert ": 4 attachments" in result.stdout
    assert "the object is no image" in result.stderr
    assert "1.3" not in result.stderr, "by its public id, and nothing else"


@pytest.mark.parametrize("jobs", [[], ["--jobs", "2"], ["--executor", "local"]])
def test_keys_narrow_it_down_whoever_works(jobs: list[str], where: Path) -> None:
    result = run("-a", where, "process", "thumbnail", "instance", "Modality=CT", *jobs, **ENABLED)
    assert result.stdout.startswith("processed 4 instances in")
    assert result.stderr == ""
    again = run(
        "-a",
        where,
        "process",
        "thumbnail",
        "instance",
        "Modality=CT",
        "--missing",
        "thumbnail",
        *jobs,
        **ENABLED,
    )
    assert "processed 0 instances" in again.stdout
    assert "skipped 4 instances that had it already" in again.stdout


def test_json_has_what_was_made_and_what_was_not(where: Path) -> None:
    printed = json.loads(
        run("-a", where, "process", "thumbnail", "study", "--json", code=1, **ENABLED).stdout
    )
    assert set(printed) == {"made", "failures", "skipped"}
    (made,) = printed["made"].values()
    assert made[0]["name"] == "thumbnail"
    assert list(printed["failures"].values()) == ["the object is no image"]
    empty = json.loads(
        run("-a", where, "process", "thumbnail", "series", "Modality=XX", "--json", **ENABLED).stdout
    )
    assert empty == {"made": {}, "failures": {}, "skipped": 0}


def test_ids_are_still_listed_one_by_one(where: Path) -> None:
    (study,) = run_json("-a", where, "find", "study", "ModalitiesInStudy=CT")
    result = run("-a", where, "process", "thumbnail", study["id"], **ENABLED)
    assert result.stdout.startswith(f"{study['id']}: thumbnail (image/jpeg, ")


def test_a_malformed_search_repeats_nothing_of_it(where: Path) -> None:
    result = run("-a", where, "process", "thumbnail", "series", "Doe^Jane", code=2, **ENABLED)
    assert "key 1: expected KEY=VALUE" in result.stderr
    assert "Doe" not in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals to a process of its own are POSIX")
def test_an_interruption_finishes_what_is_under_way_and_says_how_to_go_on(
    where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = Processing._take

    def interrupted(self: Processing, answers: object) -> None:
        heard = self._on_done
        assert heard is not None

        def tell(one: Processed) -> None:
            heard(one)
            os.kill(os.getpid(), signal.SIGINT)
            self._stop.wait(30)

        self._on_done = tell
        self._batch = 1
        taken(self, answers)  # type: ignore[arg-type]

    monkeypatch.setattr(Processing, "_take", interrupted)
    result = run("-a", where, "process", "thumbnail", "instance", "Modality=CT", code=130, **ENABLED)
    assert "processed 1 instance in" in result.stdout
    assert "interrupted: --missing goes on where it ended" in result.stderr


def test_of_many_failures_the_first_are_listed(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = ProcessReport()
    for number in range(25):
        report.add(Processed(f"id-{number}", reason="no image"))
    monkeypatch.setattr(Processing, "run", lambda self, resources, executor: report)
    result = run("-a", where, "process", "thumbnail", "instance", code=1, **ENABLED)
    assert result.stderr.count("no image") == 10
    assert "and 15 more: --json lists them all" in result.stderr
