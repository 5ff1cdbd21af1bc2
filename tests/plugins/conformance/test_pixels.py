"""Pixels, palettes, lookup tables and overlays: their sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from tests.plugins.conformance.objects_for_tests import as_file, ct, item, rules_of

Change = Callable[[Dataset], object]
SOI = b"\xff\xd8\xff\xe0" + bytes(8)
SOC = b"\xff\x4f\xff\x51" + bytes(8)


def setting(**values: object) -> Change:
    def change(image: Dataset) -> None:
        for keyword, value in values.items():
            setattr(image, keyword, value)

    return change


def palette(entries: int = 4, bits: int = 16, data: int = 8) -> Change:
    def change(image: Dataset) -> None:
        image.PhotometricInterpretation = "PALETTE COLOR"
        for colour in ("Red", "Green", "Blue"):
            setattr(image, f"{colour}PaletteColorLookupTableDescriptor", [entries, 0, bits])
            setattr(image, f"{colour}PaletteColorLookupTableData", bytes(data))

    return change


def overlay(rows: int, columns: int, size: int) -> Change:
    def change(image: Dataset) -> None:
        image.add_new(0x60020010, "US", rows)
        image.add_new(0x60020011, "US", columns)
        image.add_new(0x60023000, "OW", bytes(size))

    return change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (setting(PixelData=bytes(18)), "pixel/length"),
        (setting(PixelData=bytes(14)), "pixel/length"),
        (setting(Rows=65535, Columns=65535), "pixel/length"),
        (setting(NumberOfFrames=2), "pixel/length"),
        (setting(NumberOfFrames=2, PixelData=bytes(32)), None),
        (setting(BitsAllocated=12), "pixel/bits"),
        (setting(BitsStored=17), "pixel/bits"),
        (setting(HighBit=15), "pixel/bits"),
        (setting(BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=bytes(8)), None),
        (setting(BitsAllocated=1, BitsStored=1, HighBit=0, Rows=3, Columns=3, PixelData=bytes(2)), None),
        (setting(SamplesPerPixel=3), "pixel/samples"),
        (setting(PhotometricInterpretation="RGB"), "pixel/samples"),
        (palette(), None),
        (palette(data=6), "pixel/palette"),
        (palette(bits=8, data=4), None),
        (palette(bits=17), "pixel/palette"),
        (palette(entries=0, data=8), "pixel/palette"),
        (palette(entries=0, data=131072), None),
        (setting(VOILUTSequence=[item(LUTDescriptor=[4, 0, 16], LUTData=bytes(6))]), "pixel/lut"),
        (setting(VOILUTSequence=[item(LUTDescriptor=[4, 0, 16], LUTData=bytes(8))]), None),
        (overlay(4, 4, 2), None),
        (overlay(4, 5, 2), "overlay/length"),
        (overlay(65535, 65535, 2), "overlay/length"),
    ],
)
def test_sizes_are_what_the_attributes_say(change: Change, rule: str | None) -> None:
    found = rules_of(ct(change), "pixel/") | rules_of(ct(change), "overlay/")
    assert (rule in found) if rule else not found


@pytest.mark.parametrize(
    ("syntax", "data", "frames", "rule"),
    [
        (JPEGBaseline8Bit, encapsulate([SOI]), 1, None),
        (JPEGBaseline8Bit, encapsulate([SOI, SOI]), 2, None),
        (JPEGBaseline8Bit, encapsulate([SOI], has_bot=False), 1, None),
        (JPEGBaseline8Bit, encapsulate([SOI]), 2, "pixel/fragments"),
        (JPEGBaseline8Bit, encapsulate([SOI, SOI]), 1, "pixel/offsets"),
        (JPEGBaseline8Bit, encapsulate([SOC]), 1, "pixel/codestream"),
        (JPEG2000Lossless, encapsulate([SOC]), 1, None),
        (JPEG2000Lossless, encapsulate([SOI]), 1, "pixel/codestream"),
        (RLELossless, encapsulate([bytes(64)]), 1, None),
        (RLELossless, encapsulate([bytes(64)] * 2, has_bot=False), 1, "pixel/fragments"),
    ],
)
def test_fragments_are_those_of_the_frames(syntax: str, data: bytes, frames: int, rule: str | None) -> None:
    image = ct(setting(PixelData=data, NumberOfFrames=frames))
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    assert rules_of(as_file(image, syntax), "pixel/") == ({rule} if rule else set())


def test_an_offset_at_which_no_fragment_begins_is_wrong() -> None:
    image = ct(
        setting(PixelData=encapsulate([SOI, SOI]).replace(b"\x14\0\0\0", b"\x16\0\0\0"), NumberOfFrames=2)
    )
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    assert rules_of(as_file(image, JPEGBaseline8Bit), "pixel/") == {"pixel/offsets"}


def test_colour_has_the_photometric_interpretation_of_its_transfer_syntax() -> None:
    image = ct(setting(PixelData=encapsulate([SOI]), SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL"))
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    assert rules_of(as_file(image, JPEGBaseline8Bit), "pixel/") == {"pixel/photometric"}


def test_native_pixels_in_a_compressed_transfer_syntax_are_wrong() -> None:
    data = as_file(ct()).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0")
    assert "pixel/encapsulation" in rules_of(data)


def test_words_are_not_bytes() -> None:
    image = ct()
    image["PixelData"].VR = "OB"
    assert rules_of(image, "pixel/") == {"pixel/vr"}
