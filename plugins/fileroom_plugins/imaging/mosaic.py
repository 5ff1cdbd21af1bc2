"""Several pictures as one."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

from PIL import Image as Pillow

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 16
"""Of more pictures, so many are shown, evenly chosen."""


def mosaic(pictures: Sequence[bytes], longest: int) -> Pillow.Image:
    """Return pictures side by side in rows, in their order, on black.

    Args:
        pictures: at least one, in any format that Pillow reads.
        longest: length of the longer side in pixels; the smaller one is as long as there are pictures.

    Returns:
        A grey picture if all of them are grey, else a coloured one.
    """
    chosen = [
        pictures[place * len(pictures) // min(MOST, len(pictures))]
        for place in range(min(MOST, len(pictures)))
    ]
    columns = math.ceil(math.sqrt(len(chosen)))
    rows = math.ceil(len(chosen) / columns)
    side = max(1, longest // columns)
    opened = [Pillow.open(io.BytesIO(one)) for one in chosen]
    mode = "L" if all(one.mode == "L" for one in opened) else "RGB"
    together = Pillow.new(mode, (columns * side, rows * side))
    for place, picture in enumerate(opened):
        with picture:
            part = picture.convert(mode)
        part.thumbnail((side, side))
        down, across = divmod(place, columns)
        corner = (across * side + (side - part.width) // 2, down * side + (side - part.height) // 2)
        together.paste(part, corner)
    return together
