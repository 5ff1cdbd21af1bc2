"""Overlays: graphics of one bit in groups 6000 to 601E (PS3.3 section C.9.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.imaging.header import NATIVE
from fileroom_plugins.imaging.native import native_frame, value_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydicom import Dataset

    from fileroom_plugins.imaging.image import Image
    from fileroom_plugins.imaging.native import Pixels

    Plane: TypeAlias = tuple[Pixels, int, int]
    """Rows by columns of booleans, and the row and column of the first, from 0."""

GROUPS = range(0x6000, 0x6020, 2)
"""The groups that overlays have."""

_ROWS, _COLUMNS, _FRAMES, _ORIGIN, _FIRST_FRAME = 0x0010, 0x0011, 0x0015, 0x0050, 0x0051
_BIT, _DATA = 0x0102, 0x3000
_WHITE = 255
_FAR = 1 << 15


def draw_overlays(shown: Pixels, image: Image, index: int) -> Pixels:
    """Return a picture with all overlays of a frame drawn in white; itself where there are none.

    Args:
        shown: the picture, with as many rows and columns as the image.
        image: the image.
        index: of its frame.

    Raises:
        InvalidDatasetError: an overlay's data are shorter than its rows and columns say.
    """
    return draw_planes(shown, overlay_planes(image, index))


def draw_planes(shown: Pixels, planes: Iterable[Plane]) -> Pixels:
    """Return a picture with planes drawn in white; itself where there are none."""
    drawn = shown
    for plane, top, left in planes:
        if drawn is shown:
            drawn = shown.copy()
        rows, columns = plane.shape
        above, before = max(0, -top), max(0, -left)
        part = drawn[max(0, top) : max(0, top + rows), max(0, left) : max(0, left + columns)]
        height, width = part.shape[:2]
        part[plane[above : above + height, before : before + width]] = _WHITE
    return drawn


def overlay_planes(image: Image, index: int, groups: Iterable[int] = GROUPS) -> Iterator[Plane]:
    """Yield a frame's overlays of these groups.

    Overlays of their own data, and those in unused bits of the pixels (retired, PS3.3-2004 section C.9.2);
    compressed pixels have no such bits.

    Raises:
        InvalidDatasetError: an overlay's data are shorter than its rows and columns say.
    """
    attributes = image.attributes
    for group in groups:
        if not _has_shape(attributes, group):
            continue
        plane = _own_data(attributes, group, index, little=image.little_endian)
        if plane is None:
            plane = _embedded(image, group, index)
        if plane is not None:
            yield from _placed(attributes, group, plane)


def own_planes(attributes: Dataset, group: int, index: int, *, little: bool) -> Iterator[Plane]:
    """Yield the overlay of a group for a frame, if the group has data of its own.

    Raises:
        InvalidDatasetError: the data are shorter than its rows and columns say.
    """
    plane = _own_data(attributes, group, index, little=little) if _has_shape(attributes, group) else None
    if plane is not None:
        yield from _placed(attributes, group, plane)


def _has_shape(attributes: Dataset, group: int) -> bool:
    return (group, _ROWS) in attributes and (group, _COLUMNS) in attributes


def _placed(attributes: Dataset, group: int, plane: Pixels) -> Iterator[Plane]:
    origin = _value(attributes, group, _ORIGIN)
    top, left = (int(one) for one in origin) if origin is not None else (1, 1)
    if abs(top) <= _FAR and abs(left) <= _FAR:
        yield plane, top - 1, left - 1


def _own_data(attributes: Dataset, group: int, index: int, *, little: bool) -> Pixels | None:
    data = _value(attributes, group, _DATA)
    if not isinstance(data, bytes):
        return None
    data = value_bytes(attributes[group << 16 | _DATA], little=little)
    rows, columns = (_whole(attributes, group, element) for element in (_ROWS, _COLUMNS))
    frames = _whole(attributes, group, _FRAMES)
    place = index - (_whole(attributes, group, _FIRST_FRAME) - 1)
    if (group, _FRAMES) not in attributes:
        place = 0  # one plane for all frames
    elif not 0 <= place < frames:
        return None
    bits = rows * columns
    first = place * bits
    part = np.frombuffer(data, np.uint8)[first // 8 : -(-(first + bits) // 8)]
    plane = np.unpackbits(part, bitorder="little")[first % 8 : first % 8 + bits]
    if len(plane) != bits:
        raise InvalidDatasetError(f"the overlay of group {group:04X} has less data than rows and columns")
    return plane.reshape(rows, columns).astype(bool)


def _embedded(image: Image, group: int, index: int) -> Pixels | None:
    position = _value(image.attributes, group, _BIT)
    layout = image.layout
    if image.syntax not in NATIVE or layout.floating or layout.samples > 1:
        return None
    if not isinstance(position, int) or not 0 <= position < layout.allocated:
        return None
    if 0 <= position - layout.lowest_bit < layout.stored:
        return None
    whole_cells = replace(layout, stored=layout.allocated, signed=False, lowest_bit=0)
    cells = native_frame(image.encoded(index), whole_cells, order="<" if image.little_endian else ">")
    return (cells >> position & 1).astype(bool)


def _value(attributes: Dataset, group: int, element: int) -> Any:  # noqa: ANN401 - as pydicom has it
    tag = group << 16 | element
    return attributes[tag].value if tag in attributes else None


def _whole(attributes: Dataset, group: int, element: int) -> int:
    value = _value(attributes, group, element)
    number = int(value) if isinstance(value, int | str) and str(value).strip() else 1
    if not 1 <= number < 1 << 31:
        raise InvalidDatasetError(f"the overlay of group {group:04X} has a number out of range")
    return number
