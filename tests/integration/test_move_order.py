"""Fail or die at every step of a move: nothing is lost, and a sweep and another run restore clean."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.moving import move
from fileroom.testing.datasets import make_instance
from fileroom.testing.faults import Died, FaultyIndex, FaultyStorage
from tests.integration.migration_archives import Memory

STUDY = "1.2.826.0.1.3680043.8.498.7"
STEPS = [(FaultyStorage, method) for method in ("open", "put_many", "delete", "tier_of", "tier_for")] + [
    (FaultyIndex, method) for method in ("attachments", "get", "relocate")
]


def open_archive(memory: Memory, where: Path, largest: str) -> Archive:
    """Open an archive with two tiers, of which one holds what has at most so many bytes."""
    tiers = {name: {"backend": "memory", "place": f"{where} {name}"} for name in "ab"}
    rules = [{"to": "a", "max_size": largest}]
    return fileroom.open(
        where,
        index={"backend": "memory", "place": str(where)},
        storage={"backend": "tiered", "default": "b", "tiers": tiers, "rules": rules},
        content_types={"report": 1024},
        register=[memory],
    )


def fill(archive: Archive) -> dict[str, bytes]:
    """Store instances of several sizes, and attach to them; return all bytes, by id and content type."""
    for number in range(3):
        data = make_instance(
            study_uid=STUDY, series_uid=f"{STUDY}.1", sop_uid=f"{STUDY}.1.{number}", rows=16 + 150 * number
        )
        archive.store(data).check()
    archive.attach(next(iter(archive.find("study"))).id, "report", b"report" * 99)
    return everything(archive)


def everything(archive: Archive) -> dict[str, bytes]:
    found = {}
    for id_, record in archive.index.attachments():
        with archive.storage.open(record.locator) as file:
            found[f"{id_} {record.content_type} {record.revision} {record.digest}"] = file.read()
    return found


@pytest.mark.parametrize("death", [True, False], ids=["dies", "fails"])
@pytest.mark.parametrize(("wrapper", "method"), STEPS, ids=lambda one: getattr(one, "__name__", one))
def test_a_fault_at_any_step_loses_nothing_and_the_next_run_does_the_rest(
    memory: Memory, tmp_path: Path, wrapper: type, method: str, death: bool
) -> None:
    for step in itertools.count(1):
        where = tmp_path / str(step)
        with open_archive(memory, where, "1 gb") as archive:
            before = fill(archive)
        with open_archive(memory, where, "1 kb") as archive:
            error = Died() if death else None
            if wrapper is FaultyStorage:
                faulty = archive.storage = FaultyStorage(archive.storage, {method: step}, error)
            else:
                faulty = archive.index = FaultyIndex(archive.index, {method: step}, error)  # type: ignore[assignment]
            try:
                move(archive)
            except (Died, fileroom.FileroomError):
                assert faulty.struck
        with open_archive(memory, where, "1 kb") as archive:
            assert list(archive.verify()) == [], "no row dangles"
            assert everything(archive) == before
            report = move(archive)
            assert (report.failed, report.changed, report.orphans) == (0, 0, 0)
            assert {name: one.attachments for name, one in report.tiers.items()} == {"a": 1, "b": 3}
            assert everything(archive) == before
            swept = archive.sweep(grace=0)
            assert swept.deleted == swept.orphans
            assert len(list(archive.storage.list())) == len(before)
            assert list(archive.verify()) == []
        if not faulty.struck:
            break
    assert step > 1, "the fault never struck: the test proves nothing"
