"""Formats that Pillow does not write: raw pixels, Sun rasters, wireless bitmaps, TIFF in tiles."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from fileroom.plugin import InvalidValueError
from fileroom_plugins.imaging.rendering import raw_pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from fileroom_plugins.imaging.commands import Command

_TILE = 256
_TIFF_DEFLATE, _TIFF_NONE = 8, 1


def _raw(image: Image.Image, command: Command) -> bytes:
    return raw_pixels.write(np.asarray(image), command)


def _sun_raster(image: Image.Image, _: Command) -> bytes:
    """Write 8 or 24 bits without compression; lines are padded to an even length, colours start with blue."""
    samples = np.asarray(image)
    depth = 8
    if image.mode == "RGB":
        samples = samples[..., ::-1].reshape(image.height, -1)
        depth = 24
    lines = np.pad(samples, ((0, 0), (0, samples.shape[1] % 2)))
    data = lines.tobytes()
    return struct.pack(">8I", 0x59A66A95, *image.size, depth, len(data), 1, 0, 0) + data


def _wireless_bitmap(image: Image.Image, _: Command) -> bytes:
    """Write type 0: sizes as numbers of seven bits a byte, and a bit for each pixel, white being 1."""
    head = b"".join(_seven_bits(side) for side in image.size)
    return b"\0\0" + head + np.packbits(np.asarray(image, bool), axis=1).tobytes()


def _seven_bits(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.insert(0, number & 0x7F | 0x80)
    return bytes(digits)


OWN_WRITERS: dict[str, Callable[[Image.Image, Command], bytes]] = {
    "RPIX": _raw,
    "RASF": _sun_raster,
    "WBMP": _wireless_bitmap,
}
"""Name of a format to what writes it."""


def tiled_tiff(image: Image.Image, compression: str) -> bytes:
    """Return a TIFF of tiles, plain or deflated, of 8 or 16 bits of grey or of colours.

    Raises:
        InvalidValueError: the compression is another, or the image of another kind.
    """
    if compression not in {"NONE", "RAW", "DEFLATE"} or image.mode not in {"L", "RGB", "RGBA", "I;16"}:
        raise InvalidValueError(
            "tiled: only with compressionFormat NONE or DEFLATE, and grey values or colours"
        )
    samples = np.asarray(image)
    bits = samples.dtype.itemsize * 8
    samples = samples.astype(samples.dtype.newbyteorder("<"))
    planes = samples.reshape(image.height, image.width, -1)
    count = planes.shape[-1]
    padded = np.pad(planes, ((0, -image.height % _TILE), (0, -image.width % _TILE), (0, 0)))
    tiles = [
        padded[y : y + _TILE, x : x + _TILE].tobytes()
        for y in range(0, image.height, _TILE)
        for x in range(0, image.width, _TILE)
    ]
    if compression == "DEFLATE":
        tiles = [zlib.compress(tile) for tile in tiles]
    offsets = [8 + sum(map(len, tiles[:number])) for number in range(len(tiles))]
    deflated = _TIFF_DEFLATE if compression == "DEFLATE" else _TIFF_NONE
    entries: list[tuple[int, str, list[int]]] = [
        (256, "I", [image.width]),
        (257, "I", [image.height]),
        (258, "H", [bits] * count),
        (259, "H", [deflated]),
        (262, "H", [1 if count == 1 else 2]),
        (277, "H", [count]),
        (284, "H", [1]),
        (322, "I", [_TILE]),
        (323, "I", [_TILE]),
        (324, "I", offsets),
        (325, "I", [len(tile) for tile in tiles]),
        *([(338, "H", [2])] if image.mode == "RGBA" else []),
    ]
    return _tiff(b"".join(tiles), entries)


def _tiff(data: bytes, entries: list[tuple[int, str, list[int]]]) -> bytes:
    """Return a little-endian TIFF file: its head, its data, and a directory of entries."""
    data += b"\0" * (len(data) % 2)
    directory = 8 + len(data)
    after = directory + 2 + 12 * len(entries) + 4
    fields, more = [], b""
    for tag, kind, numbers in entries:
        value = struct.pack(f"<{len(numbers)}{kind}", *numbers)
        place = value.ljust(4, b"\0")
        if len(value) > 4:  # noqa: PLR2004 - what has no place in an entry follows the directory
            place = struct.pack("<I", after + len(more))
            more += value + b"\0" * (len(value) % 2)
        fields.append(struct.pack("<HHI", tag, 3 if kind == "H" else 4, len(numbers)) + place)
    head = struct.pack("<2sHI", b"II", 42, directory)
    return b"".join((head, data, struct.pack("<H", len(entries)), *fields, bytes(4), more))
