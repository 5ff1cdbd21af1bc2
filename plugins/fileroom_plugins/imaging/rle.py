"""RLE Lossless (PS3.5 annex G), unpacked by Pillow."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.imaging.native import stored_type, without_unused_bits

if TYPE_CHECKING:
    from fileroom_plugins.imaging.layout import Layout
    from fileroom_plugins.imaging.native import Pixels

_HEAD = 64
_NOTHING = 128
_GAIN = 64
"""Two bytes of a run stand for at most 128."""


def decode_rle(data: bytes, layout: Layout) -> Pixels:
    """Return the stored values of a frame.

    Args:
        data: the frame: a head of 64 bytes, then one segment for each byte of each sample, the most
            significant first.
        layout: what the attributes say.

    Raises:
        InvalidDatasetError: the head is wrong, or a segment is too short.
    """
    size = layout.allocated // 8
    bounds = _segments(data, layout.samples * size)
    if len(data) * _GAIN < layout.decoded_size:
        raise InvalidDatasetError("an RLE frame is too short for Rows and Columns")
    count = layout.rows * layout.columns
    planes = np.empty((count, layout.samples, size), np.uint8)
    for place, (start, end) in enumerate(pairwise(bounds)):
        sample, byte = divmod(place, size)
        planes[:, sample, size - 1 - byte] = _unpacked(data[start:end], count)
    values = planes.view(stored_type(layout))
    values = without_unused_bits(values.astype(stored_type(layout, "="), copy=False), layout)
    shape = (
        (layout.rows, layout.columns)
        if layout.samples == 1
        else (layout.rows, layout.columns, layout.samples)
    )
    return values.reshape(shape)


def check_rle(data: bytes, layout: Layout) -> None:
    """Make sure that a frame unpacks to as many bytes as the attributes say.

    Raises:
        InvalidDatasetError: it does not.
    """
    count = layout.rows * layout.columns
    for start, end in pairwise(_segments(data, layout.samples * (layout.allocated // 8))):
        _check_length(data[start:end], count)


def _segments(data: bytes, expected: int) -> list[int]:
    """Return where segments start, and where the last ends."""
    numbers = [int.from_bytes(data[at : at + 4], "little") for at in range(0, _HEAD, 4)]
    bounds = [*numbers[1 : expected + 1], len(data)]
    ascending = all(before < after for before, after in pairwise(bounds))
    if len(data) < _HEAD or numbers[0] != expected or bounds[0] != _HEAD or not ascending:
        raise InvalidDatasetError("the head of an RLE frame is wrong, or cut off")
    return bounds


def _length(segment: bytes) -> int:
    """Count the bytes that a segment unpacks to; one zero at its end makes its length even."""
    position, length, end = 0, 0, len(segment)
    while position < end:
        control = segment[position]
        if control < _NOTHING:
            position += control + 2
            length += control + 1 if position <= end else 0
        elif control > _NOTHING:
            position += 2
            length += 257 - control if position <= end else 0
        else:
            position += 1
    return length


def _check_length(segment: bytes, count: int) -> None:
    if _length(segment) != count:
        raise InvalidDatasetError("a segment of an RLE frame is shorter or longer than Rows and Columns say")


def _unpacked(segment: bytes, count: int) -> Pixels:
    """Unpack a segment as if it were one row, since runs may go on over the end of a row."""
    _check_length(segment, count)
    try:
        image = Image.frombytes("L", (count, 1), segment, "packbits", "L")
    except ValueError as error:
        raise InvalidDatasetError("an RLE frame is cut off, or damaged") from error
    return np.asarray(image).reshape(count)
