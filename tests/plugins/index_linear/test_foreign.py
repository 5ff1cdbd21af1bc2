"""What DCMTK's programs do to an area, Fileroom sees at its next operation."""

from __future__ import annotations

import fcntl
import logging
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fileroom.model import ChangeType, Level
from fileroom.testing.datasets import make_instance
from fileroom_plugins.index_linear.fields import (
    FILE_NAME,
    NOT_NEW,
    RECORD_SIZE,
    RECORDED_AT,
    RECORDS_OFFSET,
    STATUS_AT,
)
from tests.areas import (
    changes_of,
    check_agreement,
    file_of,
    instances_of,
    make_files,
    open_area,
)
from tests.dcmtk import Server, needs_dcmtk, printed, register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive

pytestmark = needs_dcmtk


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """An area of dcmqridx's, with two studies of two images."""
    folder = tmp_path / "area"
    folder.mkdir()
    register(folder, *make_files(tmp_path / "source", studies=2, images=2))
    return folder


@pytest.fixture
def archive(area: Path) -> Iterator[Archive]:
    with open_area(area) as archive:
        yield archive


def news(archive: Archive, since: int) -> list[tuple[ChangeType, Level]]:
    return [(one.type, one.level) for one in changes_of(archive, since)]


def last(archive: Archive) -> int:
    return changes_of(archive)[-1].sequence


def put(path: Path, sop_uid: str, number: int = 1, study: str = "1.9") -> Path:
    """Write a file; numbers of as many digits make files of one size."""
    path.write_bytes(make_instance(sop_uid=sop_uid, study_uid=study, instance_number=number, rows=0))
    return path


def write_at(area: Path, offset: int, data: bytes) -> None:
    """Write into ``index.dat`` as DCMTK's programs do."""
    with (area / FILE_NAME).open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(offset)
        file.write(data)


def register_long_ago(area: Path, file: Path) -> None:
    """Let dcmqridx register a file into the fifth record, in another second than what is registered now."""
    register(area, file)
    write_at(area, RECORDS_OFFSET + 4 * RECORD_SIZE + RECORDED_AT, struct.pack("<d", 1e9))


# Added ---------------------------------------------------------------------------------------------------


def test_what_dcmqridx_registers_is_there_at_the_next_operation(
    archive: Archive, area: Path, tmp_path: Path
) -> None:
    before = last(archive)
    (file,) = make_files(tmp_path / "more", patient="Q")
    register(area, file, new=False)
    (found,) = archive.find("instance", PatientName="doe^q*")
    assert found.open().read() == file.read_bytes()
    assert news(archive, before) == [
        (ChangeType.NEW_PATIENT, Level.PATIENT),
        (ChangeType.NEW_STUDY, Level.STUDY),
        (ChangeType.NEW_SERIES, Level.SERIES),
        (ChangeType.NEW_INSTANCE, Level.INSTANCE),
    ]
    listing = archive.index.listing()
    assert listing
    assert [one.new for one in listing.instances] == [True] * 4 + [False]
    check_agreement(area)


def test_both_use_the_record_that_the_other_freed(archive: Archive, area: Path, tmp_path: Path) -> None:
    gone, first, second = list(instances_of(archive).values())[:3]
    gone.delete()
    first.delete()
    assert sorted(printed(area).records) == [2, 3]
    ours, theirs = make_files(tmp_path / "more", patient="Q", images=2)
    register(area, theirs)
    archive.register([ours])
    assert sorted(check_agreement(area).records) == [0, 1, 2, 3]
    second.delete()
    assert sorted(check_agreement(area).records) == [0, 1, 3]


def test_what_both_add_in_turn_has_one_log_and_one_order(
    archive: Archive, area: Path, tmp_path: Path
) -> None:
    files = make_files(tmp_path / "more", patient="Q", images=8)
    for number, file in enumerate(files):
        if number % 2:
            archive.register([file])
        else:
            register(area, file)
    assert len(check_agreement(area).records) == 12
    ids = [one.id for one in changes_of(archive) if one.type is ChangeType.NEW_INSTANCE]
    assert [archive.get(id_)["InstanceNumber"] for id_ in ids[4:]] == [str(number) for number in range(1, 9)]


# Replaced ------------------------------------------------------------------------------------------------


def test_a_file_that_is_registered_for_the_same_instance_takes_its_place(
    archive: Archive, area: Path, tmp_path: Path
) -> None:
    register(area, put(tmp_path / "old.dcm", "1.2", 1))
    (instance,) = archive.find("instance", SOPInstanceUID="1.2")
    instance.labels.add("mine")
    before = last(archive)
    new = put(tmp_path / "new.dcm", "1.2", 2)
    register(area, new)
    (replaced,) = archive.find("instance", SOPInstanceUID="1.2")
    assert (replaced.id, replaced["InstanceNumber"], list(replaced.labels)) == (instance.id, "2", ["mine"])
    assert replaced.open().read() == new.read_bytes()
    assert news(archive, before) == [(ChangeType.REPLACED_INSTANCE, Level.INSTANCE)]
    check_agreement(area)


@pytest.mark.parametrize("digest_known", [False, True])
def test_a_file_that_was_changed_and_registered_again_is_another(
    archive: Archive, area: Path, tmp_path: Path, *, digest_known: bool
) -> None:
    file = put(tmp_path / "one.dcm", "1.2", 1)
    register_long_ago(area, file)
    (instance,) = archive.find("instance", SOPInstanceUID="1.2")
    if digest_known:
        archive.index.held([instance.id])
    before = last(archive)
    size = file.stat().st_size
    assert put(file, "1.2", 2).stat().st_size == size
    register(area, file)
    (replaced,) = archive.find("instance", SOPInstanceUID="1.2")
    assert replaced["InstanceNumber"] == "2"
    assert news(archive, before) == [(ChangeType.REPLACED_INSTANCE, Level.INSTANCE)]
    assert list(archive.verify()) == []


@pytest.mark.parametrize("digest_known", [False, True])
def test_a_file_that_is_registered_again_unchanged_changes_nothing(
    archive: Archive, area: Path, tmp_path: Path, *, digest_known: bool
) -> None:
    file = put(tmp_path / "one.dcm", "1.2", 1)
    register_long_ago(area, file)
    (instance,) = archive.find("instance", SOPInstanceUID="1.2")
    if digest_known:
        archive.index.held([instance.id])
    before, details = last(archive), archive.details(instance.id)
    register(area, file)
    assert archive.details(instance.id) == details
    assert changes_of(archive, before) == []


def test_an_instance_in_two_studies_is_two(archive: Archive, area: Path, tmp_path: Path) -> None:
    register(area, put(tmp_path / "one.dcm", "1.2", study="1.8"))
    register(area, put(tmp_path / "two.dcm", "1.2", study="1.9"))
    assert archive.count("instance", SOPInstanceUID="1.2") == 2


def test_a_file_that_two_records_lead_to_outlives_the_first_that_is_deleted(
    archive: Archive, area: Path
) -> None:
    file = put(area / "CT_0123456789abcdef.dcm", "1.2")
    register(area, file)
    register(area, put(file, "1.3"))
    first, second = (archive.find("instance", SOPInstanceUID=uid).first() for uid in ("1.2", "1.3"))
    assert first
    assert second
    assert file_of(archive, first) == file_of(archive, second)
    first.delete()
    assert file.exists()
    second.delete()
    assert not file.exists()


def test_a_record_that_is_marked_as_reviewed_is_no_news(archive: Archive, area: Path) -> None:
    before = last(archive)
    rows = [archive.index.get([one.id]) for one in archive.find("instance")]
    write_at(area, RECORDS_OFFSET + RECORD_SIZE + STATUS_AT, bytes([NOT_NEW]))
    listing = archive.index.listing()
    assert listing
    assert [one.new for one in listing.instances] == [True, False, True, True]
    assert [archive.index.get([one.id]) for one in archive.find("instance")] == rows
    assert changes_of(archive, before) == []


# Gone ----------------------------------------------------------------------------------------------------


def test_a_study_that_dcmqrscp_has_no_room_for_is_deleted(tmp_path: Path) -> None:
    area = tmp_path / "area"
    area.mkdir()
    with Server(area, studies=1) as server:
        server.store(*make_files(tmp_path / "old", images=2))
        with open_area(area) as archive:
            (old,) = archive.find("study")
            old.labels.add("mine")
            before = last(archive)
            server.store(*make_files(tmp_path / "new", patient="N"))
            assert [one["PatientID"] for one in archive.find("study")] == ["N0"]
            gone = [change for change in changes_of(archive, before) if change.type is ChangeType.DELETED]
            assert [one.level for one in gone] == [
                Level.INSTANCE,
                Level.INSTANCE,
                Level.SERIES,
                Level.STUDY,
                Level.PATIENT,
            ]
            assert gone[3].id == old.id
    check_agreement(area)


def test_what_dcmqridx_drops_at_its_501st_study_stays_archived(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    area = tmp_path / "area"
    area.mkdir()
    files = [put(tmp_path / f"{number}.dcm", f"1.2.{number}", study=f"1.{number}") for number in range(501)]
    register(area, *files[:500])
    with open_area(area) as archive:
        first = archive.find("instance", SOPInstanceUID="1.2.0").first()
        assert first
        assert archive.count("study") == 500
        before = last(archive)
        register(area, files[500])
        with caplog.at_level(logging.WARNING):
            assert archive.count("study") == 501
        dropped = {str(number) for number in range(501)} - {
            one["SOPInstanceUID"].rpartition(".")[2] for one in printed(area).records.values()
        }
        assert len(dropped) == 1
        (uid,) = (f"1.2.{number}" for number in dropped)
        assert "left their files: 1 stay archived" in caplog.text
        (instance,) = archive.find("instance", SOPInstanceUID=uid)
        assert archive.get(instance.id) == instance
        assert instance.open().read() == files[int(uid.rpartition(".")[2])].read_bytes()
        assert ChangeType.DELETED not in [kind for kind, _ in news(archive, before)]
    check_agreement(area, unseen=[uid])
