"""What a profile keeps is kept as what it should be, and not as whatever somebody wrote there."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from fileroom_plugins.deidentify.elements import Element
from fileroom_plugins.deidentify.grammar import fits
from tests.plugins.deidentify.samples import apply, as_bytes, dataset, deidentifier

WORDS = b"FRAU KELLER AHV756 AND A WORD MORE"
LONG = {"OB", "OW", "OV", "SV", "UN", "UT", "UV"}


def element(tag: int, vr: str, data: bytes) -> bytes:
    data += b" " * (len(data) % 2)
    if vr in LONG:
        return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, len(data)) + data
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(data)) + data


def with_element(tag: int, vr: str, data: bytes = WORDS) -> bytes:
    return as_bytes(dataset()) + element(tag, vr, data)


def with_private(vr: str, value: object) -> Dataset:
    made = dataset()
    made.add_new(0x20010010, "LO", "Philips Imaging DD 001")
    made.add_new(0x20011003, vr, value)
    return made


@pytest.mark.parametrize(
    ("tag", "vr"),
    [
        *((0x00180050, vr) for vr in ("DS", "LO", "UT", "UN", "OB")),
        *((0x00189087, vr) for vr in ("FD", "LO", "UN")),
        *((0x00280034, "IS"), (0x00280030, "DS"), (0x00281052, "DS"), (0x00280108, "US"), (0x00281101, "US")),
        *((0x00089459, "FL"), (0x00280009, "AT"), (0x0008010C, "UI"), (0x00080118, "UI"), (0x00080123, "UI")),
        *((0x0008001B, "UI"), (0x7FE00001, "OV"), (0x52009229, "OB"), (0x00181012, "DA")),
    ],
)
def test_numbers_dates_and_uids_that_are_kept_hold_no_words(tag: int, vr: str) -> None:
    result = deidentifier("retain-full-dates").apply(with_element(tag, vr))
    assert b"KELLER" not in result.data
    assert f"{tag:08X}" in {one.path for one in result.report.touched}


def test_binary_numbers_are_no_more_than_the_standard_allows() -> None:
    result = deidentifier().apply(with_element(0x00189087, "FD", b"FRAU KELLER AHV7"))  # two where one may be
    assert b"KELLER" not in result.data


@pytest.mark.parametrize(
    ("vr", "value"),
    [
        *(
            ("DS", b"0.5\\-1.25e-3\\"),
            ("DS", b" 12 \\+.5"),
            ("IS", b"12\\ -3 "),
            ("IS", b"1.0 "),
            ("AS", b"012Y"),
        ),
        *(("DA", b"20240229"), ("DA", b"2024.02.29"), ("DT", b"20240229101112.123456+0100"), ("DT", b"2024")),
        *(
            ("TM", b"10:11:12.5"),
            ("TM", b"101112"),
            ("TM", b"10"),
            ("UI", b"1.2.3\\1.2.4\0"),
            ("US", b"\1\0"),
        ),
        *(("DS", b""), ("FD", bytes(8)), ("AT", struct.pack("<HH", 0x0018, 0x1063)), ("LO", WORDS)),
    ],
)
def test_sound_values_fit(vr: str, value: bytes) -> None:
    assert fits(0x00091001, vr, Element(vr, value), "<")


@given(st.sampled_from(["AS", "DA", "DS", "DT", "IS", "TM", "UI"]), st.text("abcKELLER^ ", min_size=1))
def test_no_word_is_a_number_a_date_or_a_uid(vr: str, text: str) -> None:
    assert not text.strip() or not fits(0x00091001, vr, Element(vr, text.encode()), "<")


def test_a_long_value_is_looked_at_in_linear_time() -> None:
    assert not fits(0x00091001, "DS", Element("DS", b"1 " * 200_000 + b"x"), "<")
    assert fits(0x00091001, "DS", Element("DS", b"1.5\\" * 200_000), "<")


def test_a_private_creator_is_written_without_what_stands_behind_it() -> None:
    creator = b"Philips Imaging DD 001".ljust(64) + WORDS
    made = with_element(0x20010010, "LO", creator) + element(0x20011003, "FL", struct.pack("<f", 1000))
    result = deidentifier("retain-safe-private").apply(made)
    assert b"KELLER" not in result.data
    assert result.dataset[0x20010010].value == "Philips Imaging DD 001"
    assert result.dataset[0x20011003].value == 1000.0


@pytest.mark.parametrize(
    ("vr", "value"), [("UT", WORDS.decode()), ("SQ", [Dataset()]), ("UN", WORDS), ("FL", 1.5)]
)
def test_a_safe_private_attribute_is_kept_as_the_standard_has_it(vr: str, value: object) -> None:
    result = apply(with_private(vr, value), "retain-safe-private")
    assert b"KELLER" not in result.data
    assert (0x20011003 in result.dataset) == (vr in {"UN", "FL"})


@pytest.mark.parametrize("tag", [0x00000600, 0x00000902, 0x00020016, 0x00020102, 0x00041500])
def test_what_belongs_to_messages_and_files_stays_nowhere(tag: int) -> None:
    item = element(tag, "OB" if tag == 0x00020102 else "LO", WORDS)
    sequence = struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item
    inside = struct.pack("<HH2sHI", 0x300A, 0x00B0, b"SQ", 0, len(sequence)) + sequence
    assert b"KELLER" not in deidentifier().apply(as_bytes(dataset()) + inside).data
    assert b"KELLER" not in deidentifier().apply(as_bytes(dataset()) + item).data
