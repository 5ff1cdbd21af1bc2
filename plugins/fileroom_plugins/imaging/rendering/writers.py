"""From a finished image to bytes of a format."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

from fileroom.plugin import InvalidValueError, NotSupportedError
from fileroom_plugins.imaging.commands.applying import compression_of
from fileroom_plugins.imaging.rendering.own_formats import OWN_WRITERS, tiled_tiff
from fileroom_plugins.imaging.rendering.profiles import fits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL import Image

    from fileroom_plugins.imaging.commands import Command
    from fileroom_plugins.imaging.formats import Format

QUALITIES = {"MAXINTEGRITY": 100, "LOWCOMP": 90, "MEDCOMP": 75, "HIGHCOMP": 50, "MAXCOMPRATIO": 20}
"""What the words for ``compressionQuality`` mean."""

_LONGEST_OF_JPEG = 65500
"""The longest side that libjpeg takes; of more it complains on the standard error stream of the process."""

_BEST = 100
_DEFAULT_QUALITY = 85
_FAX = {"group3", "group4", "tiff_ccitt"}


def quality(command: Command) -> int | None:
    """Return the quality, 0 to 100; None where it is not given."""
    if word := command.word("compressionQuality"):
        return QUALITIES[word]
    return next(iter(command.whole("compressionQuality")), None)


def write(image: Image.Image, form: Format, command: Command, info: Mapping[str, Any]) -> bytes:
    """Return an image in a format.

    Raises:
        InvalidValueError: the format has no such compression.
        NotSupportedError: the compression cannot hold the image, or the image is too large for the format.
    """
    if form.name in OWN_WRITERS:
        return OWN_WRITERS[form.name](image, command)
    if "tiled" in command:
        return tiled_tiff(image, compression_of(form, command))
    options = {**_kept(image, form, command, info), **_options(image, form, command)}
    width, height = image.size
    refusal = f"{form.name} cannot hold a picture of {width} by {height} pixels"
    if compression_of(form, command) == "JPEG" and max(image.size) > _LONGEST_OF_JPEG:
        raise NotSupportedError(refusal)
    buffer = io.BytesIO()
    try:
        image.save(buffer, form.pillow, **options)
    except (OSError, ValueError, struct.error) as error:
        raise NotSupportedError(refusal) from error
    return buffer.getvalue()


def _options(image: Image.Image, form: Format, command: Command) -> dict[str, Any]:
    given = quality(command)
    if form.name in _BY_QUALITY:
        return _BY_QUALITY[form.name](given)
    value = form.compressions.get(compression_of(form, command))
    if form.name == "TIFF" and value is not None:
        return _tiff_options(image, value, given)
    return {"compression": value} if form.name == "TGAF" else {}


def _jpeg_options(given: int | None) -> dict[str, Any]:
    level = _DEFAULT_QUALITY if given is None else given
    return {"quality": max(1, level), "subsampling": "4:4:4" if level == _BEST else "4:2:0"}


def _jpeg_2000_options(given: int | None) -> dict[str, Any]:
    if given is None or given == _BEST:
        return {"irreversible": False}
    return {"irreversible": True, "quality_mode": "rates", "quality_layers": [2 + (_BEST - given) / 2]}


def _webp_options(given: int | None) -> dict[str, Any]:
    return {"lossless": True} if given == _BEST else _plain_quality(given)


def _plain_quality(given: int | None) -> dict[str, Any]:
    return {"quality": _DEFAULT_QUALITY if given is None else given}


_BY_QUALITY = {
    "JFIF": _jpeg_options,
    "JP2": _jpeg_2000_options,
    "WEBP": _webp_options,
    "AVIF": _plain_quality,
}


def _tiff_options(image: Image.Image, compression: str, given: int | None) -> dict[str, Any]:
    if compression in _FAX and image.mode != "1":
        raise InvalidValueError("compressionFormat: facsimile needs contentFormat=MONOCHROME")
    if compression != "jpeg":
        return {"compression": compression}
    if image.mode not in {"L", "RGB", "CMYK"}:
        raise InvalidValueError("compressionFormat: JPEG in TIFF needs 8 bits of grey, or 24 of colours")
    return {"compression": compression, "quality": _jpeg_options(given)["quality"]}


def _kept(image: Image.Image, form: Format, command: Command, info: Mapping[str, Any]) -> dict[str, Any]:
    if "nometadata" in command:
        return {}
    kept = {"JFIF": ("icc_profile", "dpi", "exif"), "WEBP": ("icc_profile", "exif"), "AVIF": ("icc_profile",)}
    kept |= {"PNGF": ("icc_profile", "dpi"), "TIFF": ("icc_profile", "dpi"), "BMPF": ("dpi",)}
    found = {name: info[name] for name in kept.get(form.name, ()) if info.get(name)}
    if "icc_profile" in found and not fits(found["icc_profile"], image.mode):
        del found["icc_profile"]  # of colours that the picture has no more
    return found
