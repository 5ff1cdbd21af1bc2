"""``fileroom import``: what it counts, reports and says, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom.data import get_testdata_file

import fileroom
from fileroom.errors import StorageFullError
from fileroom.ingest import Ingest
from fileroom.testing.datasets import Corpus, make_instance
from tests.integration.cli_runs import run, run_json, start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.ingest import Prepares
    from fileroom.reports import Outcome
    from fileroom.sources import Candidate

LARGE = 2000
COUNTS = {"stored", "already_stored", "replaced", "conflict", "rejected", "quarantined", "ignored"}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Two good objects, a conflicting one, a damaged one, and something else."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    shutil.copy(str(get_testdata_file("CT_small.dcm")), folder / "1-ct.dcm")
    (folder / "2-good.dcm").write_bytes(make_instance(rows=8))
    (folder / "3-conflict.dcm").write_bytes(make_instance(rows=9))
    (folder / "4-damaged.dcm").write_bytes(make_instance(instance_number=2)[:300])
    (folder / "5-letter.txt").write_text("Dear colleague, thank you for referring this patient.")
    return folder


def write_corpus(folder: Path, count: int) -> Path:
    for instance in Corpus(count, 6_000):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)
    return folder


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough for several batches in each of two workers."""
    return write_corpus(tmp_path_factory.mktemp("large"), LARGE)


@pytest.mark.parametrize("jobs", [1, 2])
def test_json_counts_every_outcome_in_integers(mixed: Path, tmp_path: Path, jobs: int) -> None:
    printed = run_json("-a", tmp_path / "archive", "import", mixed, "--jobs", jobs, code=1)
    assert {**printed, "seconds": 0, "bytes": 0} == {
        "stored": 2, "already_stored": 0, "replaced": 0, "conflict": 1, "rejected": 0, "quarantined": 1,
        "ignored": 1, "evicted": 0, "bytes": 0, "seconds": 0,
    }  # fmt: skip
    assert all(type(printed[name]) is int for name in (*COUNTS, "evicted", "bytes"))
    assert printed["bytes"] >= sum(path.stat().st_size for path in mixed.glob("[12]*"))


def test_an_import_without_failures_ends_with_0_and_again_with_everything_there(tmp_path: Path) -> None:
    source = write_corpus(tmp_path / "source", 20)
    first = run_json("-a", tmp_path / "archive", "import", source)
    again = run_json("-a", tmp_path / "archive", "import", source)
    assert (first["stored"], again["already_stored"], again["stored"]) == (20, 20, 0)


def test_an_import_makes_the_archive_with_its_configuration(tmp_path: Path) -> None:
    source = write_corpus(tmp_path / "source", 1)
    run("-a", tmp_path / "new", "import", source)
    assert (tmp_path / "new" / "fileroom.toml").is_file()
    with fileroom.open(tmp_path / "new") as archive:
        assert archive.statistics().instances == 1


def test_a_report_has_one_line_for_each_file(mixed: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    run("-a", tmp_path / "archive", "import", mixed, "--report", report, code=1)
    lines = [json.loads(line) for line in report.read_text("ascii").splitlines()]
    assert all(list(line) == ["path", "status", "id", "reason"] for line in lines)
    by_name = {Path(line["path"]).name: line for line in lines}
    assert {name: line["status"] for name, line in by_name.items()} == {
        "1-ct.dcm": "stored",
        "2-good.dcm": "stored",
        "3-conflict.dcm": "conflict",
        "4-damaged.dcm": "quarantined",
        "5-letter.txt": "ignored",
    }
    assert len(by_name["1-ct.dcm"]["id"]) == 44
    assert by_name["4-damaged.dcm"]["id"] is None
    assert [bool(line["reason"]) for line in by_name.values()] == [False, False, True, True, True]


def test_people_see_counts_failures_and_where_damaged_files_are(mixed: Path, tmp_path: Path) -> None:
    shown = run("-a", tmp_path / "archive", "import", mixed, code=1).stdout
    assert ["stored", "2"] in [line.split() for line in shown.splitlines()]
    assert "replaced" not in shown
    assert "4-damaged.dcm" in shown.replace("\n", "")
    assert f"fileroom -a {tmp_path / 'archive'} quarantine list" in shown
    assert max(map(len, shown.splitlines()[:-1])) <= 80


def test_ten_failures_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    for number in range(13):
        (tmp_path / f"{number:02}.dcm").write_bytes(make_instance(instance_number=number)[: 250 + number])
    shown = run("-a", tmp_path / "archive", "import", *tmp_path.glob("*.dcm"), code=1).stdout
    assert "and 3 more: --report FILE lists them all" in shown


def test_zip_files_and_folders_mix(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "cd.zip", "w") as file:
        file.writestr("a/1", make_instance(instance_number=1))
        file.writestr("a/2", make_instance(instance_number=2))
    source = write_corpus(tmp_path / "source", 3)
    assert run_json("-a", tmp_path / "archive", "import", source, tmp_path / "cd.zip")["stored"] == 5


def test_a_path_that_does_not_exist_ends_with_2_before_anything_is_made(tmp_path: Path) -> None:
    result = run("-a", tmp_path / "archive", "import", tmp_path / "nothing", code=2)
    assert "does not exist" in result.stderr
    assert not (tmp_path / "archive").exists()


def test_a_report_that_cannot_be_written_ends_the_import_before_it_begins(
    mixed: Path, tmp_path: Path
) -> None:
    result = run("-a", tmp_path / "archive", "import", mixed, "--report", tmp_path / "no" / "r.jsonl", code=1)
    assert result.stderr.startswith("error: the report cannot be written")
    assert not (tmp_path / "archive").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_report_that_fails_half_way_stops_the_import_in_order(tmp_path: Path, large: Path) -> None:
    words = ["-a", tmp_path / "archive", "import", large, "--jobs", "1", "--json"]
    result = run(*words, "--report", "/dev/full", code=1)
    assert "error: stopped, since the report cannot be written: No space left on device" in result.stderr
    assert 0 < json.loads(result.stdout)["stored"] < LARGE
    assert run_json(*words)["already_stored"] == json.loads(result.stdout)["stored"]


def test_a_full_storage_ends_with_the_counts_so_far_and_one_error(
    tmp_path: Path, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = iter((True, False))
    store = Ingest.store_batch

    def fill(self: Ingest, preparer: Prepares, candidates: Sequence[Candidate]) -> list[Outcome]:
        if not next(batches):
            raise StorageFullError("no space left")
        return store(self, preparer, candidates)

    monkeypatch.setattr(Ingest, "store_batch", fill)
    result = run("-a", tmp_path / "archive", "import", large, "--jobs", "1", "--json", code=1)
    stored = json.loads(result.stdout)["stored"]
    assert stored > 0
    assert result.stderr.startswith("error: the import stopped: no space left")
    assert run_json("-a", tmp_path / "archive", "stats")["instances"] == stored


@pytest.mark.skipif(os.name == "nt", reason="signals to a process of its own are POSIX")
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_with_a_true_report_and_the_same_command_goes_on(
    tmp_path: Path, large: Path, jobs: int
) -> None:
    words = ("-a", "archive", "import", large, "--jobs", jobs, "--json", "--report")
    process = start(*words, "first.jsonl", cwd=tmp_path)
    report = tmp_path / "first.jsonl"
    deadline = time.monotonic() + 60
    while not (report.exists() and report.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted: run the same command to go on" in errors
    assert b"Traceback" not in errors
    printed = json.loads(output)
    assert 0 < printed["stored"] < LARGE, "the import was not interrupted in its course"
    lines = [json.loads(line) for line in report.read_text("ascii").splitlines()]
    assert Counter(line["status"] for line in lines) == {"stored": printed["stored"]}
    with fileroom.open(tmp_path / "archive") as archive:
        assert archive.statistics().instances == printed["stored"]
        assert None not in archive.index.get([line["id"] for line in lines])
    again = start(*words, "second.jsonl", cwd=tmp_path)
    printed_again = json.loads(again.communicate(timeout=120)[0])
    assert again.returncode == 0
    assert printed_again["already_stored"] == printed["stored"]
    assert printed_again["already_stored"] + printed_again["stored"] == LARGE


@pytest.mark.skipif(os.name == "nt", reason="signals to a process of its own are POSIX")
def test_a_second_ctrl_c_leaves_at_once_and_loses_nothing_acknowledged(tmp_path: Path, large: Path) -> None:
    process = start("-a", "archive", "import", large, "--report", "report.jsonl", cwd=tmp_path)
    report = tmp_path / "report.jsonl"
    deadline = time.monotonic() + 60
    while not (report.exists() and report.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.002)
    assert process.stderr is not None
    process.send_signal(signal.SIGINT)
    while b"Ctrl-C again" not in process.stderr.readline():
        assert process.poll() is None or process.returncode == 130
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    ids = [json.loads(line)["id"] for line in report.read_text("ascii").splitlines()]
    with fileroom.open(tmp_path / "archive") as archive:
        assert None not in archive.index.get(ids)


def test_a_report_is_never_written_over_what_is_no_report(tmp_path: Path) -> None:
    image = tmp_path / "x.dcm"
    image.write_bytes(make_instance())
    archive = str(tmp_path / "a")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "fileroom", "-a", archive, "import", str(image), "--report", str(image)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, image.read_bytes()) == (2, make_instance())
        assert "no report" in done.stderr
