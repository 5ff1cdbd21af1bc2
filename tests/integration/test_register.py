"""Files registered where they lie work like stored ones, and nothing ever happens to them."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pydicom
import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.ingest import BATCH_OBJECTS
from fileroom.plugin import hookimpl
from fileroom.reports import Outcome, Status
from tests.integration.originals import (
    INDEXES,
    PATIENT,
    any_archive,
    ids,
    instance,
    locators,
    open_archive,
    snapshot,
    three_files,
    write_corpus,
)

COUNT = 2 * BATCH_OBJECTS + 8
"""More than the first two batches, which no worker gets."""

archive = pytest.fixture(any_archive, params=INDEXES, name="archive")
folder = pytest.fixture(three_files, name="folder")


@pytest.mark.parametrize("jobs", [1, 2])
def test_registered_files_are_in_the_index_and_stay_where_they_are(
    archive: Archive, tmp_path: Path, jobs: int
) -> None:
    folder = write_corpus(tmp_path / "corpus", COUNT)
    before = snapshot(folder)
    report = archive.register(folder, jobs=jobs)
    assert (report.stored, len(report), report.failed) == (COUNT, COUNT, 0)
    assert sorted(locators(archive)) == sorted(f"external:{folder / name}" for name in before)
    assert archive.statistics().bytes == sum(len(data) for data, _, _ in before.values())
    assert snapshot(folder) == before
    assert list(archive.storage.list()) == []
    assert list(archive.verify()) == []
    again = archive.register(folder, jobs=jobs)
    assert (again.already_stored, len(again)) == (COUNT, COUNT)


def test_a_registered_instance_works_like_a_stored_one(
    archive: Archive, folder: Path, tmp_path: Path
) -> None:
    before = snapshot(folder)
    archive.register([folder / "0.dcm", str(folder / "1.dcm"), [folder / "2.dcm"]])
    study = archive.find("study", PatientName="roe*").first()
    assert study is not None
    assert study["NumberOfStudyRelatedInstances"] == "3"
    for number, one in enumerate(study.series[0].instances):
        with one.open() as file:
            assert file.read() == instance(number)
            assert file.seek(128) == 128
            assert pydicom.dcmread(io.BytesIO(file.read()), force=True) is not None
        assert one.attachments["dicom"].read(128, 132) == b"DICM"
        assert one.dataset().InstanceNumber == number + 1
    study.attach("report", b"a report")
    study.metadata["reviewed-by"] = "Roe"
    assert study.attachments["report"].read(0, 8) == b"a report"
    assert archive.export([study], tmp_path / "out").written == 3
    assert {path.read_bytes() for path in (tmp_path / "out").rglob("*.dcm")} == {
        instance(number) for number in range(3)
    }
    rebuilt = archive.rebuild()
    assert (rebuilt.refreshed, rebuilt.adopted, rebuilt.unreadable) == (3, 0, 0)
    assert archive.sweep(grace=0).orphans == 0
    assert snapshot(folder) == before


def test_deleting_an_instance_leaves_its_file(archive: Archive, folder: Path) -> None:
    before = snapshot(folder)
    archive.register(folder)
    report = archive.delete([next(iter(archive.find("patient")))])
    assert (len(report.removed), report.failed) == (6, ())
    archive.sweep(grace=0)
    assert archive.statistics().instances == 0
    assert snapshot(folder) == before
    assert archive.register(folder).stored == 3


def test_an_archive_that_registers_only_is_opened_again(tmp_path: Path, folder: Path) -> None:
    for index in INDEXES:
        where = tmp_path / index
        with open_archive(where, index) as archive:
            archive.register(folder)
        with fileroom.open(where) as archive:
            assert list(archive.verify()) == []
            assert archive.register(folder).already_stored == 3


def test_progress_counts_and_a_stop_is_heard(archive: Archive, folder: Path) -> None:
    seen: list[Any] = []
    heard: list[Outcome] = []
    archive.register(folder, progress=seen.append, on_outcome=heard.append)
    assert (seen[-1].done, seen[-1].total, len(heard)) == (3, 3, 3)
    stop = threading.Event()
    stop.set()
    report = archive.register(folder, stop=stop)
    assert (len(report), report.interrupted) == (0, True)


def test_listeners_hear_of_registered_instances(tmp_path: Path, folder: Path) -> None:
    told: list[Any] = []

    class Listener:
        @hookimpl
        def fileroom_stored(self, batch: Any) -> None:
            told.extend(batch.stored)

    with fileroom.open(tmp_path / "a", register=[Listener()]) as archive:
        archive.register(folder, jobs=2)
        assert [one.id for one in told] == ids(archive)


@pytest.mark.skipif("linear" not in INDEXES, reason="needs an index that keeps it")
@pytest.mark.parametrize("new", [True, False])
def test_an_index_that_keeps_it_learns_what_is_new(tmp_path: Path, folder: Path, new: bool) -> None:
    with open_archive(tmp_path / "area", "linear") as archive:
        archive.register(folder, new=new)
        listing = archive.index.listing()
        assert listing is not None
        assert [one.new for one in listing.instances] == [new] * 3


def test_verify_tells_what_was_moved_cut_or_changed(archive: Archive, folder: Path) -> None:
    archive.register(folder)
    (folder / "0.dcm").rename(folder / "moved.dcm")
    (folder / "1.dcm").write_bytes(instance(1)[:-10])
    changed = bytearray(instance(2))
    changed[-1] ^= 0xFF
    (folder / "2.dcm").write_bytes(changed)
    assert sorted(one.problem for one in archive.verify()) == ["digest", "missing", "size"]
    assert archive.statistics().instances == 3
    missing = next(one for one in archive.verify() if one.problem == "missing")
    assert "moved" not in missing.reason
    assert PATIENT not in missing.reason
    with pytest.raises(fileroom.NotFoundError):
        archive.get(missing.id).open()  # type: ignore[attr-defined]


def test_a_file_that_moved_is_registered_at_its_new_place(archive: Archive, folder: Path) -> None:
    archive.register(folder / "0.dcm")
    (folder / "0.dcm").rename(folder / "moved.dcm")
    assert archive.register(folder / "moved.dcm").already_stored == 1
    assert [one.problem for one in archive.verify()] == ["missing"], "what is there is kept"
    assert archive.register(folder / "moved.dcm", overwrite="always").replaced == 1
    assert list(archive.verify()) == []


def test_a_file_that_changed_is_registered_anew_if_that_is_asked_for(archive: Archive, folder: Path) -> None:
    archive.register(folder / "0.dcm")
    (folder / "0.dcm").write_bytes(instance(0, rows=20))
    (outcome,) = archive.register(folder / "0.dcm")
    assert outcome.status is Status.CONFLICT
    assert outcome.digest != outcome.held_digest
    assert archive.register(folder / "0.dcm", overwrite="if-changed").replaced == 1
    assert list(archive.verify()) == []
    assert (folder / "0.dcm").read_bytes() == instance(0, rows=20)


def test_a_file_that_became_another_instance_is_one_more(archive: Archive, folder: Path) -> None:
    archive.register(folder / "0.dcm")
    (first,) = ids(archive)
    (folder / "0.dcm").write_bytes(instance(7, rows=20))
    assert archive.register(folder / "0.dcm").stored == 1
    assert [(one.id, one.problem) for one in archive.verify()] == [(first, "size")]
    archive.delete(first)
    assert list(archive.verify()) == []
    assert (folder / "0.dcm").read_bytes() == instance(7, rows=20)
