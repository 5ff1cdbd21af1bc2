"""From decoded colours to RGB with 8 bits a channel (PS3.3 section C.7.6.3.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from fileroom_plugins.imaging.native import Pixels

_BITS = 8
_PARTIAL = np.array(
    [
        [255 / 219, 0, 1.402 * 255 / 224],
        [255 / 219, -0.114 * 1.772 / 0.587 * 255 / 224, -0.299 * 1.402 / 0.587 * 255 / 224],
        [255 / 219, 1.772 * 255 / 224, 0],
    ]
)
"""ITU-R BT.601 with Y from 16 to 235 and the differences from 16 to 240."""


def rgb(pixels: Pixels, photometric: str, stored: int) -> Pixels:
    """Return red, green and blue of each pixel, 0 to 255.

    Args:
        pixels: three samples of each.
        photometric: what they are.
        stored: bits of each that count; of more than eight, the most significant eight are shown.
    """
    eight = (pixels >> max(0, stored - _BITS)).astype(np.uint8)
    if photometric in {"YBR_FULL", "YBR_FULL_422"}:
        rows, columns = eight.shape[:2]
        image = Image.frombytes("YCbCr", (columns, rows), eight.tobytes())
        return np.asarray(image.convert("RGB"))
    if photometric in {"YBR_PARTIAL_422", "YBR_PARTIAL_420"}:
        shades = (eight.astype(np.float32) - np.array([16, 128, 128], np.float32)) @ _PARTIAL.T.astype(
            np.float32
        )
        return np.rint(np.clip(shades, 0, 255)).astype(np.uint8)
    return eight
