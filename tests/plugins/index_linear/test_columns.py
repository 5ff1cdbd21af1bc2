"""Records as columns, and their marks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom_plugins.index_linear.columns import RECORD, mark, marks
from fileroom_plugins.index_linear.fields import (
    FIELDS,
    FILE_NAME_FIELD,
    PARAM_SIZE,
    PARAMS_AT,
    RECORD_SIZE,
    RECORDED_AT,
    RECORDS_OFFSET,
    SIZE_AT,
    SOP_CLASS_FIELD,
    STATUS_AT,
)
from fileroom_plugins.index_linear.record import FREE, Record, encode
from tests.plugins.index_linear.records import PLAIN, UIDS, records

IDENTIFYING = {
    "file name": FILE_NAME_FIELD,
    "SOP class": SOP_CLASS_FIELD,
    "recorded": (RECORDED_AT, 8),
    "size": (SIZE_AT, 4),
    "status": (STATUS_AT, 1),
    **{one.keyword: one[2:] for one in FIELDS if one.keyword in ("PatientID", "PatientName", *UIDS)},
}


def columns(*data: bytes) -> np.ndarray:
    return np.frombuffer(b"".join(data), RECORD)


def text(stored: np.bytes_) -> bytes:
    return bytes(stored).partition(b"\0")[0]


@given(records())
def test_columns_show_what_records_hold(record: Record) -> None:
    (row,) = columns(encode(record))
    assert row["recorded"] == record.recorded
    assert row["size"] == record.size
    assert row["status"] == record.new
    shown = {
        "file_name": record.file_name,
        "sop_class": record.sop_class_uid,
        "description": record.description,
        "patient_id": record.values.get("PatientID", b""),
        "patient_name": record.values.get("PatientName", b""),
        "study_uid": record.values["StudyInstanceUID"],
        "series_uid": record.values["SeriesInstanceUID"],
        "sop_uid": record.values["SOPInstanceUID"],
        "study_description": record.values.get("StudyDescription", b""),
        "specific_character_set": record.values.get("SpecificCharacterSet", b""),
    }
    assert {name: text(row[name]) for name in shown} == shown


def test_every_attribute_has_a_column_once() -> None:
    assert len(RECORD.names or ()) == 6 + len({one.keyword for one in FIELDS})
    assert RECORD.itemsize == RECORD_SIZE


@given(st.lists(st.none() | records(), max_size=4))
def test_marks_of_many_are_those_of_each_and_only_free_ones_have_none(several: list[Record | None]) -> None:
    data = [encode(one) if one else FREE for one in several]
    found = marks(columns(*data))
    assert found.tolist() == [mark(one) for one in data]
    assert [bool(one) for one in found] == [one is not None for one in several]


def test_a_free_record_has_no_mark_whatever_lies_in_it() -> None:
    assert mark(b"\0" + encode(PLAIN)[1:]) == 0


def test_marks_stay_the_same_in_all_versions_since_they_are_kept() -> None:
    assert mark(encode(PLAIN)) == 12_987_524_544_657_682_076


@pytest.mark.parametrize("what", IDENTIFYING)
def test_a_different_byte_in_what_identifies_a_record_makes_a_different_mark(what: str) -> None:
    data = encode(replace(PLAIN, file_name=b"f" * 256))
    offset, size = IDENTIFYING[what]
    seen = {mark(data)}
    for at in range(offset, offset + size):
        for bit in (1, 0x80):
            changed = bytearray(data)
            changed[at] ^= bit
            seen.add(mark(bytes(changed)))
    assert len(seen) == 1 + 2 * size


@given(records(), st.binary(min_size=PARAM_SIZE * len(FIELDS), max_size=PARAM_SIZE * len(FIELDS)))
def test_pointers_do_not_count(record: Record, params: bytes) -> None:
    data = encode(record)
    assert mark(data[:PARAMS_AT] + params + data[PARAMS_AT + len(params) :]) == mark(data)


def test_marks_do_not_depend_on_where_records_lie_in_memory(tmp_path: Path) -> None:
    data = encode(PLAIN) + FREE + encode(replace(PLAIN, file_name=b"other"))
    expected = marks(columns(data)).tolist()
    path = tmp_path / "index.dat"
    path.write_bytes(bytes(RECORDS_OFFSET) + data)
    assert marks(np.memmap(path, RECORD, "r", RECORDS_OFFSET)).tolist() == expected
    for shift in range(1, 8):
        assert marks(np.frombuffer(bytes(shift) + data, RECORD, offset=shift)).tolist() == expected
    assert marks(columns(data)[::2]).tolist() == expected[::2]


def test_marks_of_no_records_are_none() -> None:
    assert marks(columns()).tolist() == []
