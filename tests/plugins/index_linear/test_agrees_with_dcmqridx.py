"""The real dcmqridx and Fileroom: the same records of the same files, and the same understanding of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom._uid_dict import UID_dictionary

from fileroom.header import HeaderReader
from fileroom.tags import TagSet
from fileroom_plugins.index_linear.describing import describe
from fileroom_plugins.index_linear.fields import HEADER_TAGS
from fileroom_plugins.index_linear.record import Record, decode, encode
from fileroom_plugins.index_linear.text import record_of
from tests.dcmtk import needs_dcmtk
from tests.plugins.index_linear.dicom_bytes import dicom_file
from tests.plugins.index_linear.golden import tidy
from tests.plugins.index_linear.odd_objects import Attributes, objects
from tests.plugins.index_linear.registered import registered
from tests.thorough import times

pytestmark = needs_dcmtk

NO_OBJECTS = ("Media Storage Directory Storage",)
READER = HeaderReader(TagSet.default().reading_too(HEADER_TAGS))


def theirs(data: bytes) -> Record:
    record = decode(data)
    assert record is not None
    return record


def ours(file: bytes, like: Record) -> Record:
    header = READER.read(file)
    return record_of(header, file_name=like.file_name, size=len(file), recorded=like.recorded, new=True)


def without_padding(record: Record) -> Record:
    """Return a record without what a header does not tell: spaces at the ends of values."""
    stripped = {keyword: value.strip(b" ") for keyword, value in record.values.items()}
    values = {keyword: value for keyword, value in stripped.items() if value}
    return replace(record, values=values, description=record.description.rstrip(b" "))


def check(several: list[tuple[bytes, Attributes]]) -> None:
    files = {
        f"{number}.dcm": dicom_file(number, attributes, sop_class=sop_class)
        for number, (sop_class, attributes) in enumerate(several)
    }
    records = registered(files)
    assert records.keys() == files.keys()
    for name, file in files.items():
        like = theirs(records[name])
        found = encode(ours(file, like))
        assert without_padding(theirs(found)) == without_padding(like)
        if like == without_padding(like):
            assert found == tidy(records[name])


@settings(max_examples=25, deadline=None)
@given(st.lists(objects(), min_size=1, max_size=8))
def test_it_writes_the_records_that_we_write(several: list[tuple[bytes, Attributes]]) -> None:
    check(several)


@pytest.mark.slow
@settings(max_examples=times(120), deadline=None)
@given(st.lists(objects(), min_size=1, max_size=12))
def test_it_writes_the_records_that_we_write_of_many_more(several: list[tuple[bytes, Attributes]]) -> None:
    check(several)


def test_it_describes_instances_of_every_class_as_we_do() -> None:
    flags = {0x0040A491: ("CS", b"C"), 0x0040A492: ("LO", b"D"), 0x0040A493: ("CS", b"V")}
    others = {0x00204000: ("LT", b"comment"), 0x00700080: ("CS", b"LABEL"), 0x00700081: ("LO", b"state")}
    known = [
        uid for uid, what in UID_dictionary.items() if what[1] == "SOP Class" and what[0] not in NO_OBJECTS
    ]
    reports = [f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in range(1, 80)]
    classes = sorted({*known, *reports})
    files = {uid: dicom_file(at, flags | others, sop_class=uid.encode()) for at, uid in enumerate(classes)}
    found = {uid: theirs(data).description.decode() for uid, data in registered(files).items()}
    assert len(found) > 300
    assert found == {uid: describe(uid, READER.read(files[uid]).tags) for uid in files}


@pytest.mark.parametrize(
    ("vr", "value", "stored"),
    [
        ("LO", b"  lead", b"  lead"),  # which means nothing, and no header tells of it
        ("LO", b"left \0right", b"left "),
        ("UN", b"unknown", b""),  # we know the attribute, and read it
        ("US", b"\7\0", b""),
    ],
)
def test_its_records_hold_what_the_file_holds_where_ours_hold_what_it_means(
    vr: str, value: bytes, stored: bytes
) -> None:
    file = dicom_file(1, {0x00081030: (vr, value)})
    like = theirs(registered({"1.dcm": file})["1.dcm"])
    assert like.values.get("StudyDescription", b"") == stored
    assert ours(file, like).values.get("StudyDescription", b"") in (stored.strip(b" "), b"unknown")


def test_bytes_that_are_not_as_declared_stay_in_its_record_and_become_utf_8_in_ours() -> None:
    file = dicom_file(1, {0x00100010: ("PN", b"M\xfcller")})
    like = theirs(registered({"1.dcm": file})["1.dcm"])
    record = ours(file, like)
    assert like.values["PatientName"] == b"M\xfcller"
    assert record.values["PatientName"] == "Müller".encode()
    assert record.values["SpecificCharacterSet"] == b"ISO_IR 192"


def test_it_shows_half_a_character_whose_second_byte_is_a_backslash_where_we_show_all_of_it() -> None:
    tags = {0x00080005: ("CS", b"GB18030"), 0x00700081: ("LO", b"\x81\\")}
    file = dicom_file(1, tags, sop_class=b"1.2.840.10008.5.1.4.1.1.11.1")
    like = theirs(registered({"1.dcm": file})["1.dcm"])
    assert (like.description, ours(file, like).description) == (b"\x81", b"\x81\\")
