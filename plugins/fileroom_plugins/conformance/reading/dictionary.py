"""The data dictionary (PS3.6), as pydicom has it, and what documents define beyond it."""

from __future__ import annotations

import functools
from typing import NamedTuple

from pydicom.datadict import get_entry, get_private_entry

from fileroom_plugins.standard.definitions import Definitions

UNKNOWN = "UN"
"""The VR of what no dictionary has."""

_ANY_NUMBER = "1-n"
_CREATORS = range(0x10, 0x100)


class Entry(NamedTuple):
    """What the dictionary says of an attribute.

    Attributes:
        vr: a VR, or several with `` or `` between them.
        vm: value multiplicity as the dictionary writes it, for example ``1-n``.
        retired: whether the standard has retired it.
        keyword: for example ``PatientName``; empty for attributes that only documents define.
    """

    vr: str
    vm: str
    retired: bool
    keyword: str


class DataDictionary:
    """Looks attributes up. What a document says of one goes before what the standard, or pydicom, says.

    Attributes:
        entry: returns the `Entry` of a standard tag, those of repeating groups too; None where there is none.
        private: returns that which a document has for a private tag and its creator; None likewise.
        uids: what documents define UIDs as.
    """

    def __init__(self, definitions: Definitions | None = None) -> None:
        self._definitions = definitions or Definitions()
        self.entry = functools.lru_cache(maxsize=8192)(self._entry)
        self.private = functools.lru_cache(maxsize=4096)(self._private)
        self.uids = self._definitions.uids

    def vr(self, tag: int, creator: str = "") -> str:
        """Return the VR of any element, several with `` or `` between them; ``UN`` for an unknown one.

        Args:
            tag: the element's.
            creator: of a private one, the creator of its block; empty where it has none.
        """
        if tag >> 16 & 1:
            if tag & 0xFFFF in _CREATORS:
                return "LO"
            own = self.private(tag, creator) if creator else None
            return own.vr if own is not None and own.vr != UNKNOWN else _private_vr(tag, creator)
        if tag & 0xFFFF == 0:
            return "UL"
        known = self.entry(tag)
        return known.vr if known is not None else UNKNOWN

    def _entry(self, tag: int) -> Entry | None:
        if tag >> 16 & 1:
            return None
        standard, own = entry(tag), self._definitions.attribute(tag)
        if own is None:
            return standard
        vr, vm, retired, keyword = standard or Entry(UNKNOWN, _ANY_NUMBER, retired=False, keyword="")
        return Entry(own.vr or vr, own.vm or vm, own.retired or retired, keyword)

    def _private(self, tag: int, creator: str) -> Entry | None:
        own = self._definitions.attribute(tag, creator)
        return None if own is None else Entry(own.vr or UNKNOWN, own.vm or _ANY_NUMBER, own.retired, "")


STANDARD = DataDictionary()
"""That of the standard, without any document."""


@functools.lru_cache(maxsize=8192)
def entry(tag: int) -> Entry | None:
    """Return the standard's own entry of a tag, those of repeating groups too; None where there is none."""
    if tag >> 16 & 1:
        return None
    try:
        vr, vm, _, retired, keyword = get_entry(tag)
    except KeyError:
        return None
    return Entry(vr, vm, bool(retired), keyword)


@functools.lru_cache(maxsize=4096)
def _private_vr(tag: int, creator: str) -> str:
    """Return the VR of a private element whose creator pydicom knows; ``UN`` for any other."""
    try:
        return get_private_entry(tag, creator)[0] if creator else UNKNOWN
    except KeyError:
        return UNKNOWN


def tag_text(tag: int) -> str:
    """Return a tag as the standard prints it, without the parentheses."""
    return f"{tag >> 16:04X},{tag & 0xFFFF:04X}"
