"""Registering what is there already: stored before, registered before, or in the storage's own folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.reports import Status
from fileroom.storage import external_path
from tests.integration.originals import INDEXES, any_archive, ids, instance, locators, snapshot, three_files

KEY = "6a0f4e1e-6f0c-4d5b-9a9e-0123456789ab"

archive = pytest.fixture(any_archive, params=INDEXES, name="archive")
folder = pytest.fixture(three_files, name="folder")


def test_what_was_imported_before_is_already_stored_or_in_conflict(archive: Archive, folder: Path) -> None:
    archive.store(instance(0)).check()
    archive.store(instance(1, rows=20)).check()
    before = locators(archive)
    report = archive.register(folder)
    assert [one.status for one in report] == [Status.ALREADY_STORED, Status.CONFLICT, Status.STORED]
    assert set(before) < set(locators(archive))
    assert list(archive.verify()) == []


@pytest.mark.parametrize("overwrite", ["always", "if-changed"])
def test_what_is_replaced_by_a_registered_file_is_left_to_a_sweep(
    archive: Archive, folder: Path, overwrite: str
) -> None:
    originals = snapshot(folder)
    archive.store(instance(0, rows=20)).check()
    (stored,) = archive.storage.list()
    assert archive.register(folder / "0.dcm", overwrite=overwrite).replaced == 1
    assert [external_path(one) for one in locators(archive)] == [folder / "0.dcm"]
    assert [one.locator for one in archive.storage.list()] == [stored.locator]
    assert archive.sweep(grace=0).deleted == 1
    assert list(archive.verify()) == []
    assert snapshot(folder) == originals


def test_an_import_can_take_a_registered_file_in(archive: Archive, folder: Path) -> None:
    archive.register(folder)
    archive.close()
    with fileroom.open(archive.config.base, ingest={"overwrite": "always"}) as again:
        assert again.ingest(folder).replaced == 3
        assert len(list(again.storage.list())) == 3
        shutil.rmtree(folder)
        assert list(again.verify()) == []


@pytest.mark.parametrize("overwrite", ["never", "always", "if-changed"])
@pytest.mark.parametrize("same", [True, False], ids=["copy", "other"])
def test_two_files_of_one_instance_in_one_batch_both_stay(
    archive: Archive, tmp_path: Path, overwrite: str, same: bool
) -> None:
    folder = tmp_path / "twins"
    folder.mkdir()
    (folder / "a.dcm").write_bytes(instance(0))
    (folder / "b.dcm").write_bytes(instance(0, rows=16 if same else 20))
    before = snapshot(folder)
    first, second = archive.register(folder, overwrite=overwrite)
    assert first.status is Status.STORED
    kept = {"never": Status.ALREADY_STORED if same else Status.CONFLICT, "always": Status.REPLACED}
    kept["if-changed"] = Status.ALREADY_STORED if same else Status.REPLACED
    assert second.status is kept[overwrite]
    assert snapshot(folder) == before
    assert list(archive.verify()) == []


def test_one_file_named_twice_is_one_instance(archive: Archive, folder: Path) -> None:
    file = folder / "0.dcm"
    report = archive.register([file, file, folder / "." / "0.dcm"], overwrite="always")
    assert (report.stored, report.replaced, archive.statistics().instances) == (1, 2, 1)
    assert list(archive.verify()) == []


def stored_path(archive: Archive, number: int = 0) -> Path:
    archive.store(instance(number)).check()
    return archive.storage.local_path(locators(archive)[0])


@pytest.mark.parametrize("overwrite", ["never", "always", "if-changed"])
def test_an_archives_own_file_stays_that_instances_own(archive: Archive, overwrite: str) -> None:
    path = stored_path(archive)
    before = locators(archive)
    report = archive.register(path, overwrite=overwrite)
    assert report.failed == 0
    assert locators(archive) == before
    assert path.read_bytes() == instance(0)
    assert list(archive.verify()) == []
    archive.delete(ids(archive))
    assert not path.exists(), "it is the archive's, not somebody else's"


def test_the_bytes_of_another_attachment_are_never_shared(archive: Archive, folder: Path) -> None:
    archive.register(folder / "0.dcm")
    study = archive.find("study").first()
    assert study is not None
    study.attach("report", instance(1))
    (stored,) = archive.storage.list()
    path = archive.storage.local_path(stored.locator)
    (outcome,) = archive.register(path)
    assert (outcome.status, outcome.id) == (Status.REJECTED, None)
    assert "belongs to another resource" in outcome.reason
    assert archive.statistics().instances == 1


def test_an_orphan_in_the_storage_becomes_the_archives(archive: Archive) -> None:
    locator = archive.storage.put(KEY, instance(0), {"Modality": "CT"}).locator
    path = archive.storage.local_path(locator)
    assert archive.register(path).stored == 1
    assert locators(archive) == [locator]
    assert archive.sweep(grace=0).orphans == 0
    archive.delete(ids(archive))
    assert not path.exists()


def test_a_walk_does_not_go_into_the_storage_unless_that_is_asked_for(
    archive: Archive, folder: Path, tmp_path: Path
) -> None:
    archive.storage.put(KEY, instance(7), {"Modality": "CT"})
    (own,) = archive.storage.folders()
    assert archive.register(tmp_path).stored == 3
    assert archive.register(own).stored == 1
    assert archive.statistics().instances == 4
