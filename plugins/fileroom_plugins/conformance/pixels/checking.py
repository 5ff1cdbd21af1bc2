"""Pixel data against the attributes that describe it (PS3.3 section C.7.6.3, PS3.5 section 8 and annex A)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.pixels.arithmetic import SAMPLES, Pixels
from fileroom_plugins.conformance.pixels.photometric import COLOUR
from fileroom_plugins.conformance.pixels.tables import check_overlays, check_tables
from fileroom_plugins.conformance.reading.elements import UNDEFINED
from fileroom_plugins.conformance.values.numbers import number
from fileroom_plugins.conformance.values.uids import is_encapsulated

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Element, Fragments, Level
    from fileroom_plugins.conformance.reading.file import Reading

_PIXEL_DATA, _FLOAT, _DOUBLE = 0x7FE0_0010, 0x7FE0_0008, 0x7FE0_0009
_ALLOCATED, _STORED, _HIGH = 0x0028_0100, 0x0028_0101, 0x0028_0102
_EXTENDED_OFFSETS = 0x7FE0_0001
_BYTE = 8
_VIDEO = (
    "1.2.840.10008.1.2.4.100",
    "1.2.840.10008.1.2.4.101",
    "1.2.840.10008.1.2.4.102",
    "1.2.840.10008.1.2.4.103",
    "1.2.840.10008.1.2.4.104",
    "1.2.840.10008.1.2.4.105",
    "1.2.840.10008.1.2.4.106",
    "1.2.840.10008.1.2.4.107",
    "1.2.840.10008.1.2.4.108",
)
_RLE = "1.2.840.10008.1.2.5"


def check_pixels(reading: Reading, findings: Findings) -> None:
    """Check the sizes of pixel data, palettes, lookup tables and overlays; nothing is decoded."""
    dataset = reading.dataset
    check_tables(dataset, findings)
    check_overlays(dataset, findings)
    pixels = Pixels.of(dataset)
    if pixels is None:
        return
    _bits(dataset, pixels, findings)
    samples = SAMPLES.get(pixels.photometric)
    if samples is not None and samples != pixels.samples:
        findings.add(rules.PIXEL_SAMPLES, dataset, 0x0028_0002, f"{pixels.samples}, and {samples} expected")
    colours = COLOUR.get(reading.syntax) if pixels.samples == 3 else None  # noqa: PLR2004 - colours
    if colours is not None and pixels.photometric not in colours:
        findings.add(rules.PIXEL_PHOTOMETRIC, dataset, 0x0028_0004, f"{', '.join(sorted(colours))} may be")
    element = dataset.elements.get(_PIXEL_DATA)
    if element is not None and element.length:
        _pixel_data(element, pixels, reading, findings)
    for tag in (_FLOAT, _DOUBLE):
        floats = dataset.elements.get(tag)
        if floats is not None and floats.length != pixels.length + (pixels.length & 1):
            findings.add(rules.PIXEL_LENGTH, dataset, tag, f"{floats.length} bytes, {pixels.length} expected")


def _bits(dataset: Level, pixels: Pixels, findings: Findings) -> None:
    allocated = pixels.allocated
    if allocated != 1 and allocated % _BYTE:
        findings.add(rules.PIXEL_BITS, dataset, _ALLOCATED, "neither 1 nor a multiple of 8")
    stored, high = number(dataset, _STORED), number(dataset, _HIGH)
    if stored is not None and not 1 <= stored <= allocated:
        findings.add(rules.PIXEL_BITS, dataset, _STORED, f"{stored} of {allocated} bits")
    elif stored is not None and high is not None and high != stored - 1:
        findings.add(rules.PIXEL_BITS, dataset, _HIGH, f"{high}, where {stored} bits are stored")


def _pixel_data(element: Element, pixels: Pixels, reading: Reading, findings: Findings) -> None:
    dataset = reading.dataset
    compressed = is_encapsulated(reading.syntax, findings.dictionary.uids)
    if compressed is not None and compressed != (element.length == UNDEFINED):
        text = "not encapsulated in a transfer syntax that demands it" if compressed else "encapsulated"
        findings.add(rules.PIXEL_ENCAPSULATION, dataset, _PIXEL_DATA, text)
    if element.fragments is not None:
        if reading.encoding.explicit and element.vr != "OB":
            findings.add(rules.PIXEL_VR, dataset, _PIXEL_DATA, f"{element.vr}, encapsulated pixel data is OB")
        _fragments(element.fragments, pixels, reading, findings)
        return
    if reading.encoding.explicit and element.vr == "OB" and pixels.allocated > _BYTE:
        findings.add(rules.PIXEL_VR, dataset, _PIXEL_DATA, f"OB, samples of {pixels.allocated} bits are OW")
    expected = pixels.length + (pixels.length & 1)
    if element.length != expected and not compressed:
        findings.add(rules.PIXEL_LENGTH, dataset, _PIXEL_DATA, f"{element.length} bytes, {expected} expected")


def _fragments(found: Fragments, pixels: Pixels, reading: Reading, findings: Findings) -> None:
    dataset = reading.dataset
    if found.count < pixels.frames and reading.syntax not in _VIDEO:
        text = f"{found.count} fragments for {pixels.frames} frames"
        findings.add(rules.PIXEL_FRAGMENTS, dataset, _PIXEL_DATA, text)
    elif reading.syntax == _RLE and found.count != pixels.frames:
        text = f"{found.count} fragments for {pixels.frames} frames: in RLE, each frame has one"
        findings.add(rules.PIXEL_FRAGMENTS, dataset, _PIXEL_DATA, text)
    elif found.offsets and reading.syntax not in _VIDEO:
        _offsets(found, pixels, dataset, findings)
    begins = _BEGINNINGS.get(reading.syntax)
    if begins and found.count and not found.first.startswith(begins):
        findings.add(rules.PIXEL_CODESTREAM, dataset, _PIXEL_DATA)


def _offsets(found: Fragments, pixels: Pixels, dataset: Level, findings: Findings) -> None:
    if _EXTENDED_OFFSETS in dataset.elements:
        findings.add(
            rules.PIXEL_OFFSETS, dataset, _PIXEL_DATA, "it is not empty beside an extended offset table"
        )
    elif len(found.offsets) != pixels.frames:
        text = f"{len(found.offsets)} offsets for {pixels.frames} frames"
        findings.add(rules.PIXEL_OFFSETS, dataset, _PIXEL_DATA, text)
    elif found.count == len(found.starts) and not set(found.offsets) <= set(found.starts):
        findings.add(rules.PIXEL_OFFSETS, dataset, _PIXEL_DATA, "an offset at which no fragment begins")


_JPEG, _JPEG_2000 = b"\xff\xd8", b"\xff\x4f"
_BEGINNINGS = {
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70, 80, 81)), _JPEG),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 202, 203)), _JPEG_2000),
}
