"""How large a picture is to be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom import Dataset

SPACINGS = ("PixelAspectRatio", "PixelSpacing", "ImagerPixelSpacing")
"""Where an image says how high and how wide its pixels are (PS3.3 sections C.7.6.3.1.7 and 10.7.1.3)."""

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


def height_of_a_pixel(attributes: Dataset, keywords: Sequence[str] = SPACINGS, default: float = 1.0) -> float:
    """Return a pixel's height as a multiple of its width.

    Args:
        attributes: that say how high and wide it is.
        keywords: of those that do; the first sound one counts.
        default: what it is where none does.
    """
    for keyword in keywords:
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
    return default
