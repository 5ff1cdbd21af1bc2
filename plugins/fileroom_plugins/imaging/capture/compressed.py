"""Image files whose bytes go into a DICOM object as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom import uid

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.codestream import jpeg2000_claim, jpeg_head
from fileroom_plugins.imaging.jpeg import colours_of

if TYPE_CHECKING:
    from fileroom_plugins.imaging.codestream import JpegHead

_JPEG = b"\xff\xd8\xff"
_JP2 = b"\0\0\0\x0cjP  \r\n\x87\n"
_CODESTREAM = b"\xff\x4f\xff\x51"
_BASELINE, _EXTENDED, _PROGRESSIVE, _LOSSLESS, _LS = 0xC0, 0xC1, 0xC2, 0xC3, 0xF7
_SCAN, _CODING_STYLE = 0xDA, b"\xff\x52"
_REVERSIBLE = 1
_COLOURS = 3
_MOST, _MOST_BITS = 65535, 16


@dataclass(frozen=True, slots=True)
class CompressedImage:
    """An image that a DICOM object can hold as it is.

    Attributes:
        data: the codestream.
        syntax: the transfer syntax for it.
        rows: its height.
        columns: its width.
        bits: of a sample.
        photometric: Photometric Interpretation.
        lossy: Lossy Image Compression Method, or empty.
    """

    data: bytes
    syntax: str
    rows: int
    columns: int
    bits: int
    photometric: str
    lossy: str


def compressed_image(data: bytes) -> CompressedImage | None:
    """Return what an image file holds; None where a transfer syntax for it is missing or retired.

    Raises:
        InvalidDatasetError: the file is damaged.
        NotSupportedError: it has other than one component, or three.
    """
    image = None
    if data.startswith(_JPEG):
        image = _jpeg(data)
    elif data.startswith((_JP2, _CODESTREAM)):
        image = _jpeg_2000(data)
    if image and (max(image.rows, image.columns) > _MOST or image.bits > _MOST_BITS):
        raise NotSupportedError("DICOM holds images of 65535 by 65535 pixels of 16 bits at most")
    return image


def _jpeg(data: bytes) -> CompressedImage | None:
    head = jpeg_head(data)
    end = data.rfind(b"\xff\xd9")
    if end < 0:
        raise InvalidDatasetError("the JPEG image is cut off")
    claim = head.claim
    scan = _scan_parameters(data)
    syntax, lossy = {
        _BASELINE: (uid.JPEGBaseline8Bit, "ISO_10918_1"),
        _EXTENDED: (uid.JPEGExtended12Bit, "ISO_10918_1"),
        _LOSSLESS: (uid.JPEGLosslessSV1 if scan[0] == 1 else uid.JPEGLossless, ""),
        _LS: (uid.JPEGLSNearLossless, "ISO_14495_1") if scan[0] else (uid.JPEGLSLossless, ""),
    }.get(head.kind, ("", ""))
    if not syntax or claim.precision == 0 or claim.rows == 0:
        return None
    if claim.components not in {1, _COLOURS}:
        raise NotSupportedError(f"DICOM holds no JPEG image of {claim.components} components")
    return CompressedImage(
        data[: end + 2], syntax, claim.rows, claim.columns, claim.precision, _photometric(head), lossy
    )


def _photometric(head: JpegHead) -> str:
    if head.claim.components == 1:
        return "MONOCHROME2"
    if head.kind in {_LOSSLESS, _LS}:
        return "RGB"
    return "RGB" if colours_of(head, "") == "RGB" else "YBR_FULL_422"


def _scan_parameters(data: bytes) -> bytes:
    """Return the first scan's selection (the predictor, or NEAR of JPEG-LS) and what follows it."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:  # noqa: PLR2004 - a marker's first byte
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if data[position + 1] == _SCAN and length >= 6:  # noqa: PLR2004 - with one component
            return data[position + 2 + length - 3 : position + 2 + length]
        position += 2 + length
    raise InvalidDatasetError("the JPEG image has no scan: it is cut off")


def _jpeg_2000(data: bytes) -> CompressedImage:
    start = data.find(_CODESTREAM)
    if start < 0:
        raise InvalidDatasetError("the JPEG 2000 image has no codestream: it is cut off")
    end = data.rfind(b"\xff\xd9")
    if end < start:
        raise InvalidDatasetError("the JPEG 2000 image is cut off")
    stream = data[start : end + 2]
    claim = jpeg2000_claim(stream)
    style = stream.find(_CODING_STYLE)
    if style < 0 or len(stream) < style + 14:
        raise InvalidDatasetError("the JPEG 2000 image is cut off")
    if claim.components not in {1, _COLOURS}:
        raise NotSupportedError(f"DICOM holds no JPEG 2000 image of {claim.components} components")
    reversible = stream[style + 13] == _REVERSIBLE
    transformed = stream[style + 8] == 1
    photometric = "MONOCHROME2"
    if claim.components == _COLOURS:
        photometric = ("YBR_RCT" if reversible else "YBR_ICT") if transformed else "RGB"
    syntax = uid.JPEG2000Lossless if reversible else uid.JPEG2000
    lossy = "" if reversible else "ISO_15444_1"
    return CompressedImage(stream, syntax, claim.rows, claim.columns, claim.precision, photometric, lossy)
