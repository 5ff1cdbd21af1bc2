"""Moving pictures out of single ones: each frame is written by itself, and its bytes are put together.

So no more than one frame is in memory that is not compressed, which Pillow's own writers do not promise.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from PIL import TiffImagePlugin

from fileroom.plugin import NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_GIF_HEAD = 13
_LOOP_FOR_EVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_LOCAL_TABLE = 0x80
_CENTISECOND = 10
_MOST_DELAY = 65535
_MOST_FILE = 0xFFFFFFFF
_ANIMATION, _ALPHA = 0x02, 0x10


def animated_gif(frames: Iterable[bytes], milliseconds: float) -> bytes:
    """Return one GIF (89a) out of single ones, which repeats for ever."""
    delay = min(max(1, round(milliseconds / _CENTISECOND)), _MOST_DELAY)
    parts: list[bytes] = []
    for frame in frames:
        width, height, flags = struct.unpack_from("<HHB", frame, 6)
        table_size = 3 << (flags & 7) + 1 if flags & 0x80 else 0
        table = frame[_GIF_HEAD : _GIF_HEAD + table_size]
        descriptor = _gif_image(frame, _GIF_HEAD + table_size)
        if not parts:
            parts += [b"GIF89a", struct.pack("<HHBBB", width, height, 0x70, 0, 0), _LOOP_FOR_EVER]
        kind = frame[descriptor + 9]
        if kind & _LOCAL_TABLE:
            table = b""
        else:
            kind |= _LOCAL_TABLE | flags & 7
        parts.append(b"\x21\xf9\x04\x04" + struct.pack("<H", delay) + b"\0\0")
        parts += [frame[descriptor : descriptor + 9], bytes([kind]), table, frame[descriptor + 10 : -1]]
    return b"".join((*parts, b";"))


def _gif_image(frame: bytes, position: int) -> int:
    """Return where the image starts, after extensions."""
    while frame[position] == 0x21:  # noqa: PLR2004 - an extension
        position += 2
        while frame[position]:
            position += 1 + frame[position]
        position += 1
    return position


def animated_png(frames: Iterable[bytes], milliseconds: float, count: int) -> bytes:
    """Return one animated PNG out of single ones of equal size and kind, which repeats for ever."""
    parts: list[bytes] = []
    number = 0
    for frame in frames:
        chunks = list(_png_chunks(frame))
        head = next(data for name, data in chunks if name == b"IHDR")
        if not parts:
            parts.append(frame[:8] + _chunk(b"IHDR", head) + _chunk(b"acTL", struct.pack(">II", count, 0)))
            parts += [_chunk(name, data) for name, data in chunks if name in {b"PLTE", b"tRNS", b"iCCP"}]
        delay = struct.pack(">HH", min(round(milliseconds), _MOST_DELAY), 1000)
        control = struct.pack(">I", number) + head[:8] + bytes(8) + delay + bytes(2)
        parts.append(_chunk(b"fcTL", control))
        data = b"".join(data for name, data in chunks if name == b"IDAT")
        number += 1
        if number == 1:
            parts.append(_chunk(b"IDAT", data))
        else:
            parts.append(_chunk(b"fdAT", struct.pack(">I", number) + data))
            number += 1
    return b"".join((*parts, _chunk(b"IEND", b"")))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 8
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        yield data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        position += 12 + length


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def animated_webp(frames: Iterable[bytes], milliseconds: float, size: Callable[[], tuple[int, int]]) -> bytes:
    """Return one animated WEBP out of single ones, which repeats for ever.

    Args:
        frames: the single ones.
        milliseconds: how long each is shown.
        size: tells their size once there is one.
    """
    width = height = b""
    duration = min(max(1, round(milliseconds)), 0xFFFFFF).to_bytes(3, "little")
    chunks = []
    flags = _ANIMATION
    for frame in frames:
        kept = [(name, data) for name, data in _riff_chunks(frame) if name in {b"ALPH", b"VP8 ", b"VP8L"}]
        width, height = ((side - 1).to_bytes(3, "little") for side in size())
        if kept[0][0] != b"VP8 ":
            flags |= _ALPHA
        body = bytes(6) + width + height + duration + b"\x02" + b"".join(_riff(*one) for one in kept)
        chunks.append(_riff(b"ANMF", body))
    head = _riff(b"VP8X", bytes([flags, 0, 0, 0]) + width + height)
    body = b"WEBP" + head + _riff(b"ANIM", b"\xff\xff\xff\xff\0\0") + b"".join(chunks)
    return _riff(b"RIFF", body)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position < len(data):
        (length,) = struct.unpack_from("<I", data, position + 4)
        yield data[position : position + 4], data[position + 8 : position + 8 + length]
        position += 8 + length + length % 2


def _riff(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def tiff_pages(pages: Iterable[bytes]) -> bytes:
    """Return one TIFF file out of single ones, each a page."""
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer, new=True) as writer:
        for page in pages:
            writer.write(page)
            writer.newFrame()
            if writer.tell() > _MOST_FILE:
                raise NotSupportedError("the pages take more than 4 GiB, which TIFF cannot hold")
    return buffer.getvalue()
