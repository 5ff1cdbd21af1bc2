"""Frames worked on some rows at a time, so that what comes of them in between takes little memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fileroom_plugins.imaging.native import Pixels

_SAMPLES = 1 << 22
"""Samples of a block: some tens of megabytes, whatever numbers they become."""


def blocks(pixels: Pixels) -> Iterator[slice]:
    """Yield the rows of a frame, many at a time."""
    step = max(1, _SAMPLES * len(pixels) // max(1, pixels.size))
    for start in range(0, len(pixels), step):
        yield slice(start, start + step)


def in_blocks(convert: Callable[[Pixels], Pixels], pixels: Pixels) -> Pixels:
    """Return what a function makes of a frame, which must make the same of each pixel wherever it is."""
    parts = blocks(pixels)
    first = next(parts)
    converted = convert(pixels[first])
    if len(converted) == len(pixels):
        return converted
    whole = np.empty((len(pixels), *converted.shape[1:]), converted.dtype)
    whole[first] = converted
    for rows in parts:
        whole[rows] = convert(pixels[rows])
    return whole
