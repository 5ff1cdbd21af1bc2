"""Several processes on one SQLite file, and processes that die."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fileroom.tags import TagSet
from fileroom.testing.index_case import all_changes
from fileroom_plugins.index_sql.sqlite import Options, open_index

WRITER = """
import sys
from pathlib import Path
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom_plugins.index_sql.sqlite import Options, open_index

path, name, batches, size, series = sys.argv[1:]
index = open_index(Options(Path(path)), TagSet.default())
print("ready", flush=True)
sys.stdin.readline()
for batch in range(int(batches)):
    uids = [f"{name}.{batch}.{number}" for number in range(int(size))]
    outcomes = index.commit([entry("P", "1", series, uid) for uid in uids])
    print(*(f"{outcome.status}:{outcome.id}" for outcome in outcomes), flush=True)
index.close()
"""


def start_writer(path: Path, name: str, batches: int, size: int, series: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WRITER, str(path), name, str(batches), str(size), series]
    writer = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def go(writer: subprocess.Popen[str]) -> None:
    assert writer.stdin is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()


def test_processes_that_commit_at_once_all_succeed_and_agree(path: Path) -> None:
    open_index(Options(path), TagSet.default()).close()
    writers = [start_writer(path, "7", batches=15, size=8, series="1.1") for _ in range(2)]
    for writer in writers:
        go(writer)
    told = [word.split(":") for writer in writers for word in writer.communicate()[0].split()]
    assert [writer.returncode for writer in writers] == [0, 0]
    stored = [public_id for status, public_id in told if status == "stored"]
    assert {status for status, _ in told} == {"stored", "already_stored"}
    assert len(stored) == len(set(stored)) == 15 * 8
    index = open_index(Options(path), TagSet.default())
    totals = index.statistics()
    assert (totals.patients, totals.studies, totals.series, totals.instances) == (1, 1, 1, 120)
    assert index.held(stored).keys() == set(stored)
    assert len(all_changes(index)) == 3 + 120
    index.close()


def test_two_processes_that_create_the_index_at_once_both_succeed(path: Path) -> None:
    arguments = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen(
            [*arguments, name, "1", "1", "1.1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in "78"
    ]
    assert [len(writer.communicate("go\n")[0].splitlines()) for writer in writers] == [2, 2]
    index = open_index(Options(path), TagSet.default())
    assert index.statistics().instances == 2
    index.close()


def killed_while_writing(path: Path, source: random.Random, name: str) -> set[str]:
    """Let a process write, and kill it at some moment; return the ids that it was told are stored."""
    writer = start_writer(path, name, batches=10**6, size=source.choice((1, 5, 40)), series=f"1.{name}")
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


def check_after_kills(path: Path, kills: int) -> None:
    source = random.Random(kills)
    acknowledged: set[str] = set()
    for number in range(kills):
        acknowledged |= killed_while_writing(path, source, str(number))
        index = open_index(Options(path), TagSet.default())
        assert index.held(list(acknowledged)).keys() == acknowledged
        totals = index.statistics()
        walked = [public_id for public_id, _ in index.attachments()]
        assert len(walked) == totals.instances == totals.attachments
        index.close()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_no_acknowledged_commit_is_lost_when_the_writer_is_killed(path: Path) -> None:
    check_after_kills(path, kills=3)


@pytest.mark.slow
def test_no_acknowledged_commit_is_lost_however_often_the_writer_is_killed(path: Path) -> None:
    check_after_kills(path, kills=60)
