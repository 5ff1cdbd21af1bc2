"""The dictionaries of PS3.6 and of vendors, as pydicom has them: VR, name and keyword of a tag."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

HIGHEST_CREATOR = 0xFF
LOWEST_CREATOR = 0x10


class Entry(NamedTuple):
    """What a dictionary says of an attribute.

    Attributes:
        vr: its VR; several joined by ``" or "`` where it depends on other attributes.
        name: for people, for example ``Patient's Name``.
        keyword: for programs, for example ``PatientName``; empty for a private attribute.
    """

    vr: str
    name: str
    keyword: str = ""


@cache
def standard_vrs() -> dict[int, str]:
    """Return the VR of every attribute of PS3.6, but for those of repeating groups."""
    from pydicom._dicom_dict import DicomDictionary  # noqa: PLC0415 - pydicom is slow to import

    return {tag: entry[0] for tag, entry in DicomDictionary.items() if entry[0] != "NONE"}  # item delimiters


@lru_cache(maxsize=16384)
def standard_entry(tag: int) -> Entry | None:
    """Return what PS3.6 says of a tag, None where it does not know it."""
    from pydicom.datadict import get_entry  # noqa: PLC0415 - as above

    try:
        vr, _, name, _, keyword = get_entry(tag)
    except KeyError:
        return Entry("UL", "Group Length") if tag & 0xFFFF == 0 else None
    return Entry(vr, name, keyword)


@lru_cache(maxsize=16384)
def private_entry(tag: int, creator: str) -> Entry | None:
    """Return what is known of a private tag in a block of a creator's, None where nothing is."""
    from pydicom.datadict import get_private_entry  # noqa: PLC0415 - as above

    try:
        vr, _, name, _ = get_private_entry(tag, creator)
    except KeyError:
        return None
    return Entry(vr, name)


@lru_cache(maxsize=4096)
def tag_of(keyword: str) -> int | None:
    """Return the tag of a keyword of PS3.6, None where it does not know it."""
    from pydicom.datadict import tag_for_keyword  # noqa: PLC0415 - as above

    return tag_for_keyword(keyword)


def is_private(tag: int) -> bool:
    """Say whether a tag is of a vendor's choice (PS3.5 section 7.8)."""
    return bool(tag & 0x10000)


def is_creator(tag: int) -> bool:
    """Say whether a tag is that of a Private Creator."""
    return is_private(tag) and LOWEST_CREATOR <= tag & 0xFFFF <= HIGHEST_CREATOR


def creator_tag(tag: int) -> int | None:
    """Return the tag of the Private Creator that a private tag is to have, None for one without a block."""
    return tag & 0xFFFF0000 | (tag & 0xFFFF) >> 8 if is_private(tag) and tag & 0xFF00 else None
