"""JPEG images of eight bits, decoded by Pillow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from fileroom_plugins.imaging.codestream import JpegHead
    from fileroom_plugins.imaging.native import Pixels

_NO_TRANSFORM = 0
_YCBCR = 1
_COLOURS = 3


def decode_jpeg(data: bytes, head: JpegHead, smallest: int | None = None) -> Pixels:
    """Return the components of a JPEG image as they were coded, no colours converted.

    Args:
        data: the image.
        head: its head.
        smallest: where given, the image may be returned at a half, a quarter or an eighth of its size, as
            long as both sides keep so many pixels: decoding takes less time.
    """
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        size = (smallest, smallest) if smallest else image.size
        # libjpeg converts from what it takes the colours for; to ask for the same leaves them alone.
        if head.claim.components == _COLOURS:
            image.draft("YCbCr" if _taken_for_ycbcr(head) else "RGB", size)
        elif smallest:
            image.draft("L", size)
        return np.asarray(image)


def colours_of(head: JpegHead, photometric: str) -> str:
    """Return the photometric interpretation of a JPEG image's components.

    What the image itself says goes before the object's attribute, which often tells how it was before it
    was compressed.
    """
    if head.claim.components != _COLOURS:
        return photometric
    if head.identifiers.upper() == b"RGB" or head.transform == _NO_TRANSFORM:
        return "RGB"
    if head.jfif or head.transform == _YCBCR:
        return "YBR_FULL"
    return "RGB" if photometric == "RGB" else "YBR_FULL"


def _taken_for_ycbcr(head: JpegHead) -> bool:
    if head.jfif:
        return True
    if head.transform is not None:
        return head.transform != _NO_TRANSFORM
    return head.identifiers != b"RGB"
