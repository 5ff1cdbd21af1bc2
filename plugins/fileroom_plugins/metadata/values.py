"""From the bytes of a value to what it says: texts, names, numbers and tags (PS3.5 section 6.2).

Padding is taken off as pydicom does it, so that both say the same of a file.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from fileroom_plugins.standard.vrs import NUMBER_CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fileroom.plugin import CharacterSet

PADDING = "\0 "

LUT_DESCRIPTORS = frozenset((0x00281101, 0x00281102, 0x00281103, 0x00283002))
"""Attributes of which the first of three numbers has no sign, whatever the VR says (PS3.3 C.11.1.1.1)."""

_TAG = 4
_WRAP = 1 << 16


def _plain(value: bytes, _: CharacterSet) -> list[str]:
    text = value.decode("latin-1").rstrip(PADDING)
    return text.split("\\") if text else []


def _trimmed(value: bytes, _: CharacterSet) -> list[str]:
    text = value.decode("latin-1").rstrip(PADDING)
    return [one.strip() for one in text.split("\\")] if text.strip() else []


def _strings(value: bytes, charset: CharacterSet) -> list[str]:
    text = decoded(value, charset)
    if "\\" in text:
        return [one.rstrip(PADDING) for one in text.split("\\")]
    text = text.rstrip(PADDING)
    return [text] if text else []


def _prose(value: bytes, charset: CharacterSet) -> list[str]:
    text = decoded(value, charset).rstrip(PADDING)
    return [text] if text else []


def _reference(value: bytes, _: CharacterSet) -> list[str]:
    text = value.decode("latin-1").rstrip("\0").rstrip()
    return [text] if text else []


TEXTS: Mapping[str, Callable[[bytes, CharacterSet], list[str]]] = {
    **dict.fromkeys(("AS", "CS", "DA", "DT", "TM", "UI"), _plain),
    **dict.fromkeys(("LO", "SH", "UC"), _strings),
    **dict.fromkeys(("LT", "ST", "UT"), _prose),
    **dict.fromkeys(("AE", "DS", "IS"), _trimmed),
    "UR": _reference,
}
"""For each VR of text but PN, what makes a value's texts of its bytes."""


def decoded(value: bytes, charset: CharacterSet, *, person_name: bool = False) -> str:
    """Return a value in its character set as text; quickly where it is plain ASCII."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    # Some writers leave the value in a set of two bytes a character, of which padding would be a half.
    return charset.decode(value.rstrip(b"\0 "), person_name=person_name)


def names(value: bytes, charset: CharacterSet) -> list[list[str]]:
    """Return the component groups of each person name: alphabetic, ideographic, phonetic.

    Groups at the end that are empty are left out, so that an empty name has none.
    """
    text = decoded(value, charset, person_name=True).rstrip(PADDING)
    if not text:
        return []
    found = []
    for name in text.split("\\"):
        groups = name.split("=")
        while groups and not groups[-1]:
            groups.pop()
        found.append(groups[:3])
    return found


def numbers(tag: int, vr: str, value: bytes, *, little_endian: bool) -> Sequence[float] | None:
    """Return binary numbers, None where the length is not that of whole ones.

    Args:
        tag: the element's tag.
        vr: one of `NUMBER_CODES`.
        value: its bytes.
        little_endian: their order.
    """
    code = NUMBER_CODES[vr]
    order = "<" if little_endian else ">"
    count, rest = divmod(len(value), struct.calcsize(f"={code}"))
    if rest:
        return None
    found = struct.unpack(f"{order}{count}{code}", value)
    if tag in LUT_DESCRIPTORS and count > 1 and found[0] < 0:
        return (found[0] + _WRAP, *found[1:])
    return found


def tags(value: bytes, *, little_endian: bool) -> list[str] | None:
    """Return tags as eight hexadecimal digits, None where the length is not that of whole ones."""
    count, rest = divmod(len(value), _TAG)
    if rest:
        return None
    halves = struct.unpack(f"{'<' if little_endian else '>'}{2 * count}H", value)
    return [f"{group:04X}{number:04X}" for group, number in zip(halves[::2], halves[1::2], strict=True)]
