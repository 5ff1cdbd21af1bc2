"""Whatever the bytes are: an answer, or one error; never much memory, depth or time."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileroom.errors import InvalidDatasetError, NotDicomError, NotFoundError
from fileroom_plugins.metadata import header
from fileroom_plugins.metadata.walker import MAX_DEPTH
from tests.plugins.metadata.shipped import shipped

FORMATS = ("json", "xml", "oracle-xml")
NESTED = b"\x08\x00\x40\x11" + b"\xff" * 4 + b"\xfe\xff\x00\xe0" + b"\xff" * 4


def element(tag: int, vr: str, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def file_of(dataset: bytes, syntax: str = "1.2.840.10008.1.2.1") -> bytes:
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    return b"\0" * 128 + b"DICM" + element(0x00020010, "UI", uid) + dataset


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_give_an_answer_or_one_error(data: st.DataObject) -> None:
    names = ["MR_small.dcm", "MR_small_implicit.dcm", "reportsi.dcm", "rtplan.dcm", "chrSQEncoding.dcm"]
    sound = shipped()[data.draw(st.sampled_from(names))][:6000]
    changed = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(132, len(changed) - 1))
        changed[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFE, 0xFF, changed[at] ^ 1]))
    for format_ in FORMATS:
        try:
            document = header(bytes(changed), format=format_)
        except InvalidDatasetError:
            continue
        document.decode()
        if format_ == "json":
            json.loads(document)


@pytest.mark.parametrize("name", ["MR_small.dcm", "MR_small_bigendian.dcm", "rtplan.dcm", "reportsi.dcm"])
def test_a_header_cut_anywhere_is_an_error_or_ends_with_a_whole_element(name: str) -> None:
    sound = shipped()[name]
    whole = json.loads(header(sound))
    for end in range(140, min(len(sound), 2000), 7):
        try:
            part = json.loads(header(sound[:end]))
        except InvalidDatasetError:
            continue
        assert all(part[tag] == whole[tag] for tag in part)


def test_what_is_no_dicom_is_said_to_be_none() -> None:
    for data in (b"", b"GIF89a" + b"\0" * 200, b"\0" * 500):
        with pytest.raises(NotDicomError):
            header(data)


def test_sequences_nested_too_deeply_are_refused() -> None:
    for syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1"):
        deep = NESTED if syntax.endswith(".2") else NESTED[:4] + b"SQ\0\0" + NESTED[4:]
        with pytest.raises(InvalidDatasetError, match=f"nested more than {MAX_DEPTH} deep"):
            header(file_of(deep * 5000, syntax))


def test_claims_beyond_the_end_are_no_reason_to_take_memory() -> None:
    claim = b"\x08\x00\x00\x01UT\0\0" + b"\xf0\xff\xff\xff" + b"x"
    with pytest.raises(InvalidDatasetError, match="truncated"):
        header(file_of(claim))


def test_a_crowd_of_empty_elements_is_refused() -> None:
    crowd = element(0x00091001, "LO", b"") * 1_000_000
    with pytest.raises(InvalidDatasetError, match="more than 256 MiB"):
        header(file_of(crowd))


def test_a_deflated_bomb_is_refused() -> None:
    deflater = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    bomb = b"".join(deflater.compress(b"\0" * (1 << 20)) for _ in range(300)) + deflater.flush()
    with pytest.raises(InvalidDatasetError, match="refused"):
        header(file_of(bomb, "1.2.840.10008.1.2.1.99"))


def test_values_without_a_length_are_sequences_bytes_or_damage() -> None:
    endless = b"\x08\x00\x01\x01UT\0\0" + b"\xff" * 4 + b"\xfe\xff\xdd\xe0" + b"\0" * 4
    with pytest.raises(InvalidDatasetError, match="VR UT has no length"):
        header(file_of(endless))


def test_padding_after_an_escape_sequence_is_no_half_of_a_character() -> None:
    declared = element(0x00080005, "CS", b"ISO 2022 IR 13\\ISO 2022 IR 87 ")
    data = file_of(declared + element(0x00081030, "LO", b'\x1b$B$"\x1b)I\xb1 '))
    assert json.loads(header(data))["00081030"]["Value"] == ["\u3042\uff71"]


def test_values_of_the_wrong_length_keep_their_bytes() -> None:
    data = file_of(element(0x00280010, "US", b"\1\0\2") + element(0x00280011, "US", b"\1\0"))
    assert json.loads(header(data)) == {
        "00280010": {"vr": "UN", "InlineBinary": "AQAC"},
        "00280011": {"vr": "US", "Value": [1]},
    }


def test_numbers_that_json_does_not_know_are_texts() -> None:
    specials = struct.pack("<3f", float("nan"), float("inf"), float("-inf"))
    data = file_of(element(0x00189087, "FD", struct.pack("<d", 0.5)) + element(0x00720076, "FL", specials))
    found = json.loads(header(data), parse_constant=lambda _: pytest.fail("no JSON"))
    assert found["00720076"]["Value"] == ["NaN", "Infinity", "-Infinity"]


def test_empty_numbers_and_names_among_several_are_null() -> None:
    data = file_of(
        element(0x00100010, "PN", b"A\\\\B")
        + element(0x00181030, "LO", b"A\\")
        + element(0x00200037, "DS", b"1\\\\2 ")
    )
    found = json.loads(header(data))
    assert found["00100010"]["Value"] == [{"Alphabetic": "A"}, None, {"Alphabetic": "B"}]
    assert found["00200037"]["Value"] == [1.0, None, 2.0]
    assert found["00181030"]["Value"] == ["A", ""]


def test_of_elements_that_come_twice_or_too_early_the_last_counts_in_order() -> None:
    data = file_of(
        element(0x00100020, "LO", b"A ") + element(0x00080060, "CS", b"CT") + element(0x00100020, "LO", b"B ")
    )
    assert list(json.loads(header(data))) == ["00080060", "00100020"]
    assert json.loads(header(data))["00100020"]["Value"] == ["B"]


def test_sources_may_be_paths_files_and_datasets(tmp_path: Path) -> None:
    data = shipped()["CT_small.dcm"]
    path = tmp_path / "ct.dcm"
    path.write_bytes(data)
    file = io.BytesIO(b"before" + data)
    file.seek(6)
    assert header(data) == header(path) == header(str(path)) == header(file) == header(memoryview(data))
    with pytest.raises(NotFoundError, match="cannot be read"):
        header(tmp_path / "none.dcm")
