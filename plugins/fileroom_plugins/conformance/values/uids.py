"""UIDs: how they are written, and which roots there are (PS3.5 section 9, ISO/IEC 9834-1)."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from pydicom.uid import UID

from fileroom_plugins.conformance import rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom_plugins.conformance.values.text import Fault
    from fileroom_plugins.standard.definitions import Uid

LONGEST = 64
"""Characters of a UID."""

DICOM_ROOT = "1.2.840.10008."
DIRECTORY = "1.2.840.10008.1.3.10"
"""The Media Storage SOP Class of a DICOMDIR, whose data set has no SOP Class UID (PS3.3 annex F)."""

TRANSFER_SYNTAX = "Transfer Syntax"

_SHAPE = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")
_ROOTS = {
    "0": frozenset({"0", "1", "2", "3", "4", "5", "9"}),  # ITU-T
    "1": frozenset({"0", "1", "2", "3"}),  # ISO
}
_JOINT = frozenset(map(str, (*range(30), 40, 41, 42, *range(48, 53), 999)))
"""Arcs under joint-iso-itu-t(2) that are or were registered."""

_KINDS = {
    "transferSyntax": TRANSFER_SYNTAX,
    "storageClass": "SOP Class",
    "frameOfRef": "Well-known frame of reference",
    "ldapOID": "LDAP OID",
}
"""The standard's words for what documents classify UIDs as."""

_NONE: Mapping[str, Uid] = {}


def uid_fault(value: str, uids: Mapping[str, Uid] = _NONE) -> Fault | None:
    """Return what is wrong with one UID, None for nothing; the length is the VR's affair.

    Args:
        value: the UID.
        uids: those that documents define.
    """
    wrong = _fault(value)
    return None if wrong is not None and wrong[0] is rules.UID_UNKNOWN and value in uids else wrong


@functools.lru_cache(maxsize=4096)
def _fault(value: str) -> Fault | None:
    if not _SHAPE.fullmatch(value):
        return rules.UID_FORMAT, _what(value)
    first, second = value.split(".")[:2]
    known = _ROOTS.get(first, _JOINT if first == "2" else frozenset())
    if second not in known:
        return rules.UID_ROOT, "" if first in "012" else "the first number is 0, 1 or 2"
    if value.startswith(DICOM_ROOT) and not kind_of(value):
        return rules.UID_UNKNOWN, ""
    return None


def kind_of(value: str, uids: Mapping[str, Uid] = _NONE) -> str:
    """Return what a UID identifies, such as ``SOP Class``; empty for one that nobody knows.

    Args:
        value: the UID.
        uids: those that documents define, which cannot make another thing of one of the standard's.
    """
    # Of anything else, pydicom would warn, and repeat it in the warning.
    if value.startswith(DICOM_ROOT) and _is_well_formed(value) and (kind := UID(value).type):
        return kind
    own = uids.get(value)
    return "" if own is None else _KINDS.get(own.classification, own.classification)


def is_encapsulated(value: str, uids: Mapping[str, Uid] = _NONE) -> bool | None:
    """Return whether a transfer syntax encapsulates pixels; None for one that nobody knows.

    Args:
        value: its UID.
        uids: those that documents define.
    """
    if kind_of(value) == TRANSFER_SYNTAX:
        return UID(value).is_encapsulated
    own = uids.get(value)
    return own.compressed if own is not None and own.is_transfer_syntax else None


def _is_well_formed(value: str) -> bool:
    return len(value) <= LONGEST and _SHAPE.fullmatch(value) is not None


def _what(value: str) -> str:
    if "." not in value:
        return "a single number"
    if any(len(part) > 1 and part[0] == "0" for part in value.split(".")):
        return "a number with leading zeroes"
    return "numbers with single dots between them are expected"
