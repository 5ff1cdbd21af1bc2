"""Fail or die at every step of registering: no original is touched, and no row dangles."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.ingest import BATCH_OBJECTS
from fileroom.reports import IN_ARCHIVE, Outcome
from fileroom.testing.faults import Died, FaultyIndex, FaultyStorage
from fileroom.worker import RemotePreparer
from tests.integration.originals import ids, instance, open_archive, snapshot, three_files, write_corpus

folder = pytest.fixture(three_files, name="folder")


def register_new(archive: Archive, folder: Path, acknowledge: Callable[[Outcome], object]) -> None:
    archive.register(folder, on_outcome=acknowledge)


def register_over(archive: Archive, folder: Path, acknowledge: Callable[[Outcome], object]) -> None:
    archive.register(folder, overwrite="always", on_outcome=acknowledge)


def delete(archive: Archive, folder: Path, acknowledge: Callable[[Outcome], object]) -> None:
    archive.delete([one.id for one in archive.find("patient")])


Operation = Callable[[Archive, Path, Callable[[Outcome], object]], None]
STEPS = [
    (register_new, "held"),
    (register_new, "commit"),
    (register_over, "held"),
    (register_over, "commit"),
    (delete, "remove"),
    (delete, "delete"),
]


@pytest.mark.parametrize("death", [True, False], ids=["dies", "fails"])
@pytest.mark.parametrize(("operation", "method"), STEPS, ids=lambda one: getattr(one, "__name__", one))
def test_a_fault_at_any_step_touches_no_original_and_leaves_no_dangling_row(
    tmp_path: Path, folder: Path, operation: Operation, method: str, death: bool
) -> None:
    originals = snapshot(folder)
    for step in itertools.count(1):
        where = tmp_path / str(step)
        with open_archive(where, "sqlite") as archive:
            kept = [archive.store(instance(number)).check().id for number in (0, 20)]
            archive.register(folder / "1.dcm")
            error = Died() if death else None
            faulty: Any
            if method == "delete":
                faulty = archive.storage = FaultyStorage(archive.storage, {method: step}, error)
            else:
                faulty = archive.index = FaultyIndex(archive.index, {method: step}, error)
            acknowledged: list[Outcome] = []
            try:
                operation(archive, folder, acknowledged.append)
            except (Died, fileroom.FileroomError):
                assert faulty.struck
        assert snapshot(folder) == originals
        with open_archive(where, "sqlite") as archive:
            assert list(archive.verify()) == [], "no row dangles"
            there = set(ids(archive))
            assert {one.id for one in acknowledged if one.status in IN_ARCHIVE} <= there
            assert operation is delete or there >= set(kept)
            archive.sweep(grace=0)
            assert list(archive.verify()) == []
            assert archive.register(folder).failed == 0
        assert snapshot(folder) == originals
        if not faulty.struck:
            break
    assert step > 1, "the fault never struck: the test proves nothing"


@pytest.mark.parametrize("overwrite", ["never", "always", "if-changed"])
def test_registering_neither_writes_to_the_storage_nor_deletes_from_it(
    tmp_path: Path, folder: Path, overwrite: str
) -> None:
    with open_archive(tmp_path / "archive", "sqlite") as archive:
        for number in range(3):
            archive.store(instance(number, rows=8 + number)).check()
        archive.storage = FaultyStorage(archive.storage, {"put_many": 1, "delete": 1})
        archive.register(folder, overwrite=overwrite)
        assert not archive.storage.struck


def test_a_worker_that_dies_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 2 * BATCH_OBJECTS + 8
    folder = write_corpus(tmp_path / "corpus", count)
    put = RemotePreparer.put
    killed = []

    def kill_and_put(self: RemotePreparer, held: Any, skip: Any) -> Any:
        if self._process is not None:
            self._process.kill()
            killed.append(self)
        return put(self, held, skip)

    monkeypatch.setattr(RemotePreparer, "put", kill_and_put)
    with open_archive(tmp_path / "archive", "sqlite") as archive:
        assert archive.register(folder, jobs=2).stored == count
        assert killed
        assert list(archive.verify()) == []
        assert archive.statistics().instances == count
