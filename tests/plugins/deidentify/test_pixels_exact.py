"""Of pixels that stay, nothing is behind the frames or beside them."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from fileroom.errors import InvalidDatasetError, NotSupportedError
from fileroom_plugins.deidentify import Options, deidentify
from fileroom_plugins.deidentify.pixels.unused_bits import Bits, cleared
from tests.plugins.deidentify.samples import as_bytes, dataset, deidentifier

WORDS = b"FRAU KELLER AHV756"
FRAME = b"\xff\xd8\xff\xda\0\2frame.\xff\xd9"
RLE = struct.pack("<16I", 1, 64, *[0] * 14) + b"\0\7\0\0"


def image(data: bytes = bytes(8), **attributes: Any) -> Dataset:
    about = {
        **dict.fromkeys(("Rows", "Columns"), 2),
        **dict.fromkeys(("BitsAllocated", "BitsStored"), 16),
        "HighBit": 15,
        "SamplesPerPixel": 1,
        "PixelRepresentation": 0,
        "PhotometricInterpretation": "MONOCHROME2",
    }
    return dataset(**{**about, **attributes}, PixelData=data)


def encapsulated(*items: bytes, syntax: str = JPEGBaseline8Bit, **attributes: Any) -> bytes:
    made = image(BitsAllocated=8, BitsStored=8, HighBit=7, **attributes)
    del made.PixelData
    padded = [item + bytes(len(item) % 2) for item in items]
    parts = [struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in padded]
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    head = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)
    return as_bytes(made, syntax) + head + b"".join(parts) + end


def offsets(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


@pytest.mark.parametrize("options", [(), ("clean-pixel-data",)])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_pixels_end_with_the_last_frame(syntax: str, options: tuple[str, ...]) -> None:
    frames = bytes(range(16))
    data = as_bytes(image(frames + WORDS, NumberOfFrames=2), syntax)
    result = deidentify(data, Options(options=options))
    assert result.dataset.PixelData == frames
    assert b"KELLER" not in result.data
    assert result.report.pixels_changed
    assert "7FE00010" in {one.path for one in result.report.touched}


def test_pixels_of_the_right_length_stay_as_they_are() -> None:
    result = deidentifier().apply(as_bytes(image(bytes(range(8)))))
    assert result.dataset.PixelData == bytes(range(8))
    assert not result.report.pixels_changed


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_byte_of_padding_is_zero(syntax: str) -> None:
    odd = {"Rows": 3, "Columns": 1, "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    made = image(b"ABCK", **odd)
    made["PixelData"].VR = "OW" if syntax == ExplicitVRBigEndian else "OB"
    pixels = deidentifier().apply(as_bytes(made, syntax)).dataset.PixelData
    assert pixels == (b"AB\0K" if syntax == ExplicitVRBigEndian else b"ABC\0")


def test_pixels_of_shared_colours_and_of_single_bits_have_their_own_lengths() -> None:
    colour = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "SamplesPerPixel": 3}
    shared = image(bytes(8) + WORDS, PhotometricInterpretation="YBR_FULL_422", **colour)
    assert len(deidentifier().apply(as_bytes(shared)).dataset.PixelData) == 8
    bits = image(bytes(2) + WORDS, Columns=8, BitsAllocated=1, BitsStored=1, HighBit=0)
    assert len(deidentifier().apply(as_bytes(bits)).dataset.PixelData) == 2


@pytest.mark.parametrize("changes", [{"Rows": None}, {"NumberOfFrames": ""}])
def test_pixels_that_nothing_explains_are_refused(changes: dict[str, Any]) -> None:
    made = image(WORDS, **changes)
    if changes.get("Rows", 1) is None:
        with pytest.raises(InvalidDatasetError, match="how many"):
            deidentifier().apply(as_bytes(made))
    else:
        assert b"KELLER" not in deidentifier().apply(as_bytes(made)).data


@pytest.mark.parametrize(
    "items",
    [
        (b"", FRAME, WORDS),
        (offsets(0), FRAME, WORDS),
        (b"", WORDS),
        (b"", FRAME, FRAME, WORDS),
    ],
)
def test_fragments_that_no_frame_explains_are_refused(items: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidDatasetError, match="damaged"):
        deidentifier().apply(encapsulated(*items))


def test_more_fragments_than_frames_are_refused_where_a_frame_is_one() -> None:
    with pytest.raises(InvalidDatasetError, match="1 frames do not explain 2 fragments"):
        deidentifier().apply(encapsulated(b"", RLE, WORDS, syntax=RLELossless))
    with pytest.raises(InvalidDatasetError, match="no frame"):
        deidentifier().apply(encapsulated(b"", WORDS, syntax=RLELossless))
    sound = deidentifier().apply(encapsulated(b"", RLE, syntax=RLELossless))
    assert not sound.report.pixels_changed


@pytest.mark.parametrize(
    ("items", "frames"),
    [
        ((b"", FRAME), 1),
        ((offsets(0), FRAME[:6], FRAME[6:]), 1),
        ((offsets(0, 30), FRAME[:4], FRAME[4:], FRAME), 2),
        ((b"", FRAME[:4], FRAME[4:], FRAME), 2),
        ((b"", FRAME, FRAME), 2),
        ((offsets(0, 22), FRAME, FRAME), 2),
    ],
)
def test_fragments_of_frames_stay_as_they_are(items: tuple[bytes, ...], frames: int) -> None:
    data = encapsulated(*items, NumberOfFrames=frames)
    result = deidentifier().apply(data)
    assert result.data.endswith(data[data.index(b"\xe0\x7f\x10\0OB") :])
    assert not result.report.pixels_changed


@pytest.mark.parametrize("table", [WORDS, WORDS + b"  ", offsets(0, 4), offsets(7, 22)])
def test_an_offset_table_that_tells_something_else_is_written_anew(table: bytes) -> None:
    data = deidentifier().apply(encapsulated(table, FRAME, FRAME, NumberOfFrames=2)).data
    good = encapsulated(offsets(0, 22), FRAME, FRAME)
    assert data.endswith(good[good.index(b"\xe0\x7f\x10\0OB") :])


@pytest.mark.parametrize(("second", "stays"), [(22, True), (int.from_bytes(b"KELLER 7", "little"), False)])
def test_extended_offsets_stay_where_they_are_those_of_the_frames(second: int, *, stays: bool) -> None:
    table, lengths = struct.pack("<2Q", 0, second), struct.pack("<2Q", 14, 14)
    extended: dict[str, Any] = {"ExtendedOffsetTable": table, "ExtendedOffsetTableLengths": lengths}
    result = deidentifier().apply(encapsulated(b"", FRAME, FRAME, NumberOfFrames=2, **extended)).dataset
    assert ("ExtendedOffsetTable" in result) == ("ExtendedOffsetTableLengths" in result) == stays


def test_unused_bits_are_zero() -> None:
    made = image(b"\0K\0E\0L\0L", BitsStored=8, HighBit=7)
    assert deidentifier().apply(as_bytes(made)).dataset.PixelData == bytes(8)
    low = image(struct.pack("<4H", 0xFFF5, 0x1230, 5, 0), BitsStored=12, HighBit=15)
    assert deidentifier().apply(as_bytes(low)).dataset.PixelData == struct.pack("<4H", 0xFFF0, 0x1230, 0, 0)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ((0xF800, 0x07FF, 0xFFFF, 0), (0xF800, 0x07FF, 0xFFFF, 0)),  # extended
        ((0x0800, 0x07FF, 0x0FFF, 0), (0x0800, 0x07FF, 0x0FFF, 0)),  # not extended
        ((0x1800, 0x17FF, 0xFFFF, 0), (0xF800, 0x07FF, 0xFFFF, 0)),
        ((0x0800, 0xF800, 0, 0), (0xF800, 0xF800, 0, 0)),
    ],
)
def test_signed_pixels_are_extended_or_not_but_never_a_picture(
    before: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    signed = {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1}
    made = deidentifier().apply(as_bytes(image(struct.pack("<4H", *before), **signed)))
    assert struct.unpack("<4H", made.dataset.PixelData) == expected


def test_the_padding_value_stays_though_it_lies_outside() -> None:
    data = struct.pack("<4H", 63536, 1, 0x1001, 63536)
    made = as_bytes(plane(image(data, BitsStored=12, HighBit=11, PixelPaddingValue=63536), 12))
    for options in ((), ("clean-pixel-data",)):
        pixels = deidentify(made, Options(options=options)).dataset.PixelData
        assert pixels == struct.pack("<4H", 63536, 1, 1, 63536)


@given(
    st.lists(st.integers(0, 0xFFFF), min_size=1),
    st.integers(1, 15).flatmap(lambda stored: st.tuples(st.just(stored), st.integers(stored - 1, 15))),
    st.sampled_from("<>"),
)
def test_own_bits_never_change_and_others_go(numbers: list[int], bits: tuple[int, int], order: str) -> None:
    data = struct.pack(f"{order}{len(numbers)}H", *numbers)
    own = Bits(16, *bits).own
    made = cleared(data, Bits(16, *bits), order) or data
    assert [number & own for number in numbers] == list(struct.unpack(f"{order}{len(numbers)}H", made))


def plane(made: Dataset, position: int) -> Dataset:
    made.add_new((0x6000, 0x0010), "US", 2)
    made.add_new((0x6000, 0x0011), "US", 2)
    made.add_new((0x6000, 0x0100), "US", 16)
    made.add_new((0x6000, 0x0102), "US", position)
    return made


@pytest.mark.parametrize(("position", "high"), [(0, 15), (1, 15), (13, 11), (15, 11)])
def test_overlays_in_unused_bits_go_wherever_they_lie(position: int, high: int) -> None:
    made = plane(image(struct.pack("<H", 1 << position) * 4, BitsStored=12, HighBit=high), position)
    result = deidentifier().apply(as_bytes(made)).dataset
    assert result.PixelData == bytes(8)
    assert not [element for element in result if element.tag.group == 0x6000]


def test_overlays_that_cannot_be_told_from_the_image_are_refused() -> None:
    with pytest.raises(NotSupportedError, match="overlay"):
        deidentifier().apply(as_bytes(plane(image(), 12)))
    compressed = encapsulated(b"", RLE, syntax=RLELossless)
    with pytest.raises(NotSupportedError, match="compressed"):
        deidentifier().apply(with_plane(compressed))


def with_plane(data: bytes) -> bytes:
    """Return an object with an overlay in bit 12 before its pixels."""
    at = data.index(b"\xe0\x7f\x10\0OB")
    bits = struct.pack("<HH2sHHHH2sHH", 0x6000, 0x0100, b"US", 2, 16, 0x6000, 0x0102, b"US", 2, 12)
    return data[:at] + bits + data[at:]
