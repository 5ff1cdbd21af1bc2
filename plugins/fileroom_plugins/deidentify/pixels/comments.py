"""What compressed frames carry beside their pixels: comments, Exif, XMP, previews, what follows the end.

It is overwritten with zeros where it stands, so that nothing moves and offsets stay true. Parts without
which colours would be others stay: JFIF, SPIFF, Adobe, ICC profiles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_JPEG_MARKER = re.compile(rb"\xff+([\xc0-\xcf\xd8-\xfe])")
"""Within coded data 0xFF is followed by none of these (ISO/IEC 10918-1 B.1.1.5, 14495-1 C.1)."""

_START, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APPLICATION = range(0xE0, 0xF0)
_KEPT_PARTS = {
    (0xE0, b"JFIF\0"): 14,  # what follows is a preview
    (0xE2, b"ICC_PROFILE\0"): None,
    (0xE8, b"SPIFF\0"): 30,
    (0xE8, b"\0\0\0\1"): 6,  # the end of SPIFF's directory
    (0xE8, b"mrfx"): None,  # by which colours of JPEG-LS were transformed
    (0xEE, b"Adobe"): 12,
}
"""Of parts that begin like this so many bytes stay; None for all."""

_J2K_TILE, _J2K_DATA, _J2K_COMMENT, _J2K_END = 0xFF90, 0xFF93, 0xFF64, 0xFFD9
_TILE_HEAD = 12
_JP2 = b"\0\0\0\x0cjP"
_JP2_STREAM = b"jp2c"
_JP2_KEPT = (b"jP  ", b"ftyp", b"jp2h")


def in_jpeg(data: memoryview, *, several: bool = False) -> Iterator[slice]:
    """Yield where a JPEG or JPEG-LS stream has what is no part of its picture.

    Args:
        data: the stream.
        several: another one may follow right behind its end, and is a picture too.
    """
    at, in_scan = 0, False
    while match := _JPEG_MARKER.search(data, at):
        if not in_scan and match.start() > at:
            yield slice(at, match.start())
        code, at = match[1][0], match.end()
        if code == _END and not (several and bytes(data[at : at + 2]) == b"\xff\xd8"):
            yield slice(at, len(data))
            return
        if code in {_START, _END}:
            in_scan = False
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        part = slice(at + 2, min(at + length, len(data)))
        if code == _COMMENT:
            yield part
        elif code in _APPLICATION:
            yield from _of_application(code, data, part)
        at, in_scan = max(part.start, part.stop), in_scan or code == _SCAN


def in_jpeg_2000(data: memoryview) -> Iterator[slice]:
    """Yield where a JPEG 2000 codestream, or a JP2 file, has what is no part of its picture."""
    start, stop = 0, len(data)
    if data[:6] == _JP2:
        for kind, content, after in _boxes(data):
            if kind == _JP2_STREAM:
                start, stop = content, after
            elif kind not in _JP2_KEPT:
                yield slice(content, after)
    yield from _in_codestream(data, start, stop)


def _of_application(code: int, data: memoryview, part: slice) -> Iterator[slice]:
    for (kept, beginning), size in _KEPT_PARTS.items():
        if code == kept and data[part][: len(beginning)] == beginning:
            if size is not None:
                yield slice(part.start + size, part.stop)
            return
    yield part


def _boxes(data: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Yield the boxes of a JP2 file (ISO/IEC 15444-1 I.4): type, and where the content begins and ends."""
    at = 0
    while at + 8 <= len(data):
        length, kind, head = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8]), 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        stop = min(at + length, len(data)) if length >= head else len(data)
        yield kind, min(at + head, stop), stop
        at = stop


def _in_codestream(data: memoryview, start: int, stop: int) -> Iterator[slice]:
    at, tile_end = start + 2, stop
    while at + 4 <= stop:
        marker, length = (
            int.from_bytes(data[at : at + 2], "big"),
            int.from_bytes(data[at + 2 : at + 4], "big"),
        )
        if marker == _J2K_END:
            break
        if marker == _J2K_TILE:
            size = int.from_bytes(data[at + 6 : at + 10], "big")
            tile_end = at + size if size > _TILE_HEAD else stop - 2
        elif marker == _J2K_DATA:
            at = tile_end
            continue
        elif marker == _J2K_COMMENT:
            yield slice(min(at + 6, stop), min(at + 2 + length, stop))
        at += 2 + max(length, 2)
    if bytes(data[at : at + 2]) == b"\xff\xd9":
        yield slice(at + 2, stop)
