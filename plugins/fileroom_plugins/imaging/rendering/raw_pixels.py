"""Oracle's raw pixel format: a short head, and the samples as they are.

The head starts with ``RPIX``. In big-endian order follow the length of the rest of it in bytes, major and
minor version, width and height; then one byte each for compression, order of pixels, order of lines,
interleaving, number of bands, and the bands that are red, green and blue.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.rendering.shapes import LARGEST

if TYPE_CHECKING:
    from fileroom_plugins.imaging.commands import Command
    from fileroom_plugins.imaging.native import Pixels

MAGIC = b"RPIX"

_HEAD = struct.Struct(">4sIBBII8B8x")
_START = struct.Struct(">4sIBBII8B")
_PLAIN = 1
_INTERLEAVINGS = ("BIP", "BIL", "BSQ")


@dataclass(frozen=True, slots=True)
class RawPixels:
    """A raw pixel image.

    Attributes:
        samples: rows by columns by bands, the first row at the top and the first column at the left.
        channels: numbers of the bands, from 1, that are red, green and blue, or all three grey.
    """

    samples: Pixels
    channels: tuple[int, int, int]

    def shown(self, command: Command) -> Pixels:
        """Return rows by columns, or by red, green and blue, of the bands that are to be seen.

        Raises:
            NotSupportedError: ``inputChannels`` names a band that there is not.
        """
        chosen = command.whole("inputChannels") or self.channels
        bands = self.samples.shape[-1]
        if max(chosen) > bands:
            raise NotSupportedError(f"inputChannels: the image has {bands} bands")
        if len(set(chosen)) == 1:
            return self.samples[..., chosen[0] - 1]
        return self.samples[..., [one - 1 for one in chosen]]


def read(data: bytes) -> RawPixels:
    """Read a raw pixel image.

    Raises:
        InvalidDatasetError: it is damaged.
        NotSupportedError: it is compressed, or too large.
    """
    if len(data) < _START.size:
        raise InvalidDatasetError("the raw pixel image is cut off in its head")
    _, length, _, _, width, height, *numbers = _START.unpack_from(data)
    compression, pixel_order, line_order, interleaving, bands, *channels = numbers
    if compression != _PLAIN:
        raise NotSupportedError("raw pixel images that are compressed (FAX3, FAX4) cannot be read")
    if not (width and height and bands) or interleaving not in {1, 2, 3} or length < _START.size - len(MAGIC):
        raise InvalidDatasetError("the head of the raw pixel image is wrong")
    if width * height * bands > LARGEST:
        raise NotSupportedError(f"the raw pixel image has more than {LARGEST >> 20} MiB")
    if any(one > bands for one in channels):
        raise InvalidDatasetError("the raw pixel image has no such band as its head names")
    start = len(MAGIC) + length
    body = data[start : start + width * height * bands]
    if len(body) != width * height * bands:
        raise InvalidDatasetError("the raw pixel image is cut off")
    samples = _arranged(np.frombuffer(body, np.uint8), (height, width, bands), interleaving)
    if pixel_order == 2:  # noqa: PLR2004 - from right to left
        samples = samples[:, ::-1]
    if line_order == 2:  # noqa: PLR2004 - from the bottom to the top
        samples = samples[::-1]
    red, green, blue = (one or 1 for one in channels)
    return RawPixels(samples, (red, green, blue))


def write(pixels: Pixels, command: Command) -> bytes:
    """Return rows by columns, or by three colours, as a raw pixel image, laid out as the command says."""
    samples = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels  # noqa: PLR2004 - grey
    height, width, bands = samples.shape
    order = command.word("channelOrder") or "RGB"
    if bands == len(order):
        samples = samples[..., ["RGB".index(one) for one in order]]
        channels = [order.index(one) + 1 for one in "RGB"]
    else:
        channels = [1, 1, 1]
    backwards = command.word("pixelOrder") == "REVERSE"
    upside_down = command.word("scanlineOrder") == "INVERSE"
    samples = samples[:: -1 if upside_down else 1, :: -1 if backwards else 1]
    interleaving = command.word("interleaving") or "BIP"
    axes = {"BIP": (0, 1, 2), "BIL": (0, 2, 1), "BSQ": (2, 0, 1)}[interleaving]
    head = _HEAD.pack(
        MAGIC,
        _HEAD.size - len(MAGIC),
        1,
        0,
        width,
        height,
        _PLAIN,
        1 + backwards,
        1 + upside_down,
        1 + _INTERLEAVINGS.index(interleaving),
        bands,
        *channels,
    )
    return head + samples.transpose(axes).astype(np.uint8).tobytes()


def _arranged(samples: Pixels, shape: tuple[int, int, int], interleaving: int) -> Pixels:
    height, width, bands = shape
    if interleaving == 1:
        return samples.reshape(height, width, bands)
    if interleaving == 2:  # noqa: PLR2004 - by line
        return samples.reshape(height, bands, width).transpose(0, 2, 1)
    return samples.reshape(bands, height, width).transpose(1, 2, 0)
