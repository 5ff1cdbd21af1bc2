"""Data elements in little endian, as bytes: the numbers that PS3.5 section 7 writes them with.

Tags are held as the four bytes of a little-endian file read as one number: element above group, the other
way round than in print. `swapped` turns one into the other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeAlias

UNDEFINED = 0xFFFFFFFF
"""The length of an element or item that a delimiter ends."""

MAX_VALUE = 64 * 1024
"""Values longer than so many bytes are not read: nothing that an index keeps is as long."""

MAX_DEPTH = 32
"""Sequences in sequences are followed so far down; real ones end at about ten."""

EXPLICIT_HEADER = struct.Struct("<IHH").unpack_from
"""Tag, VR and the 16-bit length (or what stands in its place) of an explicit VR element."""

IMPLICIT_HEADER = struct.Struct("<II").unpack_from
"""Tag and length of an implicit VR element, and of items and delimiters in either."""

LONG_LENGTH = struct.Struct("<I").unpack_from


def swapped(tag: int) -> int:
    """Return a tag as little-endian bytes have it for one as it is printed, and the other way round."""
    return (tag & 0xFFFF) << 16 | tag >> 16


def vr_code(vr: str) -> int:
    """Return the two bytes of a VR as a little-endian number."""
    return int.from_bytes(vr.encode("ascii"), "little")


_LONG = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
_SHORT = (
    *("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN"),
    *("SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"),
)
LONG_VRS = frozenset(map(vr_code, _LONG))
"""VRs whose length has 32 bits, after two reserved bytes (PS3.5 table 7.1-1)."""

SHORT_VRS = frozenset(map(vr_code, _SHORT))
"""VRs whose length has 16 bits (PS3.5 table 7.1-2)."""

VR_NAMES = {vr_code(vr): vr for vr in (*_LONG, *_SHORT)}

SQ = vr_code("SQ")
UN = vr_code("UN")

ITEM = swapped(0xFFFEE000)
ITEM_END = swapped(0xFFFEE00D)
SEQUENCE_END = swapped(0xFFFEE0DD)
PIXEL_DATA = frozenset(map(swapped, (0x7FE00008, 0x7FE00009, 0x7FE00010)))
"""Float, Double Float and plain Pixel Data."""


class UnsureError(Exception):
    """The quick reader met something that it leaves to the careful one; never leaves `fileroom.header`."""


Element: TypeAlias = "tuple[int, int, int, int]"
"""Tag, VR code (0: not told), offset of the value, length."""

ReadElement: TypeAlias = Callable[[bytes, int], Element]


def explicit_element(buffer: bytes, at: int) -> Element:
    """Return the element at an offset of a buffer in explicit VR; PS3.5 section 7.1.2.

    Raises:
        UnsureError: its VR is not one that the standard knows, or a delimiter has a length.
        struct.error: the buffer ends before the value begins.
    """
    tag, vr, length = EXPLICIT_HEADER(buffer, at)
    if tag == ITEM_END:
        if vr or length:
            raise UnsureError
        return tag, 0, at + 8, 0
    if vr in SHORT_VRS:
        return tag, vr, at + 8, length
    if vr in LONG_VRS:
        return tag, vr, at + 12, LONG_LENGTH(buffer, at + 8)[0]
    raise UnsureError


def implicit_element(buffer: bytes, at: int) -> Element:
    """Return the element at an offset of a buffer in implicit VR; PS3.5 section 7.1.3.

    Raises:
        struct.error: the buffer ends before the value begins.
    """
    tag, length = IMPLICIT_HEADER(buffer, at)
    return tag, 0, at + 8, 0 if tag == ITEM_END else length


def has_implicit_vr(head: bytes, *, assumed: bool) -> bool:
    """Say whether elements have implicit VR, from the first six bytes of the first one, as pydicom does.

    Where a VR would stand are two capital letters, or else the low half of a length, which would be over
    16,000 to look like them.
    """
    vr = head[4:6]
    return not (vr.isalpha() and vr.isupper()) if len(vr) == len("VR") else assumed
