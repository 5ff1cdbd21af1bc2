"""Blackened frames, compressed again as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import JPEG2000Lossless, RLELossless

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom import Dataset
    from pydicom.uid import UID

    from fileroom_plugins.deidentify.pixels.masks import Pixels
    from fileroom_plugins.imaging.layout import Layout

    Encode: TypeAlias = "Callable[[Pixels, str], bytes]"

_PREFERRED = ("pylibjpeg", "pyjpegls", "pydicom")
"""pydicom's plugins; GDCM's is none of them, since it ends the process over odd sizes."""

_TRANSFORMED = "YBR_RCT"


def encoder_of(dataset: Dataset, layout: Layout, syntax: UID) -> Encode | None:
    """Return what encodes a frame, given with its photometric interpretation, without loss.

    Args:
        dataset: the image.
        layout: what it says about its pixels.
        syntax: a transfer syntax without loss.

    Returns:
        None if nothing that is installed encodes such frames.
    """
    try:
        encoder = get_encoder(syntax)
    except NotImplementedError:
        return None
    plugin = next((one for one in _PREFERRED if one in encoder.available_plugins), None)
    if plugin is None:
        return None
    options: dict[str, Any] = {
        "rows": layout.rows,
        "columns": layout.columns,
        "number_of_frames": 1,
        "samples_per_pixel": layout.samples,
        "bits_allocated": layout.allocated,
        # RLE codes bytes, whatever they mean; of others pydicom leaves out bytes that hold no stored bit.
        "bits_stored": layout.allocated if syntax == RLELossless else layout.stored,
        "pixel_representation": int(layout.signed),
        "planar_configuration": 0,  # of the frames that come; the encoder knows that of the syntax
        "encoding_plugin": plugin,
    }

    def encode(frame: Pixels, photometric: str) -> bytes:
        named = photometric_of(dataset, photometric, syntax)
        return encoder.encode(frame, photometric_interpretation=named, **options)

    return encode


def can_encode(encode: Encode, frame: Pixels, photometric: str) -> bool:
    """Say whether such frames can be encoded, which encoders tell only when they are given one."""
    try:
        encode(frame, photometric)
    except Exception:  # noqa: BLE001 - encoders raise what they like, and there is another way
        return False
    return True


def photometric_of(dataset: Dataset, photometric: str, syntax: UID) -> str:
    """Return the photometric interpretation of frames that are written in a transfer syntax.

    Of JPEG 2000 a colour transform is part of the codestream: the decoder undid it, and the encoder makes
    it, if it is told.

    Args:
        dataset: the image as it was.
        photometric: of the decoded frames.
        syntax: the transfer syntax.
    """
    transformed = syntax == JPEG2000Lossless and dataset.PhotometricInterpretation == _TRANSFORMED
    return _TRANSFORMED if transformed and photometric == "RGB" else photometric
