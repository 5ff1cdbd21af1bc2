"""Verify, sweep and rebuild, where index and storage have parted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.reports import Status
from fileroom.testing.datasets import make_instance

STUDY = "1.2.826.0.1.3680043.8.498.3"


def instance(number: int, patient: str = "P1", rows: int = 16) -> bytes:
    return make_instance(
        patient_id=patient, study_uid=STUDY, series_uid=f"{STUDY}.1", sop_uid=f"{STUDY}.1.{number}", rows=rows
    )


def lose_the_index(where: Path) -> None:
    for path in where.glob("index.sqlite*"):
        path.unlink()


def test_a_sweep_refuses_a_new_index_over_a_storage_that_is_not_empty(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a") as archive:
        archive.store(instance(1)).check()
    lose_the_index(tmp_path / "a")
    with fileroom.open(tmp_path / "a") as archive:
        with pytest.raises(fileroom.CatalogError, match="rebuild"):
            archive.sweep(grace=0)
        assert archive.rebuild().adopted == 1
        assert archive.sweep(grace=0).orphans == 0


def test_an_archive_whose_storage_is_not_mounted_does_not_open(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a") as archive:
        archive.store(instance(1)).check()
    shutil.move(tmp_path / "a" / "storage", tmp_path / "elsewhere")
    with pytest.raises(fileroom.StorageError, match="mounted"):
        fileroom.open(tmp_path / "a")
    shutil.rmtree(tmp_path / "a" / "storage")
    shutil.move(tmp_path / "elsewhere", tmp_path / "a" / "storage")
    with fileroom.open(tmp_path / "a") as archive:
        assert list(archive.verify()) == []


def test_a_patient_id_that_reads_like_another_patients_study_is_set_aside(archive: Archive) -> None:
    study = archive.store(instance(1)).check().instance.series.study  # type: ignore[union-attr]
    forged = archive.store(make_instance(patient_id=f"P1|{STUDY}"))
    assert forged.status is Status.QUARANTINED
    assert archive.get(study.id).level == fileroom.Level.STUDY
    assert archive.store(make_instance(patient_id="A|B")).status is Status.STORED


def test_a_rebuild_takes_the_newer_version_and_no_attachment_for_an_instance(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a", ingest={"overwrite": "always"}) as archive:
        first = archive.store(instance(1)).check().instance
        assert first is not None
        old = first.attachments["dicom"].read()
        first.attach(1024, instance(7, patient="REAL"))
        locator = first.attachments["dicom"].record.locator
        os.utime(archive.storage.local_path(locator), (1, 1))
        archive.storage.put("3f2a9c1e-0000-4000-8000-000000000001", instance(1, rows=8))
    assert old == instance(1)
    lose_the_index(tmp_path / "a")
    with fileroom.open(tmp_path / "a") as archive:
        assert archive.rebuild().adopted == 1
        (found,) = archive.find("instance")
        assert found.dataset().Rows == 8
        assert [one.uid for one in archive.find("patient")] == ["P1"]


def test_a_rebuild_of_a_used_index_does_not_bring_back_what_was_deleted(archive: Archive) -> None:
    deleted = archive.store(instance(1)).check().instance
    assert deleted is not None
    data = deleted.attachments["dicom"].read()
    deleted.delete()
    archive.storage.put(
        "3f2a9c1e-0000-4000-8000-000000000002", data
    )  # as a death before the unlink leaves it
    assert archive.rebuild().adopted == 0
    assert archive.statistics().instances == 0
    assert archive.sweep(grace=0).deleted == 1


def test_extra_tags_stay_unsearchable_while_a_stored_header_cannot_be_read(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a") as archive:
        lost, _ = (archive.store(instance(number)).check().instance for number in (1, 2))
        assert lost is not None
        archive.storage.delete([lost.attachments["dicom"].record.locator])
    with fileroom.open(tmp_path / "a", index={"extra_tags": {"instance": ["KVP"]}}) as archive:
        assert archive.rebuild().unreadable == 1
        with pytest.raises(fileroom.KeyNotIndexedError):
            archive.count("instance", KVP="120")


def test_a_scan_goes_on_behind_its_last_result_and_counts_what_it_cannot_read(archive: Archive) -> None:
    stored = [archive.store(instance(number)).check().instance for number in range(1, 6)]
    assert stored[1] is not None
    archive.storage.delete([stored[1].attachments["dicom"].record.locator])
    seen: list[str] = []
    wanted = {"PhotometricInterpretation": "MONO*"}
    cursor = None
    while True:
        results = archive.find(
            "instance", limit=1, cursor=cursor, scan=True, PhotometricInterpretation="MONO*"
        )
        seen += [one.uid for one in results]
        cursor = results.cursor
        if cursor is None:
            break
    assert seen == [f"{STUDY}.1.{number}" for number in (1, 3, 4, 5)]
    everything = archive.find("instance", scan=True, **wanted)
    assert (len(list(everything)), everything.unreadable) == (4, 1)


def test_a_worker_imports_nothing_from_the_working_folder(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.dcm").write_bytes(instance(number))
    (tmp_path / "pickle.py").write_text("raise SystemExit('code from the medium was run')")
    command = "import fileroom; print(fileroom.open('a').ingest(['.'], jobs=2))"
    run = subprocess.run(
        [sys.executable, "-P", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "stored=300" in run.stdout
    assert "died" not in run.stderr
    assert "medium" not in run.stderr


def test_an_error_shows_no_id_that_may_be_a_patients(archive: Archive) -> None:
    for ask in (archive.get, archive.details, lambda id_: archive.delete([id_])):
        with pytest.raises(fileroom.NotFoundError) as error:
            ask("DOE^JOHN")
        assert "DOE" not in str(error.value)


def test_a_young_orphan_is_spared(archive: Archive) -> None:
    archive.store(instance(1)).check()
    archive.storage.put("3f2a9c1e-0000-4000-8000-000000000003", b"on its way")
    assert archive.sweep(grace=3600).orphans == 0
    assert archive.sweep(grace=0).deleted == 1
