"""Importing folders, ZIP files and hostile input, in this process and in workers."""

from __future__ import annotations

import io
import itertools
import os
import threading
import zipfile
from collections import Counter
from pathlib import Path

import pydicom.data
import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.plugin import hookimpl
from fileroom.reports import Progress, Status
from fileroom.testing.datasets import Corpus, hostile_files, make_instance
from fileroom.worker import RemotePreparer

SHIPPED = Path(str(pydicom.data.get_testdata_file("CT_small.dcm"))).parent


def write_corpus(folder: Path, count: int, size: int = 4000) -> None:
    for instance in Corpus(count, size):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_import_stores_all_and_the_next_skips_all(archive: Archive, tmp_path: Path, jobs: int) -> None:
    write_corpus(tmp_path / "in", 700)
    seen: list[Progress] = []
    report = archive.ingest([tmp_path / "in"], jobs=jobs, progress=seen.append)
    assert (report.stored, len(report), report.failed) == (700, 700, 0)
    assert (seen[-1].done, seen[-1].total) == (700, 700)
    assert seen[-1].bytes == seen[-1].total_bytes == archive.statistics().bytes
    again = archive.ingest(tmp_path / "in", jobs=jobs)
    assert (again.already_stored, len(again)) == (700, 700)
    assert len(list(archive.storage.list())) == 700
    assert {outcome.id for outcome in again} == {one.id for one in archive.find("instance")}


def test_a_known_file_costs_the_reading_of_its_header_only(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    path.write_bytes(make_instance(rows=1024, columns=1024))
    archive.ingest([path])
    size, times = path.stat().st_size, path.stat()
    with path.open("r+b") as file:
        file.seek(size - 100)
        file.write(b"\xaa" * 50)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert archive.ingest([path]).already_stored == 1, "same path, size and time: its pixels are not read"
    os.utime(path)
    assert archive.ingest([path]).conflict == 1, "another time: they are, and differ"


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_file_that_pydicom_ships_has_an_outcome(archive: Archive, jobs: int) -> None:
    report = archive.ingest([SHIPPED], jobs=jobs)
    files = [path for path in SHIPPED.rglob("*") if path.is_file()]
    assert len(report) >= len(files)
    assert report.stored > 50
    assert all(one.reason for one in report if one.status not in (Status.STORED, Status.ALREADY_STORED))
    kept = {entry.id for entry in archive.quarantine.list()}
    assert {one.quarantine_id for one in report if one.status is Status.QUARANTINED} == kept
    assert list(archive.verify()) == []


def test_hostile_files_end_with_a_reason_and_do_not_stop_the_others(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write_corpus(folder, 3)
    hostile = dict(hostile_files())
    for number, data in enumerate(hostile.values()):
        (folder / f"hostile-{number}.dcm").write_bytes(data)
    (folder / "loop").symlink_to(folder)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.dcm")
    report = archive.ingest([folder])
    assert report.stored >= 3
    for outcome in report:
        assert outcome.status in (Status.STORED, Status.ALREADY_STORED, Status.CONFLICT) or outcome.reason
    assert list(archive.verify()) == []


def test_a_quarantined_file_is_kept_and_set_aside_once(archive: Archive, tmp_path: Path) -> None:
    damaged = make_instance()[:900]
    (tmp_path / "damaged.dcm").write_bytes(damaged)
    for _ in range(2):
        (outcome,) = archive.ingest([tmp_path / "damaged.dcm"])
        assert outcome.status is Status.QUARANTINED
    (entry,) = archive.quarantine.list()
    assert entry.id == outcome.quarantine_id
    with archive.quarantine.open(entry.id) as file:
        assert file.read() == damaged


def test_zip_files_are_imported_nested_ones_too(archive: Archive, tmp_path: Path) -> None:
    def zipped(members: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in members.items():
                file.writestr(name, data)
        return buffer.getvalue()

    one, two = (make_instance(sop_uid=f"1.2.3.{number}") for number in (1, 2))
    inner = zipped({"b.dcm": two})
    (tmp_path / "x.zip").write_bytes(zipped({"../../a.dcm": one, "inner.zip": inner, "readme.txt": b"hello"}))
    report = archive.ingest([tmp_path / "x.zip"])
    assert Counter(one.status for one in report) == {Status.STORED: 2, Status.IGNORED: 1}
    assert not (tmp_path.parent / "a.dcm").exists()


def test_a_stop_leaves_a_true_report_and_the_next_import_goes_on(archive: Archive, tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 900)
    stop = threading.Event()
    report = archive.ingest([tmp_path / "in"], on_outcome=lambda _: stop.set(), stop=stop)
    assert report.interrupted
    assert 0 < report.stored == archive.statistics().instances < 900
    rest = archive.ingest([tmp_path / "in"])
    assert rest.already_stored == report.stored
    assert rest.stored + report.stored == 900


def test_a_conflict_names_the_policy_that_would_replace_in_words_for_the_shell_too(archive: Archive) -> None:
    archive.store(make_instance(sop_uid="1.2.3")).check()
    outcome = archive.store(make_instance(sop_uid="1.2.3", rows=8))
    assert outcome.status is Status.CONFLICT
    assert "[ingest] overwrite = 'if-changed' in the configuration would" in outcome.reason


def test_a_stop_after_the_last_object_is_no_interruption(archive: Archive, tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 20)
    stop = threading.Event()
    report = archive.ingest([tmp_path / "in"], on_outcome=lambda _: stop.set(), stop=stop)
    assert (report.stored, report.interrupted) == (20, False)


def test_many_threads_storing_the_same_and_different_objects_agree(archive: Archive) -> None:
    data = [make_instance(sop_uid=f"1.2.3.{number}") for number in range(20)]
    outcomes: list[Status] = []

    def work() -> None:
        outcomes.extend(archive.store(one).status for one in data)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcomes) == {Status.STORED: 20, Status.ALREADY_STORED: 60}
    assert len(list(archive.storage.list())) == 20


def test_two_archives_on_one_folder_see_each_other(archive: Archive, tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "archive") as other:
        instance = other.store(make_instance(sop_uid="1.2.3.4")).check().instance
        assert instance is not None
        assert archive.get(instance.id).uid == "1.2.3.4"
        archive.delete([instance.id])
        with pytest.raises(fileroom.NotFoundError):
            other.get(instance.id)


def test_what_is_no_dicom_is_ignored_in_a_folder_and_refused_by_store(
    archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    (outcome,) = archive.ingest([tmp_path / "notes.txt"])
    assert outcome.status is Status.IGNORED
    with pytest.raises(fileroom.NotDicomError):
        archive.store(b"no image")
    assert list(archive.quarantine.list()) == []


def test_a_file_that_changes_while_it_is_read_is_rejected_and_stored_at_the_next_import(
    tmp_path: Path,
) -> None:
    path = tmp_path / "growing.dcm"
    path.write_bytes(make_instance(rows=512, columns=512))

    class Scanner:
        """Still writes, between our reading the header and the rest."""

        writes = True

        @hookimpl
        def fileroom_before_store(self, incoming: object) -> None:
            if self.writes:
                os.utime(path, ns=(0, 0))

    scanner = Scanner()
    with fileroom.open(tmp_path / "a", register=[scanner]) as archive:
        (outcome,) = archive.ingest([path])
        assert (outcome.status, "changed" in outcome.reason) == (Status.REJECTED, True)
        assert list(archive.storage.list()) == []
        scanner.writes = False
        assert archive.ingest([path]).stored == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_interventions_decide_in_this_process_and_in_workers(tmp_path: Path, jobs: int) -> None:
    write_corpus(tmp_path / "in", 600)
    (tmp_path / "in" / "mr.dcm").write_bytes(make_instance(modality="MR"))
    (tmp_path / "in" / "nobody.dcm").write_bytes(make_instance(patient_id="", sop_uid="1.2.9"))
    rules = {"modalities": ["CT"], "require": ["PatientID"], "set": {"InstitutionName": "Elsewhere"}}
    with fileroom.open(
        tmp_path / "a",
        ingest={"before_store": ["admission"]},
        plugins={"enable": ["admission"], "admission": rules},
    ) as archive:
        report = archive.ingest([tmp_path / "in"], jobs=jobs)
        counts = (report.stored, report.rejected, report.quarantined)
        assert counts == (600, 1, 1), [one.reason for one in report if one.reason]
        assert archive.count("study", InstitutionName="elsewhere") == archive.statistics().studies
        assert next(iter(archive.find("instance"))).dataset().InstitutionName == "Elsewhere"


def test_a_worker_that_dies_costs_nothing_but_time(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_corpus(tmp_path / "in", 900)
    asked = RemotePreparer._ask

    def kill_at_the_second_put(self: RemotePreparer, verb: str, *arguments: object) -> object:
        if verb == "put" and next(puts) == 1:
            assert self._process is not None
            self._process.kill()
        return asked(self, verb, *arguments)

    puts = itertools.count()
    monkeypatch.setattr(RemotePreparer, "_ask", kill_at_the_second_put)
    report = archive.ingest([tmp_path / "in"], jobs=2)
    assert (report.stored, report.failed) == (900, 0)
    assert "worker died" in caplog.text
    archive.sweep(grace=0)
    assert len(list(archive.storage.list())) == 900
    assert list(archive.verify()) == []


def test_an_import_does_not_go_into_the_archives_own_folders(archive: Archive, tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 5)
    (tmp_path / "in" / "damaged.dcm").write_bytes(make_instance()[:700])
    archive.ingest([tmp_path / "in"])
    report = archive.ingest([tmp_path])
    assert (report.already_stored, report.quarantined) == (5, 1)
