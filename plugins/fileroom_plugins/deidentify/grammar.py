"""Whether bytes can be a value of a VR at all: numbers, dates and UIDs that are kept may hold no words."""

from __future__ import annotations

import functools
import re
import struct
from typing import TYPE_CHECKING

from pydicom.datadict import dictionary_VM

from fileroom_plugins.deidentify.dictionary import KNOWN, is_known
from fileroom_plugins.deidentify.elements import WORDS_VRS, Fragments

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.dictionary import DataDictionary
    from fileroom_plugins.deidentify.elements import Element

_SIZES = {
    **dict.fromkeys(("SS", "US"), 2),
    **dict.fromkeys(("AT", "FL", "OF", "OL", "SL", "UL"), 4),
    **dict.fromkeys(("FD", "OD", "OV", "SV", "UV"), 8),
}
"""Bytes of one number."""

_COUNTED = {"FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"}
_BYTES = (memoryview, bytes)
_ANY_BYTES = WORDS_VRS | {"UN", "OB", "OW"}


def _values(one: str) -> re.Pattern[bytes]:
    """Return what matches values of a form, each of which may be empty and padded. It takes linear time."""
    padded = rf"[ \0]*+(?:{one})?+[ \0]*+"
    return re.compile(rf"{padded}(?:\\{padded})*+".encode())


_NUMBER = _values(r"[+-]?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?+[0-9]++)?+")
_MONTH_DAY = r"(?:0[0-9]|1[0-2])\.?+(?:[0-2][0-9]|3[01])"
_PATTERNS = {
    "AS": _values(r"[0-9]{1,3}+[DWMY]"),
    "DA": _values(rf"[0-9]{{4}}\.?+{_MONTH_DAY}"),
    "DS": _NUMBER,
    "DT": _values(r"[0-9]{4}(?:[0-9]{2}){0,5}+(?:\.[0-9]{1,6}+)?+(?:[+-][0-9]{4})?+"),
    # Many writers have numbers with a fraction where there may be none; they tell as little.
    "IS": _NUMBER,
    "TM": _values(r"[0-2][0-9](?::?+[0-5][0-9](?::?+[0-6][0-9](?:\.[0-9]{1,6}+)?+)?+)?+"),
    "UI": _values(r"[0-9.]{1,64}+"),
}
"""The forms of PS3.5 table 6.2-1, and those that earlier editions had."""


def fits(tag: int, vr: str, element: Element, order: str, dictionary: DataDictionary = KNOWN) -> bool:
    """Say whether the value of an attribute that is to be kept is one of its VR.

    Texts and plain bytes are anything. Where somebody wrote an attribute as such that the standard has as
    numbers, dates or UIDs, its bytes have to be these all the same.

    Args:
        tag: the attribute's; a private one's is not looked up.
        vr: its VR, as the file or, for a private one, its table has it.
        element: the attribute. Sequences do not fit, they are gone through; encapsulated pixels do.
        order: the byte order as `struct` has it.
        dictionary: has the VRs of attributes.
    """
    value = element.value
    if not isinstance(value, _BYTES):
        return isinstance(value, Fragments)
    if vr in _ANY_BYTES and not tag >> 16 & 1:
        known = dictionary.vr_of(tag)
        if known == "SQ" or (vr in WORDS_VRS and known in _SIZES):
            return not element.data.strip(b" \0")
        vr = known or vr
    size = _SIZES.get(vr)
    if size:
        length = len(value)
        if length % size or (length > size and vr in _COUNTED and length // size > _most(tag)):
            return False
        return vr != "AT" or _are_attributes(element.data, order)
    pattern = _PATTERNS.get(vr)
    return pattern is None or pattern.fullmatch(value) is not None


@functools.lru_cache(maxsize=8192)
def _most(tag: int) -> float:
    """Return how many values an attribute may have (PS3.6)."""
    try:
        most = dictionary_VM(tag).rpartition("-")[2]
    except KeyError:
        return float("inf")
    return int(most) if most.isdigit() else float("inf")


def _are_attributes(data: bytes, order: str) -> bool:
    """Say whether tags are those of attributes that there are, or of private ones."""
    tags = (group << 16 | element for group, element in struct.iter_unpack(f"{order}HH", data))
    return all(tag >> 16 & 1 or is_known(tag) for tag in tags)
