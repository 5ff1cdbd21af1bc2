"""SIGKILL at random points of an import: what was acknowledged stays, and nothing dangles."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fileroom
from fileroom.ingest import BATCH_OBJECTS
from fileroom.testing.datasets import Corpus
from tests.thorough import times

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL and process groups are POSIX")

JOBS = 2
FILES = 1500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    for instance in Corpus(FILES, 8_000):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)
    return folder


def start_import(archive: Path, folder: Path, report: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "fileroom", "-a", archive, "import", folder, "--jobs", str(JOBS)]
    return subprocess.Popen(
        [*map(str, command), "--report", str(report), "--json"],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def acknowledged(report: Path) -> set[str]:
    """Return the ids of the whole lines of a report, which may end in the middle of one."""
    if not report.exists():
        return set()
    lines = report.read_bytes().split(b"\n")[:-1]
    return {
        entry["id"] for entry in map(json.loads, lines) if entry["status"] in ("stored", "already_stored")
    }


def kill_many_times(tmp_path: Path, folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    where = tmp_path / "archive"
    promised: set[str] = set()
    killed = 0
    for number in range(kills):
        report = tmp_path / f"report-{number}.jsonl"
        process = start_import(where, folder, report)
        # Kill a while after the start, or a moment after the first acknowledgement: both ends of a batch.
        deadline = time.monotonic() + chance.uniform(0.15, 1.1)
        while time.monotonic() < deadline and process.poll() is None:
            if chance.random() < 0.02 and report.exists() and report.stat().st_size:
                break
            time.sleep(0.005)
        killed += process.poll() is None
        with contextlib.suppress(ProcessLookupError):  # it was done already
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        promised |= acknowledged(report)
        if not where.exists():
            continue
        with fileroom.open(where) as archive:
            records = archive.index.get(sorted(promised))
            assert None not in records, "an acknowledged instance was lost"
            assert list(archive.verify()) == [], "a row points at missing or other bytes"
            orphans = archive.sweep(grace=0, dry_run=True).orphans
            assert orphans <= (JOBS + 1) * BATCH_OBJECTS * (number + 1), (
                "orphans are not bounded by the batches under way"
            )
    assert killed >= 3, "too few imports were alive when they were killed"
    output, errors = start_import(where, folder, tmp_path / "last.jsonl").communicate(timeout=120)
    result = json.loads(output)
    assert result["stored"] + result["already_stored"] == FILES, errors
    with fileroom.open(where) as archive:
        assert archive.statistics().instances == FILES
        assert list(archive.verify()) == []
        swept = archive.sweep(grace=0)
        assert swept.deleted == swept.orphans
        assert len(list(archive.storage.list())) == FILES, (
            "the sweep leaves what the index knows, and nothing else"
        )
        assert list(archive.verify()) == []


def test_no_acknowledged_instance_is_lost_when_the_import_is_killed(tmp_path: Path, folder: Path) -> None:
    kill_many_times(tmp_path, folder, kills=6, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 2 + times(1)))
def test_no_acknowledged_instance_is_lost_in_many_kills(tmp_path: Path, folder: Path, seed: int) -> None:
    kill_many_times(tmp_path, folder, kills=20, seed=seed)
