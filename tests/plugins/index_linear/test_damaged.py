"""Damaged areas: one clear error, or a report of what was passed over; and no write into any file."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import CatalogError, FileroomError
from fileroom_plugins.index_linear.fields import (
    DESCRIPTION_FIELD,
    FIELDS,
    FILE_NAME,
    FILE_NAME_FIELD,
    MAGIC,
    RECORD_SIZE,
    RECORDED_AT,
    RECORDS_OFFSET,
    SOP_CLASS_FIELD,
    STATUS_AT,
    TABLE_OFFSET,
)
from fileroom_plugins.index_linear.record import encode
from fileroom_plugins.index_linear.study_table import Study
from tests.areas import changes_of, instances_of, open_area
from tests.dcmtk import needs_dcmtk, printed
from tests.plugins.index_linear.written import (
    index_dat,
    problems_of,
    record_of,
    unchanged,
    write_area,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom_plugins.index_linear.record import Record

IDENTIFIERS = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


# What cannot be opened -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"QRDB04" + bytes(44_000), "of another version of DCMTK"),
        (b"QRDB", "of another version of DCMTK"),
        (bytes(range(256)) * 200, "no index of DCMTK's"),
        (b"\n", "no index of DCMTK's"),
    ],
    ids=["older", "cut", "garbage", "a line"],
)
def test_what_is_no_index_is_refused_and_stays(area: Path, content: bytes, reason: str) -> None:
    write_area(area, content)
    with unchanged(area), pytest.raises(CatalogError, match=reason) as error:
        open_area(area)
    assert "fileroom rebuild" in str(error.value)
    assert str(area / FILE_NAME) in str(error.value)


@pytest.mark.parametrize("kind", ["folder", "fifo", "loop", "device", "link to a folder"])
def test_what_is_no_file_is_refused(area: Path, kind: str) -> None:
    place = area / FILE_NAME
    match kind:
        case "folder":
            place.mkdir()
        case "fifo":
            os.mkfifo(place)
        case "loop":
            place.symlink_to(place)
        case "device":
            place.symlink_to("/dev/null")
        case _:
            place.symlink_to(area)
    with pytest.raises(CatalogError, match=r"index\.dat"):
        open_area(area)


def test_an_empty_file_becomes_an_index(area: Path) -> None:
    write_area(area, b"")
    with open_area(area) as archive:
        assert archive.count("instance") == 0
    assert (area / FILE_NAME).read_bytes() == MAGIC
    assert problems_of(area, found=0) == []


# What is cut short ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [len(MAGIC), 600, RECORDS_OFFSET - 1, RECORDS_OFFSET])
def test_a_table_of_studies_that_is_cut_short_is_reported(
    area: Path, records: list[Record], size: int
) -> None:
    write_area(area, index_dat(records)[:size])
    whole = size in (len(MAGIC), RECORDS_OFFSET)
    reported = [] if whole else ["index.dat: the table of studies is cut short"]
    assert [one[: len(reported[0])] for one in problems_of(area, found=0)] == reported


@pytest.mark.parametrize("left", [1, 4096, RECORD_SIZE - 1])
def test_a_torn_last_record_is_passed_over_and_reported(area: Path, records: list[Record], left: int) -> None:
    write_area(area, index_dat(records)[: left - RECORD_SIZE])
    (problem,) = problems_of(area, found=2)
    assert problem.startswith("index.dat: a record is cut short")


def test_what_is_cut_short_is_whole_after_the_next_store(area: Path, files: list[Path]) -> None:
    records = [record_of(file) for file in files]
    write_area(area, index_dat(records)[:-100])
    with open_area(area) as archive:
        assert archive.register([files[2]]).stored == 1
        assert list(archive.index.problems()) == []
    with open_area(area) as archive:
        assert archive.count("instance") == 3


# Damaged records -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("keyword", IDENTIFIERS)
def test_a_record_whose_identifier_has_no_end_is_passed_over(
    area: Path, records: list[Record], keyword: str
) -> None:
    (field,) = [one for one in FIELDS if one.keyword == keyword]
    damaged = bytearray(encode(records[1]))
    damaged[field.offset : field.offset + field.size] = b"1" * field.size
    write_area(area, index_dat([records[0], bytes(damaged), records[2]]))
    assert problems_of(area, found=2) == [f"index.dat, record 1: its {keyword} has no end: it is passed over"]


def test_a_record_all_of_whose_fields_are_full_is_passed_over(area: Path, records: list[Record]) -> None:
    write_area(area, index_dat([b"\x01" * RECORD_SIZE, records[0], b"\xff" * RECORD_SIZE]))
    assert len(problems_of(area, found=1)) == 2


def test_fields_without_an_end_end_with_their_field(area: Path, records: list[Record]) -> None:
    full = bytearray(encode(records[0]))
    others = [(one.offset, one.size) for one in FIELDS if one.keyword not in IDENTIFIERS]
    for offset, size in (*others, SOP_CLASS_FIELD, DESCRIPTION_FIELD):
        full[offset : offset + size] = b"7" * size
    write_area(area, index_dat([bytes(full), records[2]]))
    assert problems_of(area, found=2) == []
    with open_area(area) as archive:
        assert archive.count("study", StudyID="7" * 129) == 1


@pytest.mark.parametrize("missing", IDENTIFIERS[1:])
def test_a_record_without_a_uid_is_passed_over(area: Path, records: list[Record], missing: str) -> None:
    values = {keyword: value for keyword, value in records[0].values.items() if keyword != missing}
    write_area(area, index_dat([replace(records[0], values=values | {missing: b" "}), *records[1:]]))
    assert len(problems_of(area, found=2)) == 1


def test_two_records_of_one_instance_count_once(area: Path, records: list[Record]) -> None:
    write_area(area, index_dat([records[0], records[2], records[0], records[0]]))
    assert problems_of(area, found=2) == [
        f"index.dat, record {slot}: it holds the same instance as record 0: it is passed over"
        for slot in (2, 3)
    ]


def test_what_is_removed_takes_its_second_record_with_it(area: Path, records: list[Record]) -> None:
    write_area(area, index_dat([records[0], records[1], records[0]]))
    with open_area(area) as archive:
        uid = records[0].values["SOPInstanceUID"].decode()
        instances_of(archive)[uid].delete()
        assert list(archive.index.problems()) == []
    with open_area(area) as archive:
        assert uid not in instances_of(archive)
        assert archive.count("instance") == 1


def test_a_second_record_that_is_left_alone_becomes_the_first(area: Path, records: list[Record]) -> None:
    write_area(area, index_dat([records[0], records[1], records[0]]))
    with open_area(area) as archive:
        before = changes_of(archive)
        write_area(area, index_dat([bytes(RECORD_SIZE), records[1], records[0]]))
        assert archive.count("instance") == 2
        assert list(archive.index.problems()) == []
        assert changes_of(archive) == before


@pytest.mark.parametrize("status", [2, 7, 255])
def test_a_status_that_no_instance_has_means_new(area: Path, records: list[Record], status: int) -> None:
    odd = bytearray(encode(records[0]))
    odd[STATUS_AT] = status
    write_area(area, index_dat([bytes(odd)]))
    assert problems_of(area, found=1) == []
    with open_area(area) as archive:
        listing = archive.index.listing()
        assert listing
        assert [one.new for one in listing.instances] == [True]


@pytest.mark.parametrize("moment", ["nan", "inf", "-inf", "-1e9", "1e300", "-0.0"])
def test_a_date_that_is_none_is_no_obstacle(
    area: Path, records: list[Record], files: list[Path], moment: str
) -> None:
    odd = bytearray(encode(records[0]))
    odd[RECORDED_AT : RECORDED_AT + 8] = struct.pack("<d", float(moment))
    uid = records[0].values["StudyInstanceUID"]
    write_area(area, index_dat([bytes(odd)], [Study(uid, 1, float(moment), 1)]))
    assert problems_of(area, found=1) == []
    with open_area(area) as archive:
        assert archive.register(files[1:]).stored == 2
        assert len(archive.index.oldest_studies(5)) == 2
        (one,) = archive.find("instance", SOPInstanceUID=records[0].values["SOPInstanceUID"].decode())
        one.delete()
        assert archive.count("instance") == 2


def test_a_table_of_studies_that_drifted_is_counted_anew_by_a_rebuild(
    area: Path, records: list[Record], files: list[Path]
) -> None:
    other = Study(b"1.2.3", 12, 0.0, 9)
    wrong = Study(records[0].values["StudyInstanceUID"], 4_000_000_000, 1e9, 77)
    write_area(area, index_dat(records, [other, wrong]))
    with open_area(area) as archive:
        archive.rebuild()
        listing = archive.index.listing()
        assert listing
        sizes = [file.stat().st_size for file in files]
        assert {one.uid: (one.size, one.images) for one in listing.studies} == {
            records[0].values["StudyInstanceUID"].decode(): (sizes[0] + sizes[1], 2),
            records[2].values["StudyInstanceUID"].decode(): (sizes[2], 1),
        }


# While it is open ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_an_index_that_was_damaged_while_open_fails_clearly_until_it_is_back(
    area: Path, records: list[Record], files: list[Path], damage: bytes | None
) -> None:
    content = index_dat(records)
    write_area(area, content)
    with open_area(area) as archive:
        assert len(changes_of(archive)) == 9
        place = area / FILE_NAME
        place.unlink()
        if damage is not None:
            place.write_bytes(damage)
        for _ in range(2):
            with pytest.raises(CatalogError, match=r"index\.dat"):
                archive.count("instance")
            with pytest.raises(FileroomError, match=r"index\.dat"):
                archive.register([files[0]])
        assert damage is None or place.read_bytes() == damage
        write_area(area, content)
        assert archive.count("instance") == 3
        assert len(changes_of(archive)) == 9


@needs_dcmtk
def test_dcmtk_reads_what_fileroom_wrote_into_a_damaged_area(
    area: Path, records: list[Record], files: list[Path]
) -> None:
    damaged = b"\x01" * FILE_NAME_FIELD[1] + encode(records[0])[FILE_NAME_FIELD[1] :]
    write_area(area, index_dat([damaged, records[1]])[: TABLE_OFFSET + 100])
    with open_area(area) as archive:
        assert archive.register(files).stored == 3
    assert len(printed(area).records) == 3
