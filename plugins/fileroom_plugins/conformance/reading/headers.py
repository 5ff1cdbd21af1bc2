"""The headers of elements: tag, VR and length in the encodings of PS3.5 section 7.1."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from fileroom_plugins.standard.vrs import LONG_VRS, VRS

LONGEST = 12
"""Bytes that the header of an element has at most."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are written.

    Attributes:
        explicit: whether they name their VR.
        big: whether numbers are in big endian.
    """

    explicit: bool
    big: bool = False

    @property
    def order(self) -> str:
        """As `struct` writes it."""
        return ">" if self.big else "<"


class Header(NamedTuple):
    """An element's header.

    Attributes:
        tag: group and element in one number.
        vr: the two bytes of the VR as text; empty where there are none.
        length: of the value.
        size: of the header itself, in bytes.
        reserved: the two bytes after a VR with a long length; 0 where there are none.
    """

    tag: int
    vr: str
    length: int
    size: int
    reserved: int = 0


_TAG = {order: struct.Struct(order + "HH").unpack_from for order in "<>"}
_LONG = {order: struct.Struct(order + "I").unpack_from for order in "<>"}
_SHORT = {order: struct.Struct(order + "H").unpack_from for order in "<>"}


def read_header(data: bytes, encoding: Encoding) -> Header | None:
    """Read the header at the start of some bytes; None where they are too few.

    Items and delimiters have no VR in any encoding. What has no two capital letters where the VR should be is
    taken as implicit VR: ``vr`` is empty. A VR that no edition knows has a long length where its reserved
    bytes are zero, as all that are still to come will have (PS3.5 section 6.2, note 2).

    Args:
        data: at least `LONGEST` bytes unless the file ends before.
        encoding: how the element is written.
    """
    if len(data) < 8:  # noqa: PLR2004 - a tag and a length
        return None
    order = encoding.order
    group, element = _TAG[order](data)
    tag = group << 16 | element
    if not encoding.explicit or group == 0xFFFE:  # noqa: PLR2004 - items and delimiters
        return Header(tag, "", _LONG[order](data, 4)[0], 8)
    letters = data[4:6]
    if not (letters.isalpha() and letters.isupper()):
        return Header(tag, "", _LONG[order](data, 4)[0], 8)
    vr = letters.decode("ascii")
    short = _SHORT[order](data, 6)[0]
    if vr not in LONG_VRS and (vr in VRS or short):
        return Header(tag, vr, short, 8)
    if len(data) < LONGEST:
        return None
    return Header(tag, vr, _LONG[order](data, 8)[0], LONGEST, short)
