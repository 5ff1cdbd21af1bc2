"""Comparable forms: values written so that comparing text answers what comparing values would.

Each function takes one value, without its neighbours and their backslashes. A value that has not the shape
which its VR demands is its own form, without padding; an empty form means that there is no value.
"""

from __future__ import annotations

import re
from decimal import Decimal

from fileroom._query import moments

PADDING = " \0"
"""Characters that mean nothing at either end of a value (PS3.5 section 6.2), and the NUL seen in the wild."""

UNSPLIT_VRS = frozenset({"LT", "ST", "UT", "UR"})
"""VRs in which a backslash is a character like any other (PS3.5 section 6.2)."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_NUMBER_LENGTH = 64  # a DS has 16 characters, a double written exactly some 25
_NUMBER_MAGNITUDE = 307  # what a double holds; written out, larger exponents would be pages of zeros


def split(vr: str, value: str) -> list[str]:
    """Split a value into its several values, where the VR allows them, and strip their padding."""
    parts = [value] if vr in UNSPLIT_VRS else value.split("\\")
    return [part.strip(PADDING) for part in parts]


def whole_name(name: str) -> str:
    """Return a person name without padding, and without the empty components and groups at the end.

    PS3.5 section 6.2.1 lets a writer leave them out.
    """
    return "=".join(group.strip(PADDING).rstrip("^" + PADDING) for group in name.split("=")).rstrip("=")


def name_groups(name: str) -> list[str]:
    """Return the component groups of a person name, and the whole where there are several of them."""
    whole = whole_name(name)
    return [*whole.split("="), whole] if "=" in whole else [whole]


def parse_number(text: str) -> str:
    """Return a number in plain decimal notation: ``05`` is ``5``, ``1.50E1`` is ``15``, ``-0`` is ``0``.

    Raises:
        ValueError: the text is not a number, or not one that a double could hold.
    """
    if len(text) > _NUMBER_LENGTH or not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    value = Decimal(text)
    if abs(value.adjusted()) > _NUMBER_MAGNITUDE:
        raise ValueError("not a number that a double could hold")
    plain = format(value, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def number(text: str) -> str:
    """Return a number as `parse_number` writes it."""
    try:
        return parse_number(text)
    except ValueError:
        return text


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
    """Return a DT as ``YYYYMMDDHHMMSS.FFFFFF``: the first moment that it covers, in UTC if that is known."""
    try:
        return moments.datetime_bounds(text)[0]
    except ValueError:
        return text
