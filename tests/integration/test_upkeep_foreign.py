"""Verify, sweep and rebuild, where files belong to somebody else: registered where they lie, or DCMTK's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import fileroom
from fileroom.index import Index
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run, run_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom.archive import Archive

NAMES = ("CT_6b022bd32310fe09.dcm", "CT_6b022bd3717d9872.dcm")
DAY = 86_400.0


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """An archive of one file, registered where it lies."""
    file = tmp_path / "DOE^JANE.dcm"
    file.write_bytes(make_instance())
    with fileroom.open(tmp_path / "archive") as archive:
        assert archive.register([file]).stored == 1
    return tmp_path / "archive"


@pytest.fixture
def file(where: Path) -> Path:
    return where.parent / "DOE^JANE.dcm"


def found(where: Path, *words: str) -> list[tuple[str, str]]:
    """Verify, make sure that no file is named, and return what was found."""
    findings = run_json("-a", where, "verify", *words, code=1)
    with fileroom.open(where) as archive:
        (instance,) = archive.find("instance")
    for one in findings:
        assert set(one) == {"id", "content_type", "problem", "reason"}
        assert (one["id"], one["content_type"]) == (instance.id, 1)
        assert "DOE" not in one["reason"]
    return [(one["problem"], one["reason"]) for one in findings]


def test_a_registered_file_as_it_was_is_no_finding(where: Path) -> None:
    assert run_json("-a", where, "verify") == []


def test_a_registered_file_that_went_is_missing(where: Path, file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    ((problem, reason),) = found(where)
    assert problem == "missing"
    assert "registered where it lies" in reason
    assert "register it at its new place" in reason


def test_a_registered_file_that_grew_has_another_size(where: Path, file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"more")
    ((problem, reason),) = found(where, "--sizes-only")
    assert problem == "size"
    assert "register it again with overwrite" in reason


def test_a_registered_file_that_changed_has_another_digest(where: Path, file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    ((problem, reason),) = found(where)
    assert problem == "digest"
    assert "register it again with overwrite" in reason
    assert run_json("-a", where, "verify", "--sizes-only") == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX files")
def test_a_registered_file_in_place_of_which_is_no_file_is_found(where: Path, file: Path) -> None:
    file.unlink()
    os.mkfifo(file)
    assert [problem for problem, _ in found(where)] == ["missing"]
    file.unlink()
    file.symlink_to(file)
    assert [problem for problem, _ in found(where)] == ["unreadable"]


def test_what_the_index_found_wrong_comes_first(
    where: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.unlink()
    monkeypatch.setattr(Index, "problems", lambda _: iter(["record 7 has no end: it is passed over"]))
    first, second = run_json("-a", where, "verify", code=1)
    assert first == {
        "id": "",
        "content_type": 0,
        "problem": "index",
        "reason": "record 7 has no end: it is passed over",
    }
    assert second["problem"] == "missing"
    text = run("-a", where, "verify", code=1).stdout
    assert "the index" in text
    assert "record 7 has no end" in text
    assert "2 problems found" in text


def test_a_sweep_touches_no_registered_file(where: Path, file: Path) -> None:
    with fileroom.open(where) as archive:
        archive.delete([one.id for one in archive.find("instance")])
        report = archive.sweep(grace=0)
    assert (report.orphans, report.foreign) == (0, 0)
    assert file.exists()


@pytest.fixture
def area(tmp_path: Path) -> Iterator[Archive]:
    """An archive whose storage is an area into which DCMTK has put two files."""
    folder = tmp_path / "archive" / "storage"
    folder.mkdir(parents=True)
    (folder / "index.dat").write_bytes(b"QRDB05")
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(make_instance(instance_number=number))
    with fileroom.open(tmp_path / "archive") as archive:
        yield archive


def files(archive: Archive) -> set[str]:
    (folder,) = archive.storage.folders()
    return {path.name for path in folder.glob("*.dcm")}


def test_a_sweep_counts_the_files_of_others_and_leaves_them(area: Archive) -> None:
    area.store(make_instance(instance_number=7)).check()
    area.storage.put("3f2a9c1e-0000-4000-8000-000000000003", b"an orphan", {"Modality": "CT"})
    report = area.sweep(grace=0)
    assert (report.orphans, report.deleted, report.foreign) == (1, 1, 2)
    assert set(NAMES) < files(area)
    assert len(files(area)) == 3
    assert area.sweep(grace=DAY).foreign == 0


def test_a_sweep_of_a_new_index_does_not_mind_the_files_of_others(area: Archive) -> None:
    assert area.sweep(grace=0).foreign == 2
    area.storage.put("3f2a9c1e-0000-4000-8000-000000000003", b"perhaps an instance", {"Modality": "CT"})
    with pytest.raises(fileroom.CatalogError, match="rebuild"):
        area.sweep(grace=0)
    assert len(files(area)) == 3


def test_the_command_tells_of_the_files_of_others(area: Archive) -> None:
    where = area.config.base
    assert run_json("-a", where, "sweep", "--older-than", "0")["foreign"] == 2
    text = run("-a", where, "sweep", "--older-than", "0", "--dry-run").stdout
    assert "left alone 2 files that another program put here" in text
    assert "fileroom rebuild --adopt" in text
    assert "left alone" not in run("-a", where, "sweep").stdout


def test_a_rebuild_takes_in_the_files_of_others(area: Archive) -> None:
    assert area.rebuild().adopted == 2
    assert area.sweep(grace=0).foreign == 0
    assert list(area.verify()) == []
    area.delete([one.id for one in area.find("instance")])
    assert files(area) == set()


def test_a_rebuild_of_a_used_index_takes_in_the_files_of_others_when_asked(area: Archive) -> None:
    area.store(make_instance(instance_number=7)).check()
    (folder,) = area.storage.folders()
    for name in NAMES:
        os.utime(folder / name, (1, 1))
    assert area.rebuild().adopted == 0
    assert area.sweep(grace=0).foreign == 2
    assert area.rebuild(adopt=True).adopted == 2
    assert area.statistics().instances == 3


def test_instances_are_stored_flat_and_their_attachments_by_key(area: Archive) -> None:
    instance = area.store(make_instance(instance_number=7)).check().instance
    assert instance is not None
    instance.attach(1024, b"a report")
    (flat,) = files(area) - set(NAMES)
    assert instance.attachments["dicom"].record.locator == flat
    assert flat.startswith("CT_")
    key = instance.attachments[1024].record.locator
    (folder,) = area.storage.folders()
    assert (folder / key[:2] / key[2:4] / key).read_bytes() == b"a report"
