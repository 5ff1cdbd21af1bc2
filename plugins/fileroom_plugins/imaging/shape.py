"""How large a picture is to be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pydicom import Dataset

_MOST_STRETCHED = 16
"""Pixels that claim to be longer than this in one direction are taken for square."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


def picture_size(rows: int, columns: int, aspect: float, longest: int) -> Size:
    """Return the size of a picture with square pixels, whose longer side has at most so many of them.

    Args:
        rows: of the image.
        columns: of the image.
        aspect: the height of its pixels as a multiple of their width.
        longest: the most pixels on the longer side.
    """
    width, height = columns / min(aspect, 1), rows * max(aspect, 1)
    scale = min(1, longest / max(width, height))
    return Size(max(1, round(width * scale)), max(1, round(height * scale)))


def height_of_a_pixel(attributes: Dataset) -> float:
    """Return a pixel's height as a multiple of its width (PS3.3 sections C.7.6.3.1.7 and 10.7.1.3)."""
    for keyword in ("PixelAspectRatio", "PixelSpacing", "ImagerPixelSpacing"):
        value = attributes.get(keyword)
        if value is None:
            continue
        try:
            vertical, horizontal = (float(one) for one in value)
            ratio = vertical / horizontal
        except (TypeError, ValueError, ZeroDivisionError):
            continue
        if math.isfinite(ratio) and 1 / _MOST_STRETCHED <= ratio <= _MOST_STRETCHED:
            return ratio
    return 1.0
