"""Whether the pixel data of a file is all there."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from fileroom._header.elements import UNDEFINED

if TYPE_CHECKING:
    from fileroom._header.window import Window

_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
_ITEM = struct.pack("<HH", 0xFFFE, 0xE000)


def is_whole(window: Window, start: int, length: int) -> bool:
    """Say whether the source holds all of a pixel data element's value.

    Encapsulated pixel data (PS3.5 section A.4) is whole when its sequence delimiter is there. Most often it
    ends the file; only where it does not are the fragments walked, eight bytes of each.

    Args:
        window: is moved only where the fragments must be walked, or to the end of a file.
        start: offset of the value.
        length: the element's length, perhaps `UNDEFINED`.
    """
    if length != UNDEFINED:
        return start + length <= window.size
    if window.size - len(_END) >= start and window.take(window.size - len(_END), len(_END)) == _END:
        return True
    while (header := window.take(start, 8))[:4] == _ITEM and len(header) == 8:  # noqa: PLR2004 - tag and length
        start += 8 + int.from_bytes(header[4:], "little")
    return header == _END
