"""Fail or die at every step of every operation: no loss, no dangling row, and a sweep restores clean."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.plugin import hookimpl
from fileroom.reports import IN_ARCHIVE, Outcome
from fileroom.testing.datasets import make_instance
from fileroom.testing.faults import Died, FaultyIndex, FaultyStorage

STUDY = "1.2.826.0.1.3680043.8.498.7"


def instance(number: int, rows: int = 16) -> bytes:
    return make_instance(
        patient_id="P", study_uid=STUDY, series_uid=f"{STUDY}.1", sop_uid=f"{STUDY}.1.{number}", rows=rows
    )


def open_archive(where: Path) -> Archive:
    return fileroom.open(where, ingest={"overwrite": "if-changed"}, content_types={"report": 1024})


def study(archive: Archive) -> str:
    return next(iter(archive.find("study"))).id


Acknowledge = Callable[[Outcome], object]
Operation = Callable[[Archive, Path, Acknowledge], object]


def store_new(archive: Archive, folder: Path, acknowledge: Acknowledge) -> None:
    acknowledge(archive.store(instance(50)))


def store_again(archive: Archive, folder: Path, acknowledge: Acknowledge) -> None:
    acknowledge(archive.store(instance(1)))


def replace(archive: Archive, folder: Path, acknowledge: Acknowledge) -> None:
    acknowledge(archive.store(instance(1, rows=8)))


def ingest(archive: Archive, folder: Path, acknowledge: Acknowledge) -> None:
    archive.ingest([folder], on_outcome=acknowledge)


def attach(archive: Archive, folder: Path, acknowledge: Acknowledge) -> None:
    archive.attach(study(archive), "report", b"new")


def attach_over(archive: Archive, folder: Path, acknowledge: Acknowledge) -> None:
    archive.attach(archive.get(study(archive)).series[0].id, "report", b"newer")  # type: ignore[attr-defined]


def detach(archive: Archive, folder: Path, acknowledge: Acknowledge) -> None:
    archive.get(study(archive)).series[0].attachments.detach("report")  # type: ignore[attr-defined]


def delete(archive: Archive, folder: Path, acknowledge: Acknowledge) -> None:
    archive.delete([study(archive)])


OPERATIONS = [store_new, store_again, replace, ingest, attach, attach_over, detach, delete]
STEPS = [(FaultyStorage, "put_many"), (FaultyStorage, "delete")] + [
    (FaultyIndex, method) for method in ("held", "commit", "get", "edit", "remove")
]


@pytest.mark.parametrize("death", [True, False], ids=["dies", "fails"])
@pytest.mark.parametrize(("wrapper", "method"), STEPS, ids=lambda one: getattr(one, "__name__", one))
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.__name__)
def test_a_fault_at_any_step_loses_nothing_acknowledged_and_leaves_no_dangling_row(
    tmp_path: Path, operation: Operation, wrapper: type, method: str, death: bool
) -> None:
    for step in itertools.count(1):
        where = tmp_path / str(step)
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        for number in range(10, 14):
            (folder / f"{number}.dcm").write_bytes(instance(number))
        with open_archive(where) as archive:
            kept = {str(archive.store(instance(number)).check().id) for number in (1, 2)}
            archive.attach(archive.get(study(archive)).series[0].id, "report", b"old")  # type: ignore[attr-defined]
            acknowledged: list[Outcome] = []
            error = Died() if death else None
            if wrapper is FaultyStorage:
                faulty = archive.storage = FaultyStorage(archive.storage, {method: step}, error)
            else:
                faulty = archive.index = FaultyIndex(archive.index, {method: step}, error)  # type: ignore[assignment]
            finished = False
            try:
                operation(archive, folder, acknowledged.append)
                finished = True
            except (Died, fileroom.FileroomError):
                assert faulty.struck
        with open_archive(where) as archive:
            assert list(archive.verify()) == [], "no row dangles"
            promised = {str(one.id) for one in acknowledged if one.status in IN_ARCHIVE}
            assert promised <= {one.id for one in archive.find("instance")}
            if operation is not delete:
                assert kept <= {one.id for one in archive.find("instance")}
            elif finished:
                assert archive.statistics().instances == 0
            swept = archive.sweep(grace=0)
            assert swept.deleted == swept.orphans
            assert len(list(archive.storage.list())) == archive.statistics().attachments
            assert list(archive.verify()) == []
            archive.store(instance(1)).check()
        if not faulty.struck:
            break
    assert step > 1 or not _uses(operation, method), "the fault never struck: the test proves nothing"


def _uses(operation: Operation, method: str) -> bool:
    used = {
        "put_many": {store_new, replace, ingest, attach, attach_over},
        "held": {store_new, store_again, replace, ingest},
        "commit": {store_new, replace, ingest},
        "delete": {replace, attach_over, detach, delete},
        "get": {attach, attach_over},
        "edit": {attach, attach_over, detach},
        "remove": {delete},
    }
    return operation in used[method]


def test_a_failing_listener_does_not_fail_the_store(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        @hookimpl
        def fileroom_stored(self, batch: object) -> None:
            raise RuntimeError("listener")

    told: list[object] = []

    class Listener:
        @hookimpl
        def fileroom_stored(self, batch: object) -> None:
            told.append(batch)

    with fileroom.open(tmp_path / "a", register=[Broken(), Listener()]) as archive:
        archive.store(instance(1)).check()
        assert archive.statistics().instances == 1
    assert len(told) == 1, "the others are still told"
    assert "Broken" in caplog.text
