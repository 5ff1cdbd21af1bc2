"""JPEG images of eight bits, decoded by libjpeg-turbo: by simplejpeg what is grey, by Pillow what is not.

libjpeg goes on over damage, makes up what it cannot read, and warns. Pillow has no ear for that; simplejpeg
makes errors of warnings, and does not leave colours as they are coded.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import simplejpeg  # type: ignore[import-untyped]  # it has stubs, and does not say so
from PIL import Image

from fileroom.plugin import InvalidDatasetError

if TYPE_CHECKING:
    from fileroom_plugins.imaging.codestream import JpegHead
    from fileroom_plugins.imaging.native import Pixels

_NO_TRANSFORM = 0
_YCBCR = 1
_COLOURS = 3
_END_OF_IMAGE = b"\xff\xd9"
_DAMAGE = ("Corrupt JPEG data", "Premature end")
"""How libjpeg's warnings start (jerror.h) that pixels are made up after; others are of what does no harm."""

_MORE_AT_END = re.compile(r"Corrupt JPEG data: ([0-9]+) extraneous bytes before marker 0xd9")


def decode_jpeg(data: bytes, head: JpegHead, smallest: int | None = None) -> Pixels:
    """Return the components of a JPEG image as they were coded, no colours converted.

    Args:
        data: the image.
        head: its head.
        smallest: where given, the image may be returned at a half, a quarter or an eighth of its size, as
            long as both sides keep so many pixels: decoding takes less time.

    Raises:
        InvalidDatasetError: it is damaged, or cut off.
    """
    if head.claim.components == 1:
        step = _step(head, smallest)
        rows, columns = -(-head.claim.rows // step), -(-head.claim.columns // step)
        pixels = _strictly(data, min_height=rows, min_width=columns)
        if pixels is not None:
            return pixels[..., 0]
    elif head.claim.components == _COLOURS:
        _strictly(data, min_height=1, min_width=1, min_factor=8)
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        size = (smallest, smallest) if smallest else image.size
        # libjpeg converts from what it takes the colours for; to ask for the same leaves them alone.
        if head.claim.components == _COLOURS:
            image.draft("YCbCr" if _taken_for_ycbcr(head) else "RGB", size)
        elif smallest:
            image.draft("L", size)
        return np.asarray(image)


def _strictly(data: bytes, **scale: int) -> Pixels | None:
    """Return the image in grey; None where libjpeg has something else to say of it than that it is damaged.

    All that is coded is read for it, colours too.
    """
    try:
        # The end may be missing where all pixels are there; what is behind an end is not read.
        pixels: Pixels = simplejpeg.decode_jpeg(data + _END_OF_IMAGE, "GRAY", strict=True, **scale)
    except ValueError as error:
        if str(error).startswith(_DAMAGE) and not _is_padding(str(error), data):
            raise InvalidDatasetError("a JPEG frame is damaged, or cut off") from error
        return None
    return pixels


def _is_padding(warning: str, data: bytes) -> bool:
    """Say whether what libjpeg warns of are no more than zeros before the end of the image."""
    more = _MORE_AT_END.match(warning)
    end = data.rfind(_END_OF_IMAGE)
    return more is not None and end >= 0 and not data[:end][-int(more[1]) :].strip(b"\0")


def _step(head: JpegHead, smallest: int | None) -> int:
    """Return how many times smaller an image may come: 1, 2, 4 or 8."""
    if smallest is None:
        return 1
    most = min(head.claim.rows, head.claim.columns) // smallest
    return next((step for step in (8, 4, 2) if most >= step), 1)


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
