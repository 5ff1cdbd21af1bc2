"""Comparable forms: values written so that comparing text answers what comparing values would.

Each function takes one value, without its neighbours and their backslashes. A value that has not the shape
which its VR demands is its own form, without padding; an empty form means that there is no value.
"""

from __future__ import annotations

import re
from decimal import Decimal

from fileroom import moments

PADDING = " \0"
"""Characters that mean nothing at either end of a value (PS3.5 section 6.2), and the NUL seen in the wild."""

UNSPLIT_VRS = frozenset({"LT", "ST", "UT", "UR"})
"""VRs in which a backslash is a character like any other (PS3.5 section 6.2)."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_NUMBER_LENGTH = 64  # a DS has 16 characters, a double written exactly some 25


def split(vr: str, value: str) -> list[str]:
    """Split a value into its several values, where the VR allows them, and strip their padding."""
    parts = [value] if vr in UNSPLIT_VRS else value.split("\\")
    return [part.strip(PADDING) for part in parts]


def name_groups(name: str) -> list[str]:
    """Return the component groups of a person name, and the whole where there are several of them.

    Empty components and groups at the end, which a writer may leave out (PS3.5 section 6.2.1), are cut off.
    """
    groups = [group.strip(PADDING).rstrip("^" + PADDING) for group in name.split("=")]
    whole = "=".join(groups).rstrip("=")
    return [*groups, whole] if "=" in whole else groups


def number(text: str) -> str:
    """Return a number in plain decimal notation: ``05`` is ``5``, ``1.50E1`` is ``15``, ``-0`` is ``0``."""
    if len(text) > _NUMBER_LENGTH or not _NUMBER.fullmatch(text):
        return text
    plain = format(Decimal(text), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def date(text: str) -> str:
    """Return a date as ``YYYYMMDD``."""
    try:
        return moments.parse_date(text)
    except ValueError:
        return text


def time(text: str) -> str:
    """Return a time as ``HHMMSS.FFFFFF``: the first moment that it covers."""
    try:
        return moments.time_bounds(text)[0]
    except ValueError:
        return text


def date_and_time(text: str) -> str:
    """Return a DT as ``YYYYMMDDHHMMSS.FFFFFF``: the first moment that it covers, in UTC if it has an offset."""
    try:
        return moments.datetime_bounds(text)[0]
    except ValueError:
        return text
