"""Blackening compressed pixels: decoded, blackened and encoded again, a frame at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.encaps import encapsulate
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.deidentify.pixels.encoding import can_encode, encoder_of, photometric_of
from fileroom_plugins.deidentify.pixels.masks import Black, mask_of
from fileroom_plugins.imaging.decoding import DEFLATED_FRAMES
from fileroom_plugins.imaging.header import VIDEO
from fileroom_plugins.imaging.image import open_image

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.uid import UID

    from fileroom_plugins.deidentify.pixels.masks import Pixels
    from fileroom_plugins.deidentify.pixels.places import Places
    from fileroom_plugins.imaging.image import Image

LARGEST_RESULT = 2 << 30
"""How many bytes the frames may have if they can only be written uncompressed."""

_LOSSLESS = (
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    "1.2.840.10008.1.2.4.110",  # JPEG XL Lossless
    DEFLATED_FRAMES,
)
_EITHER = (JPEG2000, HTJ2K, JPEGLSNearLossless, "1.2.840.10008.1.2.4.112")  # the last is JPEG XL
"""Syntaxes in which pixels may lie without loss; the object says whether they do."""

_DECODED = {"YBR_RCT": "RGB", "YBR_ICT": "RGB", "YBR_FULL_422": "YBR_FULL"}
"""What decoders leave of photometric interpretations that only compressed frames have."""

_BYTE = 8  # bits
_OFFSETS = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths", "EncapsulatedPixelDataValueTotalLength")


def blacken_compressed(dataset: Dataset, places: Places) -> UID | None:
    """Blacken an image's compressed pixels.

    What lay without loss is encoded again as it was, if there is an encoder, and otherwise uncompressed. What
    was compressed with loss is left uncompressed, lest it lose more, and still says that it once was lossy
    (PS3.3 C.7.6.1.1.5).

    Returns:
        The new transfer syntax; None if no pixel was to be blackened and nothing was changed.

    Raises:
        NotSupportedError: no decoder is known, or the frames are too large, or no pixels that can be cleaned.
        MissingDependencyError: a decoder is not installed.
        InvalidDatasetError: the frames are damaged, or not what the attributes say.
    """
    image = open_image(dataset)
    layout, syntax = image.layout, image.syntax
    lossless = syntax in _LOSSLESS
    # Its head is compared with Rows and Columns before a mask of their size is made.
    first = _decoded(image, 0, lossless=lossless) if _is_cleanable(image) else None
    mask = mask_of(places, layout.rows, layout.columns)
    if mask is None:
        return None
    if first is None:
        raise NotSupportedError(
            "the pixels cannot be cleaned: they are compressed as a video, as single bits or floating-point "
            "numbers, or HighBit is not that of BitsStored"
        )
    frame, photometric = first
    black = Black(dataset, photometric)
    encode = encoder_of(dataset, layout, syntax) if lossless else None
    if encode and not can_encode(encode, frame, photometric):
        encode = None
    if encode is None and layout.frames * layout.decoded_size > LARGEST_RESULT:
        raise NotSupportedError("the pixels cannot be cleaned: uncompressed, they are too large")
    pieces: list[bytes] = []
    for index in range(layout.frames):
        if index:
            frame, colours = _decoded(image, index, lossless=lossless)
            if colours != photometric:
                raise InvalidDatasetError(
                    "the pixels cannot be cleaned: frames have colours of several kinds"
                )
        black.paint(frame, mask)
        pieces.append(encode(frame, photometric) if encode else _native_bytes(frame))
    target = syntax if encode else ExplicitVRLittleEndian
    _put(dataset, pieces, photometric, target)
    if not lossless and not (syntax in _EITHER and dataset.get("LossyImageCompression") == "00"):
        dataset.LossyImageCompression = "01"
    return target


def _is_cleanable(image: Image) -> bool:
    layout = image.layout
    # Bits that are not stored are dropped in decoding, and it is by their number alone that they are known.
    shifted = image.attributes.get("HighBit", layout.stored - 1) != layout.stored - 1
    return not (image.syntax in VIDEO or layout.floating or layout.allocated == 1 or shifted)


def _decoded(image: Image, index: int, *, lossless: bool) -> tuple[Pixels, str]:
    """Return a frame that can be written to; colours as they were coded, unless detail was lost anyway."""
    frame, photometric = image.decoded(index)
    photometric = _DECODED.get(photometric, photometric)
    if photometric == "YBR_FULL" and not lossless:
        return convert_color_space(frame, photometric, "RGB"), "RGB"
    return frame if frame.flags.writeable else frame.copy(), photometric


def _native_bytes(frame: Pixels) -> bytes:
    return frame.astype(frame.dtype.newbyteorder("<"), copy=False).tobytes()


def _put(dataset: Dataset, pieces: list[bytes], photometric: str, target: UID) -> None:
    """Put the frames into the image, and say in it how they lie now."""
    for keyword in _OFFSETS:
        dataset.pop(keyword, None)
    compressed = target.is_compressed
    data = encapsulate(pieces) if compressed else b"".join(pieces)
    element = dataset["PixelData"]
    element.VR = "OB" if compressed or dataset.BitsAllocated <= _BYTE else "OW"
    element.value = data + b"\0" * (len(data) % 2)
    element.is_undefined_length = compressed
    dataset.file_meta.TransferSyntaxUID = target
    dataset.PhotometricInterpretation = photometric_of(dataset, photometric, target)
    if int(dataset.get("SamplesPerPixel") or 1) > 1:
        dataset.PlanarConfiguration = 1 if target == RLELossless else 0
