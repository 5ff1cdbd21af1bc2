"""What a UID tells by itself."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from pydicom._uid_dict import UID_dictionary  # no public name lists all UIDs
from pydicom.datadict import dictionary_keyword

if TYPE_CHECKING:
    from collections.abc import Iterable

_OF_A_KIND = re.compile(r"SOPClass|TransferSyntax|CodingScheme|ContextUID|ContextGroup|MappingResource")
_DAY = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3])[0-5]\d\d{0,20}"  # which is shorter than the numbers of 128 bits under 2.25
_WHEN = re.compile(rf"(?:^|\.)0*{_DAY}(?:{_TIME})?(?=\.|$)", re.ASCII)
_OF_ROOTS = 4
_LEAST_DIGITS = 6


def is_registered(uid: str) -> bool:
    """Say whether the standard gives a UID a meaning (PS3.6 annex A), so that it tells of nobody.

    Its root is no sign of that: anybody may have put a date or a number behind it.
    """
    return uid in UID_dictionary


@functools.lru_cache(maxsize=8192)
def is_of_a_kind(tag: int) -> bool:
    """Say whether an attribute's UIDs say what kind something is of, as SOP classes do."""
    try:
        return bool(_OF_A_KIND.search(dictionary_keyword(tag)))
    except KeyError:
        return False


def tells_when(uid: str) -> bool:
    """Say whether a component of a UID looks like a date of 1900 to 2099, alone or with a time."""
    return not is_registered(uid) and _WHEN.search(uid) is not None


def tells_who(uid: str, numbers: Iterable[str]) -> bool:
    """Say whether a component of a UID is one of some people's numbers or begins with their date of birth.

    Args:
        uid: the UID. Its first components name an organization, and are not looked at.
        numbers: identifiers in digits without leading zeros, of six at least, lest coincidences count; dates
            have eight.
    """
    parts = [part.lstrip("0") for part in uid.split(".")[_OF_ROOTS:]]
    if is_registered(uid) or not parts:
        return False
    return any(
        part == number or (len(number) == len("YYYYMMDD") and part.startswith(number))
        for number in numbers
        if len(number) >= _LEAST_DIGITS
        for part in parts
    )
