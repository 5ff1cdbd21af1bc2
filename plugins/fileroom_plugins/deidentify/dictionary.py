"""Which attributes there are (PS3.6), and pydicom's list of private ones."""

from __future__ import annotations

import functools

from pydicom._dicom_dict import DicomDictionary  # no public name lists all attributes
from pydicom.datadict import dictionary_keyword, dictionary_VR, private_dictionary_VR


def standard_attributes() -> dict[int, tuple[str, str]]:
    """Return the VR and the keyword of every attribute that does not repeat, by tag."""
    return {tag: (row[0], row[4]) for tag, row in DicomDictionary.items()}


def is_known(tag: int) -> bool:
    """Say whether the standard defines an attribute, retired ones and repeating groups included."""
    return bool(vr_of(tag))


@functools.lru_cache(maxsize=8192)
def vr_of(tag: int) -> str:
    """Return a standard attribute's VR, the first where there are several; empty for an unknown one."""
    try:
        return str(dictionary_VR(tag))[:2]
    except KeyError:
        return ""


@functools.lru_cache(maxsize=8192)
def keyword_of(tag: int) -> str:
    """Return a standard attribute's keyword; empty for an unknown one."""
    try:
        return dictionary_keyword(tag)
    except KeyError:
        return ""


def is_known_private(creator: str, tag: int) -> bool:
    """Say whether a private attribute is in pydicom's dictionary.

    Args:
        creator: the block's private creator.
        tag: with the block's two digits zero.
    """
    return bool(private_vr_of(creator, tag))


@functools.lru_cache(maxsize=8192)
def private_vr_of(creator: str, tag: int) -> str:
    """Return a private attribute's VR; empty for an unknown one. The arguments are as above."""
    try:
        return str(private_dictionary_VR(tag | 0x1000, creator))[:2]
    except KeyError:
        return ""
