"""Palettes: indices to colours (PS3.3 sections C.7.6.3.1.5, C.7.6.3.1.6 and C.7.9)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pydicom
from pydicom.data import get_palette_files

from fileroom.plugin import InvalidDatasetError, InvalidValueError
from fileroom_plugins.imaging.blocks import in_blocks
from fileroom_plugins.imaging.native import value_bytes

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.native import Pixels

COLORMAPS = {
    "FALL": "fall",
    "HOT_IRON": "hotiron",
    "HOT_METAL_BLUE": "hotmetalblue",
    "PET": "pet",
    "PET_20_STEP": "pet20step",
    "SPRING": "spring",
    "SUMMER": "summer",
    "WINTER": "winter",
}
"""The standard's palettes (PS3.6 annex B) by their names, with the names of pydicom's files."""

_COLOURS = ("Red", "Green", "Blue")
_SIXTEEN = 16
_SIGN = 0x8000
_DISCRETE, _LINEAR, _INDIRECT = range(3)


def colours_of_indices(indices: Pixels, attributes: Dataset, *, little: bool) -> Pixels:
    """Return red, green and blue, 0 to 255, of each index.

    Args:
        indices: stored values.
        attributes: with the Palette Color Lookup Table module; segmented data will do.
        little: whether its data are in little-endian order.

    Raises:
        InvalidDatasetError: a table is missing, or its data do not fit its descriptor.
    """
    tables, first = read_palette(attributes, little=little)

    def looked_up(part: Pixels) -> Pixels:
        found: Pixels = tables[np.clip(part.astype(np.int64) - first, 0, len(tables) - 1)]
        return found

    return in_blocks(looked_up, indices)


def read_palette(attributes: Dataset, *, little: bool) -> tuple[Pixels, int]:
    """Return a palette as rows of red, green and blue, 0 to 255, and the index that has the first of them.

    Raises:
        InvalidDatasetError: as for `colours_of_indices`.
    """
    count, first, bits = _descriptor(attributes, "Red", little=little)
    tables = [_table(attributes, colour, count, bits, little=little) for colour in _COLOURS]
    together = np.stack(tables, axis=-1)
    if bits == _SIXTEEN and together.max() >= 1 << 8:  # palettes that claim 16 bits and hold 8 are common
        together = together >> 8
    return together.astype(np.uint8), first


@cache
def colormap(name: str) -> Pixels:
    """Return one of the standard's palettes: 256 rows of red, green and blue, 0 to 255.

    Raises:
        InvalidValueError: there is none of this name.
    """
    key = name.strip().upper().replace("-", "_").replace(" ", "_")
    if key not in COLORMAPS:
        raise InvalidValueError(f"no colormap {name!r}: known are {', '.join(COLORMAPS)}")
    (path,) = get_palette_files(f"{COLORMAPS[key]}.dcm")
    return read_palette(pydicom.dcmread(path), little=True)[0]


def _descriptor(attributes: Dataset, colour: str, *, little: bool) -> tuple[int, int, int]:
    value = attributes.get(f"{colour}PaletteColorLookupTableDescriptor")
    if isinstance(value, bytes):
        value = [int(one) for one in np.frombuffer(value[:6], "<u2" if little else ">u2")]
    if value is None or len(value) != 3 or value[2] not in {8, 16}:  # noqa: PLR2004 - number, first, bits
        raise InvalidDatasetError("a palette is missing, or its descriptor is wrong")
    first = int(value[1]) % (2 * _SIGN)  # whichever sign it was written with
    if attributes.get("PixelRepresentation") == 1 and first >= _SIGN:
        first -= 2 * _SIGN
    return int(value[0]) or 1 << 16, first, int(value[2])


def _table(attributes: Dataset, colour: str, count: int, bits: int, *, little: bool) -> Pixels:
    name = f"{colour}PaletteColorLookupTableData"
    data, segments = attributes.get(name), attributes.get(f"Segmented{name}")
    order = "<" if little else ">"
    if isinstance(data, bytes):
        wide = len(data) >= 2 * count  # 16 bits an entry, whatever the descriptor says
        if not wide:
            data = value_bytes(attributes[name], little=little)
        entries = np.frombuffer(data[: len(data) // 2 * 2] if wide else data, f"{order}u2" if wide else "u1")
        found = entries[:count].astype(np.uint16)
    elif isinstance(segments, bytes):
        size = bits // 8
        if size == 1:
            segments = value_bytes(attributes[f"Segmented{name}"], little=little)
        numbers = np.frombuffer(segments[: len(segments) // size * size], f"{order}u{size}")
        found = np.array(expand_segments([int(one) for one in numbers], bits, count), np.uint16)
    else:
        raise InvalidDatasetError(f"the palette has no data for {colour.lower()}")
    if len(found) != count:
        raise InvalidDatasetError(f"the palette's data for {colour.lower()} are shorter than its descriptor")
    return found


def expand_segments(numbers: list[int], bits: int, count: int) -> list[int]:
    """Expand the data of a segmented palette (PS3.3 section C.7.9.2).

    Args:
        numbers: the data, as numbers of so many bits.
        bits: 8 or 16.
        count: entries that there are to be; what goes beyond is an error.

    Raises:
        InvalidDatasetError: a segment is cut off, unknown, or refers to where none may be.
    """
    entries: list[int] = []
    _Segments(numbers, bits, count, entries).expand(0, None)
    return entries


class _Segments:
    """The data of a segmented palette, and the entries that came of them."""

    def __init__(self, numbers: list[int], bits: int, count: int, entries: list[int]) -> None:
        self._numbers = numbers
        self._bits = bits
        self._count = count
        self._entries = entries

    def expand(self, position: int, segments: int | None) -> None:
        """Append the entries of so many segments, or of all; those that an indirect one means are direct."""
        entries, done = self._entries, 0
        while len(entries) < self._count and (segments is None or done < segments):
            done += 1
            kind, length = self._taken(position, 2)
            position += 2
            if kind == _DISCRETE:
                entries += self._taken(position, length)
                position += length
            elif kind == _LINEAR and entries and length:
                (end,) = self._taken(position, 1)
                start = entries[-1]
                entries += [round(start + (end - start) * step / length) for step in range(1, length + 1)]
                position += 1
            elif kind == _INDIRECT and segments is None:
                parts = self._taken(position, 32 // self._bits)
                position += len(parts)
                offset = sum(part << (self._bits * place) for place, part in enumerate(parts))
                self.expand(offset * 8 // self._bits, length)
            else:
                raise InvalidDatasetError("a segmented palette has a segment that may not be there")
        if len(entries) > self._count:
            raise InvalidDatasetError("a segmented palette has more entries than its descriptor says")

    def _taken(self, position: int, length: int) -> list[int]:
        part = self._numbers[position : position + length]
        if len(part) != length or not length:
            raise InvalidDatasetError("a segmented palette is cut off")
        return part
