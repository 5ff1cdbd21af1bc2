"""The quick reader: walks the elements of an ordinary little-endian file and picks the wanted values.

It makes no object per element, steps over values by their length, and is either sure or raises
`UnsureError`, upon which the careful reader (`fileroom._header.careful`) starts anew. So nothing here
has to tell *how* a file is odd: damaged, or just written as few others are.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from fileroom._header.elements import (
    EXPLICIT_HEADER,
    IMPLICIT_HEADER,
    LONG_LENGTH,
    LONG_VRS,
    MAX_VALUE,
    PIXEL_DATA,
    SHORT_VRS,
    SQ,
    UNDEFINED,
    UnsureError,
    explicit_element,
    has_implicit_vr,
    implicit_element,
)
from fileroom._header.pixels import is_whole
from fileroom._header.sequences import go_on, step_over

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom._header.window import Window


def walk_explicit(  # noqa: C901, PLR0912 - a call for each element would double the time
    window: Window, position: int, wanted: Mapping[int, int], found: dict[int, bytes]
) -> int | None:
    """Walk a data set in explicit VR little endian up to its pixel data or its end.

    Args:
        window: is moved as needed.
        position: offset of the first element.
        wanted: the VR code that each wanted tag must have; 0, which is none, for what ends the walk:
            `PIXEL_DATA`, and a delimiter, which should not be here.
        found: is given the value of each wanted element.

    Returns:
        The offset of the pixel data element's tag, or None where there is none.

    Raises:
        UnsureError: something is out of the ordinary, such as a wanted tag that occurs twice, or missing.
    """
    while True:
        buffer, base, limit = window.buffer, window.base, len(window.buffer)
        at = position - base
        try:
            while True:
                tag, vr, length = EXPLICIT_HEADER(buffer, at)
                if vr in SHORT_VRS:
                    start = at + 8
                elif vr in LONG_VRS:
                    start = at + 12
                    (length,) = LONG_LENGTH(buffer, at + 8)
                    if length > MAX_VALUE:
                        break
                else:
                    raise UnsureError
                end = start + length
                if tag in wanted:
                    if vr != wanted[tag] or end > limit or tag in found:
                        break
                    found[tag] = buffer[start:end]
                at = end
        except struct.error:
            position = base + at
            if position == window.size:
                return None
            go_on(window, position)
            continue
        if tag in PIXEL_DATA:
            return _pixel_data(window, base + at, base + start, length)
        if tag in found or vr != wanted.get(tag, SQ if length == UNDEFINED else vr):
            raise UnsureError
        position = step_over(window, base + start, length, explicit_element)
        if tag in wanted:
            _keep(window, base + start, position, found, tag)


def walk_implicit(  # noqa: C901 - as above
    window: Window, position: int, wanted: Mapping[int, int], found: dict[int, bytes]
) -> int | None:
    """Walk a data set in implicit VR little endian; otherwise as `walk_explicit`."""
    if not has_implicit_vr(window.take(position, 6), assumed=True):
        raise UnsureError
    while True:
        buffer, base, limit = window.buffer, window.base, len(window.buffer)
        at = position - base
        try:
            while True:
                tag, length = IMPLICIT_HEADER(buffer, at)
                if length > MAX_VALUE:
                    break
                end = at + 8 + length
                if tag in wanted:
                    if end > limit or not wanted[tag] or tag in found:
                        break
                    found[tag] = buffer[at + 8 : end]
                at = end
        except struct.error:
            position = base + at
            if position == window.size:
                return None
            go_on(window, position)
            continue
        start = base + at + 8
        if tag in PIXEL_DATA:
            return _pixel_data(window, start - 8, start, length)
        if tag in found or not wanted.get(tag, 1):
            raise UnsureError
        position = step_over(window, start, length, implicit_element)
        if tag in wanted:
            _keep(window, start, position, found, tag)


def _keep(window: Window, start: int, end: int, found: dict[int, bytes], tag: int) -> None:
    """Put a wanted value that the window may not reach among the found ones; empty if it is too long."""
    length = end - start if end - start <= MAX_VALUE else 0
    if not window.hold(start, length):
        raise UnsureError
    found[tag] = window.buffer[start - window.base : start - window.base + length]


def _pixel_data(window: Window, position: int, start: int, length: int) -> int:
    if not is_whole(window, start, length):
        raise UnsureError
    return position
