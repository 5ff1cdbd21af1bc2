"""One storage area, used by Fileroom and by DCMTK's programs, one after the other and all at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.datasets import Corpus
from tests.areas import changes_of, check_agreement, dataset_of, identity_of, make_files, open_area
from tests.dcmtk import Server, needs_dcmtk, register, run_dcmtk
from tests.integration.area_worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


pytestmark = needs_dcmtk


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return make_files(tmp_path / "source", studies=3, images=2)


@pytest.fixture
def area(tmp_path: Path, files: list[Path]) -> Path:
    """An area that Fileroom wrote, of three studies of two images."""
    with open_area(tmp_path / "area") as archive:
        assert archive.ingest(files).stored == 6
    return tmp_path / "area"


@pytest.fixture
def server(area: Path) -> Iterator[Server]:
    with Server(area) as server:
        yield server


# Fileroom writes, DCMTK reads ----------------------------------------------------------------------------


def test_dcmqridx_prints_what_fileroom_wrote(area: Path, files: list[Path]) -> None:
    listed = check_agreement(area)
    assert sorted(one["PatientName"] for one in listed.records.values()) == sorted(
        ["Doe^P0", "Doe^P1", "Doe^P2"] * 2
    )
    assert {int(one["ImageSize"]) for one in listed.records.values()} == {
        file.stat().st_size for file in files
    }


def test_dcmqrti_shows_what_fileroom_wrote(server: Server, files: list[Path]) -> None:
    shown = server.browse("study", "study 1", "series", "image")
    assert "3 Studies in Database" in shown
    assert "Doe^P2" in shown
    assert identity_of(files[2]).series_instance_uid in shown
    assert identity_of(files[3]).sop_instance_uid in shown


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        (["PatientName=Doe^P1", "StudyInstanceUID"], 1),
        (["PatientName=D?e^*", "StudyInstanceUID"], 3),
        (["PatientID=P*", "StudyDate=20240101-20241231"], 3),
        (["StudyDate=-20231231", "StudyInstanceUID"], 0),
    ],
)
def test_findscu_finds_studies_that_fileroom_wrote(
    server: Server, tmp_path: Path, keys: list[str], count: int
) -> None:
    assert len(server.find(tmp_path, "STUDY", *keys)) == count


def test_findscu_finds_at_every_level_of_both_roots(
    server: Server, tmp_path: Path, files: list[Path]
) -> None:
    identity = identity_of(files[0])
    patients = server.find(tmp_path, "PATIENT", "PatientID", "PatientName=*", patient_root=True)
    assert {one.PatientID for one in patients} == {"P0", "P1", "P2"}
    series = server.find(
        tmp_path, "SERIES", f"StudyInstanceUID={identity.study_instance_uid}", "SeriesInstanceUID", "Modality"
    )
    assert [(one.SeriesInstanceUID, one.Modality) for one in series] == [(identity.series_instance_uid, "CT")]
    images = server.find(
        tmp_path,
        "IMAGE",
        f"StudyInstanceUID={identity.study_instance_uid}",
        f"SeriesInstanceUID={identity.series_instance_uid}",
        "SOPInstanceUID",
        "InstanceNumber=2",
    )
    assert [one.SOPInstanceUID for one in images] == [identity_of(files[1]).sop_instance_uid]


@pytest.mark.parametrize("how", ["get", "move"])
def test_dcmqrscp_delivers_what_fileroom_stored(
    server: Server, tmp_path: Path, files: list[Path], how: str
) -> None:
    identity = identity_of(files[2])
    fetch = server.get if how == "get" else server.move
    fetched = fetch(tmp_path / how, "STUDY", f"StudyInstanceUID={identity.study_instance_uid}")
    assert sorted(dataset_of(path.read_bytes()) for path in fetched) == sorted(
        dataset_of(path.read_bytes()) for path in files[2:4]
    )


def test_dcmqrscp_no_longer_delivers_what_fileroom_deleted(
    server: Server, area: Path, tmp_path: Path, files: list[Path]
) -> None:
    with open_area(area) as archive:
        (study,) = archive.find("study", PatientID="P1")
        study.delete()
    assert len(server.find(tmp_path, "STUDY", "StudyInstanceUID")) == 2
    server.store(files[2], files[3])
    check_agreement(area)


def test_an_area_is_dcmtks_again_when_fileroom_leaves(area: Path, tmp_path: Path) -> None:
    (area / "fileroom.sidecar").unlink()
    (area / ".fileroom-storage").unlink()
    with Server(area) as server:
        server.store(*make_files(tmp_path / "more", patient="Q"))
        assert len(server.find(tmp_path, "STUDY", "StudyInstanceUID")) == 4
    check_agreement(area)


# Both at once --------------------------------------------------------------------------------------------


def test_storescu_stores_while_fileroom_imports(server: Server, area: Path, tmp_path: Path) -> None:
    theirs = make_files(tmp_path / "theirs", studies=10, images=6, patient="T")
    ours = make_files(tmp_path / "ours", studies=10, images=6, patient="O")
    sender = threading.Thread(target=server.store, args=[tmp_path / "theirs"])
    with open_area(area) as archive:
        sender.start()
        for file in ours:
            assert archive.store(file).status == "stored"
            assert archive.count("instance", SOPInstanceUID=identity_of(file).sop_instance_uid) == 1
        sender.join()
        assert archive.count("instance") == 126
    listed = check_agreement(area)
    assert {one["SOPInstanceUID"] for one in listed.records.values()} >= {
        identity_of(file).sop_instance_uid for file in (*theirs, *ours)
    }


def write_together(tmp_path: Path, count: int) -> None:
    """Let two processes of Fileroom and one of dcmqridx write at once, while this one reads."""
    area = tmp_path / "area"
    sources = [tmp_path / name for name in ("stored", "registered", "theirs")]
    for number, source in enumerate(sources):
        source.mkdir()
        for position, instance in enumerate(Corpus(count, 4_000, seed=number)):
            (source / f"{position}.dcm").write_bytes(instance.data)
    stored, registered, theirs = (sorted(source.iterdir()) for source in sources)
    with (
        open_area(area) as archive,
        Worker(area, "store", stored) as storing,
        Worker(area, "register", registered) as registering,
    ):
        indexing = threading.Thread(target=register, args=[area, *theirs])
        for one in (storing, registering):
            one.go()
        indexing.start()
        seen: list[int] = []
        while indexing.is_alive() or not seen:
            seen += [one.sequence for one in changes_of(archive, since=seen[-1] if seen else 0)]
        indexing.join()
        assert len(storing.told()) == len(registering.told()) == count
        seen += [one.sequence for one in changes_of(archive, since=seen[-1])]
        assert seen == [one.sequence for one in changes_of(archive)]
        assert archive.count("instance") == 3 * count
    assert len(check_agreement(area).records) == 3 * count


def test_three_writers_lose_nothing_of_each_other(tmp_path: Path) -> None:
    write_together(tmp_path, 60)


@pytest.mark.slow
def test_three_writers_of_a_thousand_files_each_lose_nothing(tmp_path: Path) -> None:
    write_together(tmp_path, 1000)


def test_many_that_begin_an_area_together_have_one(tmp_path: Path) -> None:
    files = make_files(tmp_path / "source", studies=9)
    area = tmp_path / "area"
    errors: list[BaseException] = []

    def begin(part: list[Path]) -> None:
        try:
            with open_area(area) as archive:
                archive.ingest(part)
        except BaseException as error:  # noqa: BLE001 - a thread's error would be lost
            errors.append(error)

    area.mkdir()
    threads = [threading.Thread(target=begin, args=[files[start : start + 3]]) for start in (0, 3)]
    threads.append(threading.Thread(target=run_dcmtk, args=["dcmqridx", "-q", area, *files[6:]]))
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert errors == []
    assert len(check_agreement(area).records) == 9


# Lost and made again -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [["index.dat"], ["fileroom.sidecar"], ["index.dat", "fileroom.sidecar"]])
def test_a_rebuild_finds_everything_again(
    area: Path, tmp_path: Path, files: list[Path], lost: list[str]
) -> None:
    external = make_files(tmp_path / "external", patient="E")
    with open_area(area) as archive:
        archive.register(external)
        (study,) = archive.find("study", PatientID="P0")
        study.labels.add("mine")
    for name in lost:
        (area / name).unlink()
    with open_area(area) as archive:
        archive.rebuild()
        # A file that lies elsewhere is known to the two files only.
        assert archive.count("instance") == (6 if len(lost) == 2 else 7)
        assert archive.count("study", labels=["mine"]) == ("fileroom.sidecar" not in lost)
        assert archive.count("study", PatientName="doe^p*") == 3
    listed = check_agreement(area)
    assert len(listed.records) == (6 if len(lost) == 2 else 7)
    with Server(area) as server:
        assert len(server.find(tmp_path, "STUDY", "StudyInstanceUID", "PatientID=P*")) == 3
