"""UIDs: how they are written, and which roots there are (PS3.5 section 9, ISO/IEC 9834-1)."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from pydicom.uid import UID

from fileroom_plugins.conformance import rules

if TYPE_CHECKING:
    from fileroom_plugins.conformance.values.text import Fault

LONGEST = 64
"""Characters of a UID."""

DICOM_ROOT = "1.2.840.10008."

_SHAPE = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")
_HIGHEST_BELOW_TWO = 39
_ROOTS = {
    "0": frozenset({"0", "1", "2", "3", "4", "5", "9"}),  # ITU-T
    "1": frozenset({"0", "1", "2", "3"}),  # ISO
}
_JOINT = frozenset(map(str, (*range(30), 40, 41, 42, *range(48, 53), 999)))
"""Arcs under joint-iso-itu-t(2) that are or were registered."""


@functools.lru_cache(maxsize=4096)
def uid_fault(value: str) -> Fault | None:
    """Return what is wrong with one UID, None for nothing; the length is the VR's affair."""
    if not _SHAPE.fullmatch(value):
        return rules.UID_FORMAT, _what(value)
    first, second = value.split(".")[:2]
    known = _ROOTS.get(first, _JOINT if first == "2" else frozenset())
    if second not in known:
        return rules.UID_ROOT, "" if first in "012" else "the first number is 0, 1 or 2"
    if value.startswith(DICOM_ROOT) and not kind_of(value):
        return rules.UID_UNKNOWN, ""
    return None


def kind_of(value: str) -> str:
    """Return what a UID of the standard identifies, such as ``SOP Class``; empty for all else."""
    # Of anything else, pydicom would warn, and repeat it in the warning.
    return UID(value).type if value.startswith(DICOM_ROOT) and _is_well_formed(value) else ""


def is_encapsulated(value: str) -> bool | None:
    """Return whether a transfer syntax encapsulates pixels; None for what is none of the standard's."""
    return UID(value).is_encapsulated if kind_of(value) == "Transfer Syntax" else None


def _is_well_formed(value: str) -> bool:
    return len(value) <= LONGEST and _SHAPE.fullmatch(value) is not None


def _what(value: str) -> str:
    if "." not in value:
        return "a single number"
    if any(len(part) > 1 and part[0] == "0" for part in value.split(".")):
        return "a number with leading zeroes"
    return "numbers with single dots between them are expected"
