"""Several processes on one index, and processes that die."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fileroom.index import Index
from fileroom.options import Secret
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom.testing.index_case import all_changes, ids_of
from fileroom_plugins.index_sql.sql import Options, open_index
from tests.plugins.index_sql.servers import ServerIndex
from tests.thorough import times

STUDY = ids_of(entry("P", "1")).study

WRITER = """
import sys
from fileroom.options import Secret
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom_plugins.index_sql.sql import Options, open_index

url, name, batches, size, series = sys.argv[1:]
index = open_index(Options(Secret(url)), TagSet.default())
print("ready", flush=True)
sys.stdin.readline()
for batch in range(int(batches)):
    uids = [f"{name}.{batch}.{number}" for number in range(int(size))]
    outcomes = index.commit([entry("P", "1", series, uid) for uid in uids])
    print(*(f"{outcome.status}:{outcome.id}" for outcome in outcomes), flush=True)
index.close()
"""


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def url(request: pytest.FixtureRequest, path: Path) -> str:
    """Where an index without anything in it is."""
    if request.param == "sqlite":
        return f"sqlite:///{path.as_posix()}"
    server: ServerIndex = request.getfixturevalue(f"{request.param}_index")
    return server.url


def opened(url: str) -> Index:
    return open_index(Options(Secret(url)), TagSet.default())


def start_writer(url: str, name: str, batches: int, size: int, series: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WRITER, url, name, str(batches), str(size), series]
    writer = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def go(writer: subprocess.Popen[str]) -> None:
    assert writer.stdin is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()


@pytest.mark.parametrize("processes", [2, pytest.param(6, marks=pytest.mark.slow)])
def test_processes_that_commit_at_once_all_succeed_and_agree(url: str, processes: int) -> None:
    opened(url).close()
    writers = [start_writer(url, "7", batches=15, size=8, series="1.1") for _ in range(processes)]
    for writer in writers:
        go(writer)
    told = [word.split(":") for writer in writers for word in writer.communicate()[0].split()]
    assert [writer.returncode for writer in writers] == [0] * processes
    stored = [public_id for status, public_id in told if status == "stored"]
    assert {status for status, _ in told} == {"stored", "already_stored"}
    assert len(stored) == len(set(stored)) == 15 * 8
    index = opened(url)
    totals = index.statistics()
    assert (totals.patients, totals.studies, totals.series, totals.instances) == (1, 1, 1, 120)
    assert index.held(stored).keys() == set(stored)
    assert len(all_changes(index)) == 3 + 120
    index.close()


def test_processes_that_commit_different_series_at_once_all_succeed(url: str) -> None:
    opened(url).close()
    writers = [start_writer(url, name, batches=10, size=8, series=f"1.{name}") for name in "789"]
    for writer in writers:
        go(writer)
    told = [word.split(":")[0] for writer in writers for word in writer.communicate()[0].split()]
    assert told == ["stored"] * 3 * 10 * 8
    index = opened(url)
    totals = index.statistics()
    assert (totals.patients, totals.studies, totals.series, totals.instances) == (1, 1, 3, 240)
    assert [each.computed for each in index.get([STUDY], ["NumberOfStudyRelatedInstances"]) if each] == [
        {"NumberOfStudyRelatedInstances": "240"}
    ]
    index.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
def test_two_processes_that_create_the_index_at_once_both_succeed(
    kind: str, path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{path.as_posix()}" if kind == "sqlite" else request.getfixturevalue(f"{kind}_url")
    arguments = [sys.executable, "-c", WRITER, url]
    writers = [
        subprocess.Popen(
            [*arguments, name, "1", "1", "1.1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in "78"
    ]
    for writer in writers:
        go(writer)
    assert [len(writer.communicate()[0].splitlines()) for writer in writers] == [2, 2]
    index = opened(url)
    assert index.statistics().instances == 2
    index.close()


def killed_while_writing(url: str, source: random.Random, name: str) -> set[str]:
    """Let a process write, and kill it at some moment; return the ids that it was told are stored."""
    writer = start_writer(url, name, batches=10**6, size=source.choice((1, 5, 40)), series=f"1.{name}")
    go(writer)
    assert writer.stdout is not None
    acknowledged: set[str] = set()
    for _ in range(source.randrange(1, 12)):
        acknowledged.update(word.partition(":")[2] for word in writer.stdout.readline().split())
    writer.kill()
    rest = writer.communicate()[0].splitlines(keepends=True)
    for line in rest:
        if line.endswith("\n"):
            acknowledged.update(word.partition(":")[2] for word in line.split())
    return acknowledged


def check_after_kills(url: str, kills: int) -> None:
    source = random.Random(kills)
    acknowledged: set[str] = set()
    for number in range(kills):
        acknowledged |= killed_while_writing(url, source, str(number))
        index = opened(url)
        assert index.held(list(acknowledged)).keys() == acknowledged
        totals = index.statistics()
        walked = [public_id for public_id, _ in index.attachments()]
        assert len(walked) == totals.instances == totals.attachments
        index.close()
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_no_acknowledged_commit_is_lost_when_the_writer_is_killed(url: str) -> None:
    check_after_kills(url, kills=2)


@pytest.mark.slow
def test_no_acknowledged_commit_is_lost_however_often_the_writer_is_killed(url: str) -> None:
    check_after_kills(url, kills=times(12))
