"""Blackening compressed pixels: decoded, blackened and encoded again, a frame at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
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

from fileroom.plugin import InvalidDatasetError, MissingDependencyError, NotSupportedError
from fileroom_plugins.deidentify.pixels.masks import Black, mask_of
from fileroom_plugins.deidentify.pixels.native import layout_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Encode: TypeAlias = "Callable[[Pixels, str], bytes]"

    from pydicom import Dataset

    from fileroom_plugins.deidentify.pixels.masks import Pixels
    from fileroom_plugins.deidentify.pixels.places import Places

LARGEST_FRAME = 512 << 20
"""How many bytes a decoded frame may claim to have."""

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
)
_EITHER = (JPEG2000, HTJ2K, JPEGLSNearLossless)
"""Syntaxes in which pixels may lie without loss; the object says whether they do."""

_TRANSFORMED = "YBR_RCT"
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
        NotSupportedError: no decoder is known, or a frame claims to be too large.
        MissingDependencyError: a decoder is not installed.
        InvalidDatasetError: the frames cannot be decoded.
    """
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    layout = layout_of(dataset)
    size = layout.rows * layout.columns * int(dataset.get("SamplesPerPixel") or 1) * layout.bits // 8
    if size > LARGEST_FRAME or layout.bits == 1:
        raise NotSupportedError(
            "the pixels cannot be cleaned: compressed frames of single bits, or too large"
        )
    mask = mask_of(places, layout.rows, layout.columns)
    if mask is None:
        return None
    lossless = syntax in _LOSSLESS
    frames = _decoded(dataset, syntax, layout.frames, raw=lossless)
    encode = _encoder(dataset, syntax) if lossless else None
    pieces: list[bytes] = []
    photometric = ""
    for frame, properties in frames:
        if not pieces:
            photometric = str(properties["photometric_interpretation"])
            black = Black(dataset, photometric)
            encode = encode if encode and _can(encode, frame, photometric) else None
            if encode is None and layout.frames * size > LARGEST_RESULT:
                raise NotSupportedError("the pixels cannot be cleaned: uncompressed, they are too large")
        if not frame.flags.writeable:
            frame = frame.copy()  # noqa: PLW2901
        black.paint(frame, mask)
        pieces.append(encode(frame, photometric) if encode else _native_bytes(frame))
    target = syntax if encode else ExplicitVRLittleEndian
    _put(dataset, pieces, photometric, target)
    if not lossless and not (syntax in _EITHER and dataset.get("LossyImageCompression") == "00"):
        dataset.LossyImageCompression = "01"
    return target


def _decoded(
    dataset: Dataset, syntax: UID, frames: int, *, raw: bool
) -> Iterator[tuple[Pixels, dict[str, Any]]]:
    """Yield so many frames, each with what pydicom says of it."""
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise NotSupportedError(f"the pixels cannot be cleaned: {syntax.name} cannot be decoded") from None
    if not decoder.is_available:
        message = f"decoding {syntax.name} needs more packages: pip install 'fileroom[deidentify]'"
        raise MissingDependencyError(message, "deidentify", "fileroom")
    for index in range(frames):
        try:
            frame = decoder.as_array(dataset, index=index, raw=raw)
        except Exception as error:  # decoders raise what they like
            message = "the pixels cannot be cleaned: a frame is missing, or cannot be decoded"
            raise InvalidDatasetError(message) from error
        yield frame


def _encoder(dataset: Dataset, syntax: UID) -> Encode | None:
    """Return what encodes a frame of a photometric interpretation, None if nothing does."""
    try:
        encoder = get_encoder(syntax)
    except NotImplementedError:
        return None
    if not encoder.is_available:
        return None
    options: dict[str, Any] = {
        "rows": int(dataset.Rows),
        "columns": int(dataset.Columns),
        "number_of_frames": 1,
        "samples_per_pixel": int(dataset.get("SamplesPerPixel") or 1),
        "bits_allocated": int(dataset.BitsAllocated),
        "bits_stored": int(dataset.BitsStored),
        "pixel_representation": int(dataset.get("PixelRepresentation") or 0),
        "planar_configuration": 0,  # of the frames that come; the encoder knows that of the syntax
    }
    # Of JPEG 2000 this colour transform is part of the codestream: the decoder undid it, and the encoder
    # makes it, if it is told.
    transformed = syntax == JPEG2000Lossless and dataset.PhotometricInterpretation == _TRANSFORMED

    def encode(frame: Pixels, photometric: str) -> bytes:
        named = _TRANSFORMED if transformed and photometric == "RGB" else photometric
        return encoder.encode(frame, photometric_interpretation=named, **options)

    return encode


def _can(encode: Encode, frame: Pixels, photometric: str) -> bool:
    try:
        encode(frame, photometric)
    except Exception:  # noqa: BLE001 - encoders raise what they like, and there is another way
        return False
    return True


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
    if (
        photometric == "RGB"
        and dataset.PhotometricInterpretation == _TRANSFORMED
        and target == JPEG2000Lossless
    ):
        photometric = _TRANSFORMED
    dataset.PhotometricInterpretation = photometric
    if int(dataset.get("SamplesPerPixel") or 1) > 1:
        dataset.PlanarConfiguration = 1 if target == RLELossless else 0
