"""Datasets as this plugin sees them: attributes whose values stay the bytes they were in the file.

pydicom is not used to read and write them, for three reasons. It forgives damage, such as a file that is cut
short, so that a part could pass for the whole; its warnings quote values; and it takes longer for one object
than everything that is done here. What stays as it was is copied, and never decoded.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, TypeAlias

from fileroom_plugins.standard.vrs import TEXT_VRS

Value: TypeAlias = "memoryview | bytes | list[Items] | Fragments"
Items: TypeAlias = "dict[int, Element]"
"""The attributes of a dataset, or of one of a sequence's items, by tag."""

UNDEFINED = 0xFFFF_FFFF
ITEM = 0xFFFE_E000
ITEM_END = 0xFFFE_E00D
SEQUENCE_END = 0xFFFE_E0DD

DEEPEST = 32
"""Sequences may be nested so deep; real ones end at about ten."""

WORDS_VRS = TEXT_VRS | {"AE", "CS", "UR"}
"""VRs of values that may hold anybody's words."""


class Encoding(NamedTuple):
    """How attributes are written.

    Attributes:
        implicit: without VRs.
        little: little endian.
    """

    implicit: bool
    little: bool

    @property
    def order(self) -> str:
        """The byte order as `struct` has it."""
        return "<" if self.little else ">"


IMPLICIT = Encoding(implicit=True, little=True)
EXPLICIT = Encoding(implicit=False, little=True)
BIG = Encoding(implicit=False, little=False)


class Fragments:
    """Encapsulated pixel data as it stands in the file: item after item, the delimiter included."""

    __slots__ = ("data",)

    def __init__(self, data: memoryview) -> None:
        self.data = data


class Element:
    """One attribute.

    Attributes:
        vr: as in the file, else as in the dictionary, else ``UN``.
        value: the bytes, or the items of a sequence, or encapsulated pixel data.
        as_un: a sequence that the file has as ``UN``: its items have implicit VR (PS3.5 section 6.2.2).
    """

    __slots__ = ("as_un", "value", "vr")

    def __init__(self, vr: str, value: Value, *, as_un: bool = False) -> None:
        self.vr = vr
        self.value = value
        self.as_un = as_un

    @property
    def data(self) -> bytes:
        """The value's bytes; none for a sequence and for encapsulated pixel data."""
        value = self.value
        return bytes(value) if isinstance(value, memoryview | bytes) else b""


def text_element(vr: str, text: str) -> Element:
    """Return an attribute with an ASCII text, padded to an even length (PS3.5 section 6.2)."""
    data = text.encode("ascii")
    if len(data) % 2:
        data += b"\0" if vr == "UI" else b" "
    return Element(vr, data)


def sequence(*items: Items) -> Element:
    """Return a sequence."""
    return Element("SQ", list(items))


LONG = {order: struct.Struct(f"{order}I") for order in "<>"}
SHORT = {order: struct.Struct(f"{order}H") for order in "<>"}
TAG = {order: struct.Struct(f"{order}HH") for order in "<>"}
IMPLICIT_HEAD = {order: struct.Struct(f"{order}HHI") for order in "<>"}
EXPLICIT_HEAD = {order: struct.Struct(f"{order}HH2sH") for order in "<>"}
