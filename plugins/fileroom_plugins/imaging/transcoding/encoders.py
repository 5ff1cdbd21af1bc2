"""From a frame's values to a compressed frame, by whichever encoder is installed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import UID

from fileroom.plugin import FileroomError, MissingDependencyError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.transcoding.coding import Coding

_HALVED = 32
"""OpenJPEG's plugin needs so many rows and columns."""

_SMALL = 1024

_LONGEST_OF_JPEG = 65500
"""The longest side that libjpeg takes; of more it complains on the standard error stream of the process."""

_SUBSAMPLED = 1
"""Pillow's number for 4:2:2, which is what ``YBR_FULL_422`` says."""


def encode(pixels: Pixels, coding: Coding) -> bytes:
    """Compress one frame.

    Args:
        pixels: rows by columns, or by three samples; in the machine's byte order.
        coding: how.

    Raises:
        MissingDependencyError: a package is not installed; names the extra.
        NotSupportedError: the encoder refuses the frame.
    """
    encoder = _OWN.get(coding.target.name, _with_pydicom)
    try:
        return encoder(np.ascontiguousarray(pixels), coding)
    except FileroomError:
        raise
    except ImportError as error:
        raise missing(coding.target.name, coding.target.package) from error
    except Exception as error:
        raise NotSupportedError(f"the encoder of {coding.target.name} refuses the frame") from error


def missing(name: str, package: str) -> MissingDependencyError:
    """Return the error for an encoder that is not installed."""
    message = f"writing {name} needs {package or 'another package'}: pip install 'fileroom[transcode]'"
    return MissingDependencyError(message, "transcode", "fileroom")


def _with_pydicom(pixels: Pixels, coding: Coding) -> bytes:
    encoder = get_encoder(UID(coding.target.uid))
    if not encoder.is_available:
        raise missing(coding.target.name, coding.target.package)
    layout = coding.layout
    options: dict[str, Any] = {"encoding_plugin": _plugin(encoder.available_plugins)}
    if coding.target.name == "jpeg-2000-lossy":
        options["j2k_cr"] = [coding.settings.ratio]
    elif coding.target.name == "jpeg-ls-near":
        options["jls_error"] = coding.settings.near
    return encoder.encode(
        pixels,
        rows=layout.rows,
        columns=layout.columns,
        number_of_frames=1,
        samples_per_pixel=layout.samples,
        bits_allocated=layout.allocated,
        # RLE codes bytes, whatever they mean; of others pydicom leaves out bytes that hold no stored bit.
        bits_stored=layout.allocated if coding.target.name == "rle" else layout.stored,
        pixel_representation=int(layout.signed),
        photometric_interpretation=coding.photometric,
        planar_configuration=0,
        **options,
    )


def _plugin(available: tuple[str, ...]) -> str:
    """Return one of pydicom's plugins; never GDCM's encoder, which ends the process on odd sizes."""
    return next(one for one in ("pylibjpeg", "pyjpegls", "pydicom") if one in available)


def _wavelets(pixels: Pixels, coding: Coding) -> bytes:
    """Encode JPEG 2000; OpenJPEG by way of pydicom always halves the frame five times, if it can."""
    if min(coding.layout.rows, coding.layout.columns) >= _HALVED:
        return _with_pydicom(pixels, coding)
    if coding.target.lossy:
        raise NotSupportedError(f"{coding.target.name} cannot hold frames of less than {_HALVED} pixels")
    import imagecodecs  # noqa: PLC0415 - an extra's, and slow to import

    return bytes(
        imagecodecs.jpeg2k_encode(
            pixels,
            codecformat="j2k",
            bitspersample=coding.layout.stored,
            resolutions=1,
            reversible=True,
            mct=coding.photometric == "YBR_RCT",
        )
    )


def _predicted(pixels: Pixels, coding: Coding) -> bytes:
    """Encode JPEG-LS; pyjpegls leaves no room for the heads of very small frames."""
    if pixels.nbytes >= _SMALL:
        return _with_pydicom(pixels, coding)
    import imagecodecs  # noqa: PLC0415 - as above

    unsigned = pixels.view(f"u{pixels.dtype.itemsize}")
    return bytes(imagecodecs.jpegls_encode(unsigned, coding.settings.near if coding.target.lossy else 0))


def _high_throughput(pixels: Pixels, coding: Coding) -> bytes:
    import imagecodecs  # noqa: PLC0415 - as above

    colours = coding.photometric == "YBR_RCT"
    return bytes(imagecodecs.htj2k_encode(pixels, reversible=True, rgb=colours))


def _lossless_jpeg(pixels: Pixels, coding: Coding) -> bytes:
    import imagecodecs  # noqa: PLC0415 - as above

    unsigned = pixels.view(f"u{pixels.dtype.itemsize}")
    if coding.layout.signed:
        # Differences are taken modulo 65536, and only the bits stored are coded.
        unsigned = unsigned & np.array((1 << coding.layout.stored) - 1, unsigned.dtype)
    bits = coding.layout.stored
    return bytes(imagecodecs.jpeg8_encode(unsigned, lossless=True, predictor=1, bitspersample=bits))


def _baseline(pixels: Pixels, coding: Coding) -> bytes:
    from PIL import Image  # noqa: PLC0415 - only for this target

    if max(pixels.shape) > _LONGEST_OF_JPEG:
        raise NotSupportedError(f"jpeg holds frames of at most {_LONGEST_OF_JPEG} rows and columns")
    buffer = io.BytesIO()
    if pixels.ndim == 2:  # noqa: PLR2004 - grey
        Image.fromarray(pixels).save(buffer, "JPEG", quality=coding.settings.quality)
        return buffer.getvalue()
    image = Image.fromarray(pixels, "RGB")
    if coding.source_photometric == "YBR_FULL":
        image = Image.frombytes("YCbCr", image.size, image.tobytes())
    image.save(buffer, "JPEG", quality=coding.settings.quality, subsampling=_SUBSAMPLED)
    return buffer.getvalue()


def _extended(pixels: Pixels, coding: Coding) -> bytes:
    import imagecodecs  # noqa: PLC0415 - as above

    values = pixels.astype(np.uint16)
    return bytes(imagecodecs.jpeg8_encode(values, coding.settings.quality, bitspersample=12))


_OWN: dict[str, Callable[[Pixels, Coding], bytes]] = {
    "jpeg-ls": _predicted,
    "jpeg-ls-near": _predicted,
    "jpeg-2000": _wavelets,
    "jpeg-2000-lossy": _wavelets,
    "htj2k": _high_throughput,
    "jpeg-lossless": _lossless_jpeg,
    "jpeg": _baseline,
    "jpeg-12": _extended,
}
