"""A run starts one server of each kind, names those it has not, and leaves nothing, however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
STARTS_SERVERS = """
import os, pathlib, time, pytest
@pytest.mark.parametrize("turn", range(4))
def test_server(rclone_s3, server_folder, turn):
    pathlib.Path(os.environ["SEEN"], f"{os.getpid()}-{turn}").write_text(rclone_s3.endpoint_url)
    assert not os.environ.get("FAIL"), "as asked"
    time.sleep(float(os.environ.get("LINGER", 0)))
"""
NEEDS_MISSING = """
def test_ceph(ceph_s3): ...
def test_mariadb(mariadb_url): ...
"""

WORKERS = ["-n0", pytest.param("-n2", marks=pytest.mark.slow)]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


class Run:
    """A test run in a process of its own.

    Args:
        folder: for its tests, and all its temporary files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = folder / "seen"
        self._seen.mkdir()
        # Short, and open to the users as whom servers run.
        self._temporary = Path(tempfile.mkdtemp(prefix="fileroom-run-"))
        self._temporary.chmod(0o755)

    def start(self, tests: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a run of these tests."""
        (self._folder / "test_inner.py").write_text(tests)
        (self._folder / "pytest.ini").write_text("[pytest]\n")
        command = [sys.executable, "-m", "pytest", "-p", "tests.servers.plugin", "-p", "no:cacheprovider"]
        return subprocess.Popen(
            [
                *command,
                self._folder,
                *arguments,
            ],
            env={**os.environ, "SEEN": str(self._seen), "TMPDIR": str(self._temporary), **environment},
            cwd=ROOT,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, tests: str, *arguments: str, **environment: str) -> str:
        """Run these tests to their end, and return what pytest prints."""
        printed, _ = self.start(tests, *arguments, **environment).communicate(timeout=100)
        return printed

    def remove(self) -> None:
        """Remove the temporary files."""
        shutil.rmtree(self._temporary)

    def seen(self) -> list[str]:
        """Return the addresses that tests have seen so far."""
        return [path.read_text() for path in self._seen.iterdir()]

    def processes(self) -> list[str]:
        """Return the commands of the servers that are there."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            command = " ".join(process.info["cmdline"] or ())
            if f"{self._temporary}/fileroom-servers-" in command:
                found.append(command)
        return found

    def check_nothing_left(self) -> None:
        """Make sure, in the end, that neither processes nor folders of servers are left."""
        deadline = time.monotonic() + 30
        while self.processes() or any(self._temporary.glob("fileroom-servers-*")):
            assert time.monotonic() < deadline, self.processes()
            time.sleep(0.05)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.check_nothing_left()
    run.remove()


@pytest.mark.parametrize("workers", WORKERS)
def test_a_run_starts_one_server_for_all_its_tests_and_ends_it(run: Run, workers: str) -> None:
    assert "4 passed" in run.run(STARTS_SERVERS, workers)
    assert len(run.seen()) == 4
    assert len(set(run.seen())) == 1
    assert run.processes() == []


def test_a_run_that_fails_leaves_nothing(run: Run) -> None:
    assert "1 failed" in run.run(STARTS_SERVERS, "-n0", "-x", FAIL="yes")
    assert run.processes() == []


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_nothing(run: Run, workers: str, end: signal.Signals) -> None:
    process = run.start(STARTS_SERVERS, workers, LINGER="60")
    deadline = time.monotonic() + 60
    while not run.seen():
        assert time.monotonic() < deadline, "no test began"
        time.sleep(0.02)
    assert len(run.processes()) == 2, "a server and its keeper"
    # As Ctrl-C at a terminal does; the others reach only one process.
    (os.killpg if end == signal.SIGINT else os.kill)(process.pid, end)
    process.communicate(timeout=100)


@pytest.mark.parametrize("workers", [pytest.param("-n0", marks=pytest.mark.slow), "-n2"])
def test_servers_that_are_not_there_are_named_at_the_end(run: Run, tmp_path: Path, workers: str) -> None:
    printed = run.run(NEEDS_MISSING, workers, PATH=str(tmp_path))
    assert "2 skipped" in printed
    _, _, named = printed.partition("servers not available")
    assert (
        "\nceph (install ceph-mon ceph-osd radosgw ceph-common)\nmariadb (install mariadb-server)\n" in named
    )
