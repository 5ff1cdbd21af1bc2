"""The data dictionary (PS3.6), as pydicom has it."""

from __future__ import annotations

import functools
from typing import NamedTuple

from pydicom.datadict import get_entry, get_private_entry


class Entry(NamedTuple):
    """What the dictionary says of an attribute.

    Attributes:
        vr: a VR, or several with `` or `` between them.
        vm: value multiplicity as the dictionary writes it, for example ``1-n``.
        retired: whether the standard has retired it.
        keyword: for example ``PatientName``; empty for private attributes.
    """

    vr: str
    vm: str
    retired: bool
    keyword: str


@functools.lru_cache(maxsize=8192)
def entry(tag: int) -> Entry | None:
    """Return the entry of a standard tag, those of repeating groups too; None where there is none."""
    if tag >> 16 & 1:
        return None
    try:
        vr, vm, _, retired, keyword = get_entry(tag)
    except KeyError:
        return None
    return Entry(vr, vm, bool(retired), keyword)


@functools.lru_cache(maxsize=4096)
def private_vr(tag: int, creator: str) -> str:
    """Return the VR of a private element whose creator pydicom knows; ``UN`` for any other."""
    try:
        return get_private_entry(tag, creator)[0]
    except KeyError:
        return "UN"


def tag_text(tag: int) -> str:
    """Return a tag as the standard prints it, without the parentheses."""
    return f"{tag >> 16:04X},{tag & 0xFFFF:04X}"
