"""A migration fails or dies at every step, is killed at random ones, and goes on when it is run again."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.ingest import BATCH_OBJECTS
from fileroom.migrating import migrate
from fileroom.testing.datasets import Corpus
from fileroom.testing.faults import Died, FaultyIndex, FaultyStorage
from tests.integration.cli_runs import run_json, start
from tests.integration.migration_archives import INSTANCES, Memory, contents, open_archive, rich
from tests.thorough import times

SOURCE = [("index", name) for name in ("find", "get", "details", "held", "changes", "statistics", "count")]
SOURCE.append(("storage", "open"))
TARGET = [("index", name) for name in ("restore", "get", "details", "held", "changes", "statistics")]
TARGET += [("storage", "put_many"), ("storage", "delete")]
UNUSED = {("source", "index", "get"), ("source", "index", "count"), ("target", "storage", "delete")}
"""Steps that are taken only where something differs, or somebody else is quicker."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Memory, Path]:
    """A rich archive in memory, which no migration changes."""
    memory, folder = Memory(), tmp_path_factory.mktemp("faults")
    rich(memory, "memory", folder).close()
    return memory, folder


def is_clean(archive: Archive) -> bool:
    assert list(archive.verify()) == [], "a row dangles"
    archive.sweep(grace=0)
    return len(list(archive.storage.list())) == archive.statistics().attachments


def alike(one: Archive, other: Archive, *, in_order: bool) -> bool:
    """Compare contents; what had to be left out first has come at the end."""
    held = [contents(one), contents(other)]
    if not in_order:
        for each in held:
            each["order"].sort()
    return held[0] == held[1]


@pytest.mark.parametrize("death", [True, False], ids=["dies", "fails"])
@pytest.mark.parametrize(
    ("side", "part", "method"),
    [("source", *step) for step in SOURCE] + [("target", *step) for step in TARGET],
)
def test_a_fault_at_any_step_leaves_no_dangling_row_and_a_second_run_completes(
    place: tuple[Memory, Path], side: str, part: str, method: str, *, death: bool
) -> None:
    memory, folder = place
    for step in itertools.count(1):
        where = folder / f"{side}-{part}-{method}-{death}-{step}"
        error = Died() if death else None
        with open_archive(memory, "memory", folder / "source") as source:
            target = open_archive(memory, "memory", where)
            wrapper = FaultyIndex if part == "index" else FaultyStorage
            owner = source if side == "source" else target
            faulty = wrapper(getattr(owner, part), {method: step}, error)
            setattr(owner, part, faulty)
            failed = False
            try:
                report = migrate(source, target)
            except (Died, fileroom.FileroomError):
                assert faulty.struck
                failed = True
            else:
                assert not faulty.struck or (report.lost, report.differences > 0) == (1, True)
            setattr(owner, part, faulty.inner)
            assert list(target.verify()) == [], "a row dangles"
            again = migrate(source, target)
            assert list(again) == []
            assert again.instances + again.present == INSTANCES
            assert alike(target, source, in_order=death or method != "open")
            assert is_clean(target)
            target.close()
        if not faulty.struck:
            assert not failed
            break
    assert step > 1 or (side, part, method) in UNUSED, "the fault never struck: the test proves nothing"


FILES = 1200


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    with fileroom.open(folder / "source") as archive:
        archive.ingest([one.data for one in Corpus(FILES, 8_000)])
        for study in archive.find("study"):
            study.attach(1024, b"a report")
            study.labels.add("seen")
    return folder


def start_migration(folder: Path, source: Path, target: Path) -> subprocess.Popen[bytes]:
    words = ("migrate", "--from", source, "--to", target, "--json")
    return start(*words, cwd=folder)


TARGETS = {
    "sqlite": '[index]\nbackend = "sqlite"\npath = "index.sqlite"\n[storage]\nroot = "storage"\n',
    "linear": '[index]\nbackend = "linear"\npath = "area"\n[storage]\nroot = "area"\n',
}


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(
    ("kind", "kills", "seed"),
    [
        ("sqlite", 4, 1),
        ("linear", 4, 2),
        *(
            pytest.param(kind, 20, 3 + seed, marks=pytest.mark.slow)
            for kind in TARGETS
            for seed in range(times(1))
        ),
    ],
)
def test_a_migration_that_is_killed_goes_on_when_it_is_run_again(
    many: Path, tmp_path: Path, kind: str, kills: int, seed: int
) -> None:
    chance = random.Random(seed)
    source, target = many / "source", tmp_path / "target.toml"
    target.write_text(TARGETS[kind])
    held = killed = 0
    for number in range(kills):
        process = start_migration(tmp_path, source, target)
        deadline = time.monotonic() + chance.uniform(0.3, 1.5)
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.005)
        killed += process.poll() is None
        with contextlib.suppress(ProcessLookupError):  # it was done already
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        with fileroom.open(target) as archive:
            assert list(archive.verify()) == [], "a row points at missing or other bytes"
            now = archive.statistics().instances
            assert now >= held, "what was committed was lost"
            held = now
            stored = len(list(archive.storage.list()))
            assert stored - archive.statistics().attachments <= BATCH_OBJECTS * (number + 1)
    assert killed, "no migration was alive when it was killed"
    output, errors = start_migration(tmp_path, source, target).communicate(timeout=120)
    report = json.loads(output)
    assert report["differences"] == [], errors
    assert report["counts"]["instances"] + report["counts"]["present"] == FILES
    with fileroom.open(source) as one, fileroom.open(target) as other:
        assert contents(other) == contents(one)
        assert is_clean(other)
    again = run_json("migrate", "--from", source, "--to", target)["counts"]
    assert (again["present"], again["bytes"], again["changes"]) == (FILES, 0, 0)
