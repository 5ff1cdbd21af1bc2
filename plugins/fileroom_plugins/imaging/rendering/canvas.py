"""A picture on its way through the operators."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom_plugins.imaging.native import Pixels

DEEP_WHITE = 65535
"""White, where there are 16 bits."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture.

    Attributes:
        image: in Pillow's mode ``L``, ``RGB`` or ``RGBA``; or ``F``, from 0 to 65535, for 16 bits of grey.
        aspect: the height of a pixel as a multiple of its width.
        info: what Pillow's writers are told besides: profile, resolution, Exif.
    """

    image: Image.Image
    aspect: float = 1.0
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deep(self) -> bool:
        """Whether there are 16 bits of grey."""
        return self.image.mode == "F"

    @property
    def white(self) -> int:
        """The greatest value of a sample."""
        return DEEP_WHITE if self.deep else 255

    def having(self, image: Image.Image, aspect: float | None = None) -> Canvas:
        """Return this canvas with another image."""
        return Canvas(image, self.aspect if aspect is None else aspect, self.info)

    def values(self) -> Pixels:
        """Return the samples as floating-point numbers: rows by columns by channels."""
        values = np.asarray(self.image, np.float64)
        return values[..., np.newaxis] if values.ndim == 2 else values  # noqa: PLR2004 - grey

    def having_values(self, values: Pixels) -> Canvas:
        """Return this canvas with other samples, of as many channels."""
        clipped = np.clip(np.rint(values), 0, self.white)
        if self.deep:
            return self.having(Image.fromarray(clipped[..., 0].astype(np.float32)))
        samples = clipped.astype(np.uint8)
        return self.having(Image.fromarray(samples[..., 0] if samples.shape[-1] == 1 else samples))


def canvas_of(pixels: Pixels, aspect: float = 1.0, profile: bytes | None = None) -> Canvas:
    """Return a canvas of rows by columns, or by three colours, of 8 or (grey only) 16 bits.

    Args:
        pixels: the samples.
        aspect: the height of a pixel as a multiple of its width.
        profile: the ICC profile of the colours.
    """
    if pixels.dtype == np.uint16:
        return Canvas(Image.fromarray(pixels.astype(np.float32)), aspect)
    info = {} if profile is None else {"icc_profile": profile}
    return Canvas(Image.fromarray(np.ascontiguousarray(pixels)), aspect, info)
