"""Beyond DCMTK's limits Fileroom keeps and finds everything, and DCMTK sees, soundly, what fits."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fileroom.external import ExternalFiles
from fileroom.index import Entry, Overwrite
from fileroom.model import AttachmentRecord, Header, Identity, Level
from fileroom.query import Query
from fileroom.query_parse import parse_query
from fileroom.storage import external_locator
from fileroom.tags import TagSet
from fileroom.testing.datasets import make_instance
from fileroom.testing.entries import CT_IMAGE
from fileroom_plugins.index_linear.fields import STUDIES, STUDY_BYTES, STUDY_IMAGES
from fileroom_plugins.index_linear.index import LinearIndex
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.areas import check_agreement, identity_of, instances_of, make_files, open_area
from tests.dcmtk import Server, needs_dcmtk, printed, register

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom.archive import Archive

pytestmark = needs_dcmtk

TAGS = TagSet.default()


@pytest.fixture
def area(tmp_path: Path) -> Path:
    folder = tmp_path / "area"
    folder.mkdir()
    return folder


@pytest.fixture
def archive(area: Path) -> Iterator[Archive]:
    with open_area(area) as archive:
        yield archive


@pytest.fixture
def index(area: Path) -> Iterator[LinearIndex]:
    index = LinearIndex(area, TAGS)
    index.use_storage(ExternalFiles(FilesystemStorage(area)))
    yield index
    index.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file for entries that tell of others than it holds."""
    path = tmp_path / "x.dcm"
    path.write_bytes(b"x")
    return path


def entry(file: Path, study: int, image: int, *, size: int = 1000) -> Entry:
    """Return an entry that leads to a file, and tells of any size."""
    uid = f"1.2.{study}.{image}"
    identity = Identity(f"P{study}", f"1.2.{study}", f"1.2.{study}.0", uid)
    tags = {"PatientID": f"P{study}", "StudyInstanceUID": f"1.2.{study}", "InstanceNumber": str(image)}
    record = AttachmentRecord(
        1,
        f"00000000-0000-4000-8000-{study:04x}{image:08x}",
        size,
        f"md5:{uid}",
        external_locator(file),
        size,
        "",
    )
    return Entry(Header(identity, CT_IMAGE, "", tags), record)


def seen(area: Path) -> dict[str, tuple[int, int]]:
    """Return what DCMTK sees of each study, after making sure that its two parts agree."""
    listed = printed(area)
    counted: dict[str, tuple[int, int]] = {}
    for one in listed.records.values():
        size, images = counted.get(one["StudyInstanceUID"], (0, 0))
        counted[one["StudyInstanceUID"]] = size + int(one["ImageSize"]), images + 1
    assert counted == listed.studies
    return counted


def count(index: LinearIndex, level: str, **keys: str) -> int:
    return index.count(parse_query(level, keys, TAGS).query)


# Studies -------------------------------------------------------------------------------------------------


def test_fileroom_keeps_more_studies_than_dcmtk_has_room_for(
    index: LinearIndex, area: Path, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        index.commit([entry(file, study, 1) for study in range(STUDIES + 2)])
    assert "instances beyond DCMTK's limits: 2;" in caplog.text
    assert count(index, "study") == STUDIES + 2
    assert count(index, "study", StudyInstanceUID=f"1.2.{STUDIES + 1}") == 1
    assert seen(area).keys() == {f"1.2.{study}" for study in range(STUDIES)}
    # More of a study that DCMTK sees fits; of one that it does not, nothing ever does.
    index.commit([entry(file, 0, 2), entry(file, STUDIES, 2)])
    assert seen(area)["1.2.0"] == (2000, 2)
    assert f"1.2.{STUDIES}" not in seen(area)
    assert count(index, "instance") == STUDIES + 4
    (note,) = index.notes()
    assert "DCMTK does not see 3 of the instances" in note


def test_room_that_became_free_is_used_after_a_rebuild(area: Path, tmp_path: Path) -> None:
    files = make_files(tmp_path / "source", studies=STUDIES + 1)
    with open_area(area) as archive:
        assert archive.register(files).stored == STUDIES + 1
        unseen = identity_of(files[-1])
        check_agreement(area, unseen=[unseen.sop_instance_uid])
        (study,) = archive.find("study", PatientID="P7")
        study.delete()
        check_agreement(area, unseen=[unseen.sop_instance_uid])
        archive.rebuild()
    listed = check_agreement(area)
    assert len(listed.studies) == STUDIES
    assert unseen.study_instance_uid in listed.studies


@pytest.mark.slow
def test_dcmtk_goes_on_with_a_full_area(area: Path, tmp_path: Path) -> None:
    """DCMTK drops a study of its own choice for a new one; Fileroom drops nothing."""
    files = make_files(tmp_path / "source", studies=STUDIES + 3)
    with open_area(area) as archive:
        archive.register(files[:STUDIES])
        with Server(area) as server:
            assert len(server.find(tmp_path, "STUDY", "StudyInstanceUID", "PatientID=P7")) == 1
        register(area, files[STUDIES])
        assert archive.count("study") == STUDIES + 1
        archive.register(files[STUDIES + 1 :])
        assert archive.count("study") == STUDIES + 3
        assert {file.exists() for file in files} == {True}
        seen = {one["SOPInstanceUID"] for one in printed(area).records.values()}
        unseen = {identity_of(file).sop_instance_uid for file in files} - seen
        assert len(unseen) == 3
    check_agreement(area, unseen=unseen)


# Images and bytes of a study -----------------------------------------------------------------------------


def test_fileroom_keeps_more_bytes_of_a_study_than_dcmtk(index: LinearIndex, area: Path, file: Path) -> None:
    third = STUDY_BYTES // 3
    index.commit([entry(file, 1, image, size=third) for image in (1, 2, 3)])
    index.commit(
        [entry(file, 1, 4, size=2), entry(file, 2, 1, size=STUDY_BYTES + 1), entry(file, 1, 5, size=1)]
    )
    assert seen(area) == {"1.2.1": (3 * third + 1, 4)}
    assert count(index, "instance") == 6
    assert index.statistics().bytes == 3 * third + 3 + STUDY_BYTES + 1


def test_sizes_beyond_four_gigabytes_are_kept(index: LinearIndex, area: Path, file: Path) -> None:
    index.commit([entry(file, 1, 1, size=5 << 30), entry(file, 1, 2, size=10)])
    assert seen(area) == {"1.2.1": (10, 1)}
    assert index.statistics().bytes == (5 << 30) + 10


@pytest.mark.slow
def test_fileroom_keeps_more_images_of_a_study_than_dcmtk(index: LinearIndex, area: Path, file: Path) -> None:
    for start in range(0, STUDY_IMAGES + 500, 500):
        index.commit([entry(file, 1, start + number) for number in range(500)])
    assert seen(area) == {"1.2.1": (1000 * STUDY_IMAGES, STUDY_IMAGES)}
    assert count(index, "instance") == STUDY_IMAGES + 500
    index.remove([index.find(Query(Level.INSTANCE, limit=1)).records[0].id])
    index.commit([entry(file, 1, 99_999)])
    assert seen(area) == {"1.2.1": (1000 * STUDY_IMAGES, STUDY_IMAGES)}


def test_a_replacement_that_does_not_fit_leaves_no_old_version_behind(
    index: LinearIndex, area: Path, file: Path
) -> None:
    index.commit([entry(file, 1, 1), entry(file, 1, 2)])
    larger = entry(file, 1, 1, size=STUDY_BYTES)
    larger = replace(larger, attachment=replace(larger.attachment, digest="md5:other"))
    index.commit([larger], Overwrite.ALWAYS)
    assert seen(area) == {"1.2.1": (1000, 1)}
    assert index.statistics().bytes == 1000 + STUDY_BYTES
    index.commit([entry(file, 1, 1)], Overwrite.ALWAYS)
    assert seen(area) == {"1.2.1": (2000, 2)}


# Names and identifiers -----------------------------------------------------------------------------------


def test_file_names_that_are_too_long_for_dcmtk_are_not_for_fileroom(
    archive: Archive, area: Path, tmp_path: Path
) -> None:
    deep = tmp_path.joinpath(*["d" * 60] * 4)
    long, short = make_files(deep, patient="L"), make_files(tmp_path / "source", patient="S")
    assert len(os.fsencode(long[0])) > 256
    assert archive.register([*long, *short]).stored == 2
    (instance,) = archive.find("instance", PatientID="L0")
    assert instance.open().read() == long[0].read_bytes()
    check_agreement(area, unseen=[instance.uid])


@pytest.mark.filterwarnings("ignore:The value length:UserWarning")
def test_a_patient_id_that_is_too_long_for_dcmtk_is_not_for_fileroom(archive: Archive, area: Path) -> None:
    long, plain = ("ü" * 128, "ü" * 127)  # 256 bytes, which fill the field as if they had been cut; and 254
    for patient_id in (long, plain):
        archive.store(make_instance(rows=0, patient_id=patient_id, character_set="ISO_IR 192"))
    assert archive.count("patient", PatientID=long) == 1
    (instance,) = [one for one in archive.find("instance") if one.series.study.patient.uid == long]
    check_agreement(area, unseen=[instance.uid])
    with open_area(area) as again:
        assert instances_of(again).keys() == instances_of(archive).keys()


@pytest.mark.parametrize("level", ["study", "series", "instance"])
def test_uids_that_are_too_long_for_dcmtk_are_not_for_fileroom(
    index: LinearIndex, area: Path, file: Path, level: str
) -> None:
    plain = entry(file, 1, 1)
    uid = "1." + "2" * 63
    identity = replace(plain.header.identity, **{f"{level.replace('instance', 'sop')}_instance_uid": uid})
    index.commit([plain, replace(plain, header=replace(plain.header, identity=identity))])
    keyword = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID"}.get(level, "SOPInstanceUID")
    assert count(index, level, **{keyword: uid}) == 1
    assert seen(area) == {"1.2.1": (1000, 1)}


def test_a_name_that_just_fits_is_seen(archive: Archive, area: Path, tmp_path: Path) -> None:
    room = 256 - len(os.fsencode(tmp_path)) - 1
    fits, long = (tmp_path / ("n" * length) for length in (room, room + 1))
    for number, path in enumerate((fits, long)):
        path.write_bytes(make_instance(rows=0, patient_id=str(number)))
    archive.register([fits, long])
    assert [
        one["Filename"]
        for one in check_agreement(area, unseen=[identity_of(long).sop_instance_uid]).records.values()
    ] == [str(fits)]


def test_times_of_long_ago_and_far_away_are_kept(index: LinearIndex, area: Path, file: Path) -> None:
    moments = [datetime(1901, 1, 1, tzinfo=UTC), datetime(2150, 1, 1, tzinfo=UTC), datetime.now(UTC)]
    moments += [datetime(1970, 1, 1, tzinfo=UTC) - timedelta(seconds=1)]
    index.commit([replace(entry(file, study, 1), received=moment) for study, moment in enumerate(moments)])
    assert [one.received for one in index.find(Query(Level.INSTANCE)).records] == moments
    assert len(seen(area)) == 4
