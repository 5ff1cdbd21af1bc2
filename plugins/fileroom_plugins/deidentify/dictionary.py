"""Which attributes there are: those of PS3.6, pydicom's list of private ones, and what documents add."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from pydicom._dicom_dict import DicomDictionary  # no public name lists all attributes
from pydicom.datadict import dictionary_keyword, dictionary_VR, private_dictionary_VR

from fileroom_plugins.standard.definitions import Definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.standard.definitions import Definition

_FIRST_OF_DATASETS = 0x0008_0000
_ANY_BLOCK = 0x1000
_UNKNOWN = {"", "UN"}


class DataDictionary:
    """Looks attributes up.

    Documents add to what is known and change nothing of it, lest somebody's definition make anything else of
    a patient's name. Private attributes are asked for by their creator, and by their tag with the block's two
    digits zero.

    Attributes:
        added: what documents define beyond the standard, by tag; repeating groups by the first. Definitions
            of other sets of tags are left out, since nobody can list the attributes that they mean.
    """

    def __init__(self, definitions: Definitions | None = None) -> None:
        self._definitions = definitions or Definitions()
        self.added = dict(_added(self._definitions))
        self._private = functools.lru_cache(maxsize=8192)(self._private_definition)

    def is_known(self, tag: int) -> bool:
        """Say whether the standard or a document defines an attribute."""
        return is_known(tag) or tag in self.added

    def vr_of(self, tag: int) -> str:
        """Return an attribute's VR, the first where there are several; empty for an unknown one."""
        known = vr_of(tag)
        return known if known or tag not in self.added else _first(self.added[tag].vr)

    def is_known_private(self, creator: str, tag: int) -> bool:
        """Say whether pydicom or a document knows a private attribute."""
        return is_known_private(creator, tag) or self._private(creator, tag) is not None

    def private_vr_of(self, creator: str, tag: int) -> str:
        """Return a private attribute's VR; empty for an unknown one."""
        known = private_vr_of(creator, tag)
        own = self._private(creator, tag) if known in _UNKNOWN else None
        return known if own is None else _first(own.vr) or known

    def _private_definition(self, creator: str, tag: int) -> Definition | None:
        return self._definitions.attribute(tag | _ANY_BLOCK, creator)


def _added(definitions: Definitions) -> Iterator[tuple[int, Definition]]:
    for tag, definition in definitions.standard.single():
        if tag >= _FIRST_OF_DATASETS and not tag >> 16 & 1 and tag & 0xFFFF and not is_known(tag):
            yield tag, definition


def _first(vr: str) -> str:
    return "" if vr in _UNKNOWN else vr[:2]


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


KNOWN = DataDictionary()
"""That of the standard and of pydicom, without any document."""
