"""Quotas of whole archives: over SQLite and the filesystem, with faults, with several processes."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.errors import CatalogError
from fileroom.plugin import hookimpl
from fileroom.reports import Status
from fileroom.testing.datasets import make_instance
from fileroom.testing.faults import Died, FaultyIndex, FaultyStorage
from tests.dcmtk import needs_dcmtk, printed, register
from tests.integration.cli_runs import run, run_json

ROOT = "1.2.826.0.1.3680043.8.498"


def image(study: int, number: int = 1, *, rows: int = 8) -> bytes:
    uid = f"{ROOT}.{study}"
    return make_instance(
        patient_id=f"P{study}", study_uid=uid, series_uid=f"{uid}.1", sop_uid=f"{uid}.1.{number}", rows=rows
    )


def studies(archive: Archive) -> list[int]:
    return sorted(int(one.uid.rpartition(".")[2]) for one in archive.find("study"))


def instances(archive: Archive) -> list[str]:
    return [one.uid.removeprefix(f"{ROOT}.") for one in archive.find("instance")]


def nothing_dangles(archive: Archive) -> None:
    assert list(archive.verify()) == []
    assert len(list(archive.storage.list())) == archive.statistics().attachments


def test_one_study_too_many_and_the_oldest_goes_with_its_bytes(tmp_path: Path) -> None:
    removed: list[Any] = []

    class Listener:
        @hookimpl
        def fileroom_removed(self, batch: Any) -> None:
            removed.append(batch.removed)

    with fileroom.open(tmp_path / "a", register=[Listener()], quota={"max_studies": 2}) as archive:
        gone = archive.store(image(1)).check().id
        for study, number in ((2, 1), (1, 2), (3, 1)):
            archive.store(image(study, number)).check()
        assert studies(archive) == [1, 3], "the second image made the first study the newest"
        archive.store(image(4)).check()
        assert studies(archive) == [3, 4]
        nothing_dangles(archive)
        assert {(4, gone)} <= set(removed[-1])
        assert ("Deleted", gone) in {(one.type.label, one.id) for one in archive.changes(limit=999)}


def test_a_uid_that_begins_like_the_one_that_goes_keeps_its_files(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a", quota={"max_studies": 2}) as archive:
        for study, number in ((1, 1), (11, 1), (11, 2), (11, 3), (5, 1)):
            archive.store(image(study, number)).check()
        assert instances(archive) == ["11.1.1", "11.1.2", "11.1.3", "5.1.1"]
        nothing_dangles(archive)


def test_too_many_bytes_and_the_oldest_images_of_that_study_go(tmp_path: Path) -> None:
    size = len(image(1))
    with fileroom.open(tmp_path / "a", quota={"max_bytes": 3 * size}) as archive:
        archive.store(image(2)).check()
        for number in range(1, 6):
            archive.store(image(1, number)).check()
        assert instances(archive) == ["2.1.1", "1.1.3", "1.1.4", "1.1.5"]
        nothing_dangles(archive)


@pytest.mark.parametrize("form", ["bytes", "file", "stream"])
def test_what_is_larger_than_a_study_may_be_is_rejected_and_nothing_goes_for_it(
    tmp_path: Path, form: str
) -> None:
    large = image(1, 9, rows=2000)  # more than is read at once
    file = tmp_path / "large.dcm"
    file.write_bytes(large)

    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

    source: Any = {"bytes": large, "file": file, "stream": Stream(large)}[form]
    with fileroom.open(tmp_path / "a", quota={"max_bytes": "16kb"}) as archive:
        archive.store(image(1)).check()
        outcome = archive.store(source)
        assert outcome.status is Status.REJECTED
        assert "max_bytes is 16384" in outcome.reason
        assert instances(archive) == ["1.1.1"]
        nothing_dangles(archive)


def test_an_object_of_just_that_size_takes_the_place_of_all_others(tmp_path: Path) -> None:
    large = image(1, 2, rows=64)
    with fileroom.open(tmp_path / "a", quota={"max_bytes": len(large)}) as archive:
        archive.store(image(1)).check()
        archive.store(large).check()
        assert instances(archive) == ["1.1.2"]


def test_what_an_intervention_makes_larger_is_rejected_too(tmp_path: Path) -> None:
    quota = {"max_bytes": len(image(1))}
    admission = {"set": {"InstitutionName": "A hospital with a long name"}}
    with fileroom.open(
        tmp_path / "a", quota=quota, ingest={"before_store": ["admission"]}, plugins={"admission": admission}
    ) as archive:
        assert archive.store(image(1)).status is Status.REJECTED
        assert archive.statistics().instances == 0


def test_an_import_counts_what_had_to_go(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for study in range(10, 15):
        for number in range(1, 4):
            (folder / f"{study}-{number}.dcm").write_bytes(image(study, number))
    where = tmp_path / "a"
    where.mkdir()
    (where / "fileroom.toml").write_text("[quota]\nmax_studies = 2\n", "utf-8")
    assert run_json("-a", where, "import", folder, "--jobs", 1)["evicted"] == 9
    with fileroom.open(where) as archive:
        assert studies(archive) == [13, 14]
        nothing_dangles(archive)
    shown = run("-a", where, "import", folder, "--jobs", 1).stdout
    assert ["removed", "for", "the", "quota", "9"] in [line.split() for line in shown.splitlines()]


def test_an_original_that_was_registered_where_it_lies_is_never_deleted(tmp_path: Path) -> None:
    original = tmp_path / "original.dcm"
    original.write_bytes(image(1))
    with fileroom.open(tmp_path / "a", quota={"max_studies": 1}) as archive:
        assert archive.register([original]).stored == 1
        archive.store(image(2)).check()
        assert studies(archive) == [2]
    assert original.read_bytes() == image(1)


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("quota", [{"max_studies": 1}, {"max_bytes": len(image(1)) + 1}], ids=str)
def test_who_dies_before_letting_go_leaves_that_to_the_next_store(
    tmp_path: Path, quota: dict[str, int], step: int
) -> None:
    second = image(2) if "max_studies" in quota else image(1, 2)
    with fileroom.open(tmp_path / "a", quota=quota) as archive:
        archive.store(image(1)).check()
        archive.index = FaultyIndex(archive.index, {"remove": step}, Died())
        with pytest.raises(Died):
            archive.store(second)
        assert archive.statistics().instances == 3 - step, "the commit came first"
    third = image(3) if "max_studies" in quota else image(1, 3)
    with fileroom.open(tmp_path / "a", quota=quota) as archive:
        archive.store(third).check()
        assert archive.statistics().instances == 1
        archive.sweep(grace=0)
        nothing_dangles(archive)


def test_bytes_that_could_not_be_deleted_are_orphans(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a", quota={"max_studies": 1}) as archive:
        archive.store(image(1)).check()
        archive.storage = FaultyStorage(archive.storage, {"delete": 1}, Died())
        with pytest.raises(Died):
            archive.store(image(2))
    with fileroom.open(tmp_path / "a", quota={"max_studies": 1}) as archive:
        assert studies(archive) == [2]
        assert archive.sweep(grace=0).deleted == 1
        nothing_dangles(archive)


def test_an_index_that_fails_meanwhile_is_the_stores_error_and_loses_nothing(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a", quota={"max_studies": 1}) as archive:
        archive.store(image(1)).check()
        archive.index = FaultyIndex(archive.index, {"remove": 1})
        with pytest.raises(CatalogError):
            archive.store(image(2))
        assert studies(archive) == [1, 2]
        archive.store(image(3)).check()
        assert studies(archive) == [3]


def of_dcmtk(folder: Path, **quota: object) -> Archive:
    """Open a storage area of DCMTK."""
    storage = {"backend": "filesystem", "root": "."}
    return fileroom.open(folder, index={"backend": "linear"}, storage=storage, quota=quota)


@needs_dcmtk
def test_dcmtk_sees_what_the_quota_leaves_of_an_area(tmp_path: Path) -> None:
    area = tmp_path / "area"
    with of_dcmtk(area, max_studies=2, max_bytes=2 * len(image(10))) as archive:
        for study, number in ((10, 1), (1, 1), (11, 1), (11, 2), (11, 3)):
            archive.store(image(study, number)).check()
        assert instances(archive) == ["1.1.1", "11.1.2", "11.1.3"]
        nothing_dangles(archive)
    seen = printed(area)
    assert {uid: images for uid, (_, images) in seen.studies.items()} == {f"{ROOT}.1": 1, f"{ROOT}.11": 2}
    assert len(seen.records) == len(list(area.glob("*.dcm"))) == 3


@needs_dcmtk
def test_originals_that_dcmqridx_registered_are_never_deleted(tmp_path: Path) -> None:
    original = tmp_path / "original.dcm"
    original.write_bytes(image(1))
    (tmp_path / "area").mkdir()
    register(tmp_path / "area", original)
    with of_dcmtk(tmp_path / "area", max_studies=1) as archive:
        assert studies(archive) == [1]
        archive.store(image(2)).check()
        assert studies(archive) == [2]
    assert original.read_bytes() == image(1)


STORING = """
import sys, fileroom
from tests.integration.test_quota import image
with fileroom.open(sys.argv[1], quota={"max_studies": 5, "max_bytes": 4 * len(image(100))}) as archive:
    for study in range(int(sys.argv[2]), int(sys.argv[2]) + 12):
        for number in range(1, 7):
            archive.store(image(study, number)).check()
"""


def test_several_processes_let_go_at_once_without_an_error(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a"):
        pass
    root = Path(__file__).parents[2]
    words = [sys.executable, "-W", "error", "-c", STORING, str(tmp_path / "a")]
    started = [
        subprocess.Popen([*words, start], cwd=root, stderr=subprocess.PIPE) for start in ("100", "200")
    ]
    errors = [process.communicate()[1].decode() for process in started]
    assert ([process.returncode for process in started], errors) == ([0, 0], ["", ""])
    with fileroom.open(tmp_path / "a") as archive:
        assert 0 < len(studies(archive)) <= 5
        for study in archive.find("study"):
            assert len(list(study.series[0].instances)) <= 4
        nothing_dangles(archive)
