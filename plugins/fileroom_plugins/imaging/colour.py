"""From decoded colours to RGB with 8 bits a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom.pixels.processing import apply_color_lut

from fileroom.plugin import NotSupportedError

if TYPE_CHECKING:
    from fileroom_plugins.imaging.frames import Frame, Pixels

_CHANNELS = 3
_BITS = 8


def is_coloured(frame: Frame) -> bool:
    """Say whether a frame is to be shown in colour."""
    return frame.pixels.ndim == _CHANNELS or frame.dataset.get("PhotometricInterpretation") == "PALETTE COLOR"


def rgb(frame: Frame) -> Pixels:
    """Return red, green and blue of each pixel, 0 to 255.

    Raises:
        NotSupportedError: the colours are of a kind that is long retired (CMYK, ARGB, HSV).
    """
    pixels, dataset = frame.pixels, frame.dataset
    if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
        return _eight_bits(apply_color_lut(pixels, dataset)[..., :_CHANNELS], None)
    if pixels.shape[-1] != _CHANNELS:
        raise NotSupportedError("no picture: cannot show colours with other than three samples")
    return _eight_bits(pixels, dataset.get("BitsStored"))


def _eight_bits(colours: Pixels, stored: int | None) -> Pixels:
    """Keep the most significant of the bits stored, or of those that a palette really uses."""
    if stored is None:
        # Palettes that claim 16 bits and hold 8 are common.
        stored = 16 if colours.max() > np.iinfo(np.uint8).max else _BITS
    shift = max(0, int(stored) - _BITS)
    return (colours >> shift).astype(np.uint8)
