"""Records: written and read, cut and damaged."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom_plugins.index_linear.fields import (
    FIELDS,
    FILE_NAME_FIELD,
    PARAM_SIZE,
    PARAMS_AT,
    RECORD_SIZE,
    SIZE_AT,
    STATUS_AT,
)
from fileroom_plugins.index_linear.record import FREE, DamagedRecordError, Record, decode, encode
from tests.plugins.index_linear.golden import tidy
from tests.plugins.index_linear.records import PLAIN, SIZES, UIDS, records

FIELD = {one.keyword: one for one in reversed(FIELDS)}
TWICE = ["StudyDescription", "NameOfPhysiciansReadingStudy"]


def known(data: bytes | bytearray) -> Record:
    record = decode(bytes(data))
    assert record is not None
    return record


def with_value(keyword: str, value: bytes) -> Record:
    return replace(PLAIN, values={**PLAIN.values, keyword: value})


@given(records())
def test_what_is_written_is_read_back(record: Record) -> None:
    data = encode(record)
    assert len(data) == RECORD_SIZE
    assert decode(data) == record
    assert decode(memoryview(data)) == record
    assert tidy(data) == data


@pytest.mark.parametrize("number", range(len(FIELDS)), ids=lambda number: FIELDS[number].keyword)
def test_each_value_stands_in_its_field_and_its_parameter_has_its_length(number: int) -> None:
    keyword, tag, offset, size = FIELDS[number]
    value = b"7" * (size - 1)
    data = encode(with_value(keyword, value))
    assert data[offset : offset + size] == value + b"\0"
    parameter = struct.unpack_from("<QIHH", data, PARAMS_AT + number * PARAM_SIZE)
    assert parameter == (0, size - 1, tag >> 16, tag & 0xFFFF)


@pytest.mark.parametrize("keyword", SIZES)
def test_values_longer_than_their_field_are_cut(keyword: str) -> None:
    size = SIZES[keyword]
    long = encode(with_value(keyword, b"8" * size * 2))
    assert long == encode(with_value(keyword, b"8" * (size - 1)))


def test_long_file_names_classes_and_descriptions_are_cut_too() -> None:
    long = replace(PLAIN, file_name=b"f" * 300, sop_class_uid=b"1" * 100, description=b"d" * 200)
    record = known(encode(long))
    assert (record.file_name, record.sop_class_uid, record.description) == (b"f" * 256, b"1" * 64, b"d" * 128)


def test_the_size_of_a_huge_file_stays_a_number_of_32_bits() -> None:
    assert known(encode(replace(PLAIN, size=1 << 33))).size == 0xFFFF_FFFF


def test_a_free_record_is_nothing_whatever_lies_in_it() -> None:
    assert decode(FREE) is None
    assert decode(b"\0" + b"x" * (RECORD_SIZE - 1)) is None


def test_what_stands_behind_a_nul_is_not_read() -> None:
    data = bytearray(encode(PLAIN))
    data[len(PLAIN.file_name) + 1 : FILE_NAME_FIELD[1]] = b"x" * (
        FILE_NAME_FIELD[1] - len(PLAIN.file_name) - 1
    )
    for one in FIELDS:
        end = data.index(0, one.offset)
        data[end + 1 : one.offset + one.size] = b"x" * (one.offset + one.size - end - 1)
    assert known(data) == PLAIN


@pytest.mark.parametrize("keyword", TWICE)
def test_attributes_that_dcmtk_keeps_twice_are_read_from_either_place(keyword: str) -> None:
    record = with_value(keyword, b"Head")
    data = bytearray(encode(record))
    assert data.count(b"Head\0") == 2
    first = FIELD[keyword]
    data[first.offset] = 0
    assert known(data) == record


@pytest.mark.parametrize(("status", "new"), [(0, False), (1, True), (2, True), (255, True)])
def test_every_status_but_0_is_new(status: int, *, new: bool) -> None:
    data = bytearray(encode(PLAIN))
    data[STATUS_AT] = status
    assert known(data).new is new


@pytest.mark.parametrize("keyword", ["PatientID", *UIDS])
def test_an_identifier_without_an_end_is_damage(keyword: str) -> None:
    data = bytearray(encode(PLAIN))
    _, _, offset, size = FIELD[keyword]
    data[offset : offset + size] = b"9" * size
    with pytest.raises(DamagedRecordError, match=keyword) as caught:
        decode(bytes(data))
    assert "99" not in str(caught.value)


def test_a_file_name_without_an_end_is_damage() -> None:
    with pytest.raises(DamagedRecordError, match="file name"):
        decode(b"f" * FILE_NAME_FIELD[1] + encode(PLAIN)[FILE_NAME_FIELD[1] :])


@pytest.mark.parametrize("keyword", UIDS)
def test_a_uid_that_is_not_there_is_damage(keyword: str) -> None:
    with pytest.raises(DamagedRecordError, match=f"no {keyword}"):
        decode(encode(with_value(keyword, b"")))


def test_a_patient_without_an_id_is_none() -> None:
    record = with_value("PatientID", b"")
    assert "PatientID" not in known(encode(record)).values


@pytest.mark.parametrize("keyword", sorted(SIZES.keys() - {"PatientID", *UIDS}))
def test_any_other_text_without_an_end_ends_with_its_field(keyword: str) -> None:
    data = bytearray(encode(PLAIN))
    for one in FIELDS:
        if one.keyword == keyword:
            data[one.offset : one.offset + one.size] = b"9" * one.size
    assert known(data).values[keyword] == b"9" * SIZES[keyword]


@pytest.mark.parametrize("length", [0, 1, SIZE_AT, RECORD_SIZE - 1])
def test_a_record_that_is_cut_short_is_damage(length: int) -> None:
    with pytest.raises(DamagedRecordError, match="cut short"):
        decode(encode(PLAIN)[:length])


@given(records(), st.lists(st.tuples(st.integers(0, RECORD_SIZE - 1), st.binary(min_size=1, max_size=300))))
def test_bytes_of_any_kind_are_read_or_refused(record: Record, scribbles: list[tuple[int, bytes]]) -> None:
    data = bytearray(encode(record))
    for offset, scribble in scribbles:
        data[offset : offset + len(scribble)] = scribble
    try:
        read = decode(bytes(data[:RECORD_SIZE]))
    except DamagedRecordError:
        return
    assert read is None or all(read.values[uid] for uid in UIDS)
