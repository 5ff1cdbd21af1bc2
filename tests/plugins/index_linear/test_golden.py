"""What dcmqridx wrote is read, and written again byte for byte."""

from __future__ import annotations

import pytest

from fileroom.header import HeaderReader
from fileroom.tags import TagSet
from fileroom_plugins.index_linear.fields import HEADER_TAGS, MAGIC
from fileroom_plugins.index_linear.listing import listed
from fileroom_plugins.index_linear.record import Record, decode, encode
from fileroom_plugins.index_linear.study_table import decode_table, encode_table
from fileroom_plugins.index_linear.text import header_of, record_of
from tests.plugins.index_linear.golden import AREAS, FILLED, FOLDER, table_and_records, tidy, tidy_table

TAGS = TagSet.default()
READER = HeaderReader(TAGS.reading_too(HEADER_TAGS))


def records_of(area: str) -> list[bytes]:
    return table_and_records((FOLDER / area / "index.dat").read_bytes())[1]


def known(data: bytes) -> Record:
    record = decode(data)
    assert record is not None
    return record


def test_an_empty_area_is_its_magic() -> None:
    assert (FOLDER / "empty" / "index.dat").read_bytes() == MAGIC


@pytest.mark.parametrize("area", FILLED)
def test_records_are_written_as_they_were_but_for_what_is_left_to_chance(area: str) -> None:
    for data in records_of(area):
        assert encode(known(data)) == tidy(data)


@pytest.mark.parametrize("area", AREAS)
def test_tables_of_studies_are_written_as_they_were_but_for_what_is_left_to_chance(area: str) -> None:
    table, _ = table_and_records((FOLDER / area / "index.dat").read_bytes())
    used = [study if study.images else study._replace(uid=b"") for study in decode_table(table)]
    assert encode_table(used) == tidy_table(table)


@pytest.mark.parametrize("area", FILLED)
def test_the_objects_themselves_give_the_same_records(area: str) -> None:
    for data in records_of(area):
        theirs = known(data)
        file = (FOLDER / area / theirs.file_name.decode()).read_bytes()
        ours = record_of(
            READER.read(file),
            file_name=theirs.file_name,
            size=len(file),
            recorded=theirs.recorded,
            new=theirs.new,
        )
        assert encode(ours) == tidy(data)


@pytest.mark.parametrize("area", FILLED)
def test_records_tell_of_their_objects_what_the_objects_tell(area: str) -> None:
    for data in records_of(area):
        record = known(data)
        theirs = READER.read((FOLDER / area / record.file_name.decode()).read_bytes())
        ours = header_of(record, TAGS)
        assert (ours.identity, ours.sop_class_uid) == (theirs.identity, theirs.sop_class_uid)
        assert ours.tags.items() <= theirs.tags.items()
        assert {"PatientName", "PatientID", "StudyDate", "Modality", "InstanceNumber"} <= ours.tags.keys()


@pytest.mark.parametrize("area", FILLED)
def test_the_listing_has_what_dcmqridx_printed(area: str) -> None:
    table, records = table_and_records((FOLDER / area / "index.dat").read_bytes())
    listing = listed(decode_table(table), records)
    text = (FOLDER / area / "print.txt").read_bytes().decode("utf_8", "surrogateescape")
    for study in listing.studies:
        assert (
            f"STUDY DESCRIPTOR: {study.number}\n  Study UID: {study.uid}\n  StudySize: {study.size}\n" in text
        )
    for instance in listing.instances:
        status = "is new" if instance.new else "is NOT new"
        head = f"RECORD NUMBER: {instance.number}\n  Status: {status}\n  Filename: {instance.file_name}\n"
        assert f"{head}  ImageSize: {instance.size}\n" in text
        for keyword, value in instance.values.items():
            assert f'{keyword}: "{value}"\n' in text
        assert f'  InstanceDescription: "{instance.description}"\n' in text
    assert text.rstrip().endswith(f"RECORDS IN THIS INDEXFILE: {listing.records}")
