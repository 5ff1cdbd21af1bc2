"""Values of the VRs of text, one at a time (PS3.5 table 6.2-1)."""

from __future__ import annotations

import calendar
import re
from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.conformance import rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom_plugins.conformance.rules import Rule

Fault = tuple["Rule", str]
"""A rule that a value breaks, and how."""

_LONGEST_IS = 2**31
_CONTROLS = "\0-\x1a\x1c-\x1f\x7f"  # without ESC, which character sets have a use for
_NO_CONTROLS = re.compile(f"[^{_CONTROLS}]*")
_NO_CONTROLS_BUT_LINES = re.compile(f"(?:[^{_CONTROLS}]|[\t\n\f\r])*")


class Text(NamedTuple):
    """What a VR allows.

    Attributes:
        longest: characters of a value; 0 for any number. Of PN, of a component group.
        characters: matches a value all of whose characters are allowed.
        shape: matches a value that is written as it should be.
        says: what it should be, for messages.
    """

    longest: int
    characters: re.Pattern[str]
    shape: re.Pattern[str] | None = None
    says: str = ""


def _re(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.DOTALL)


_NUMBER = _re(r"[-+0-9Ee. ]*")
_TIME = r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?"
_DATE = r"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_DATE_TIME = (
    rf"\d{{4}}(?:(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:{_TIME})?)?)?"
    r"(?:[+-](?:0\d|1[0-4])[0-5]\d)?"
)

VRS: dict[str, Text] = {
    "AE": Text(16, _re(r"[ -\[\]-~]*")),
    "AS": Text(4, _re(r"[0-9DWMY]*"), _re(r"\d{3}[DWMY]"), "nnnD, nnnW, nnnM or nnnY"),
    "CS": Text(16, _re(r"[A-Z0-9_ ]*")),
    "DA": Text(8, _re(r"[0-9]*"), _re(_DATE), "YYYYMMDD"),
    "DS": Text(16, _NUMBER, _re(r" *[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)? *"), "a decimal number"),
    "DT": Text(26, _re(r"[-+0-9. ]*"), _re(_DATE_TIME + " *"), "YYYYMMDDHHMMSS.FFFFFF&ZZXX"),
    "IS": Text(12, _re(r"[-+0-9 ]*"), _re(r" *[+-]?\d+ *"), "a whole number"),
    "LO": Text(64, _NO_CONTROLS),
    "LT": Text(10240, _NO_CONTROLS_BUT_LINES),
    "PN": Text(64, _NO_CONTROLS),
    "SH": Text(16, _NO_CONTROLS),
    "ST": Text(1024, _NO_CONTROLS_BUT_LINES),
    "TM": Text(14, _re(r"[0-9. ]*"), _re(_TIME + " *"), "HHMMSS.FFFFFF"),
    "UC": Text(0, _NO_CONTROLS),
    "UI": Text(64, _re(r"[0-9.]*")),
    "UR": Text(0, _re(r"[!-~]*")),
    "UT": Text(0, _NO_CONTROLS_BUT_LINES),
}
"""The VRs of text."""


def fault(vr: str, value: str) -> Fault | None:
    """Return what is wrong with one value, None for nothing.

    Args:
        vr: one of `VRS`.
        value: without trailing padding, and not empty.
    """
    allowed = VRS[vr]
    if not allowed.characters.fullmatch(value):
        return rules.VR_CHARACTERS, f"characters that {vr} does not allow"
    if vr == "PN":
        return _name_fault(value)
    if allowed.longest and len(value) > allowed.longest:
        return rules.VR_LENGTH, f"{len(value)} characters, {vr} allows {allowed.longest}"
    if allowed.shape is not None and not allowed.shape.fullmatch(value):
        return rules.VR_FORMAT, f"expected {allowed.says}"
    more = _MORE.get(vr)
    return more(value) if more else None


def _name_fault(value: str) -> Fault | None:
    """Three groups of at most 64 characters, each with five components (PS3.5 section 6.2.1)."""
    groups = value.split("=")
    if len(groups) > 3:  # noqa: PLR2004 - alphabetic, ideographic, phonetic
        return rules.VR_FORMAT, "more than three component groups"
    longest = max(map(len, groups))
    if longest > VRS["PN"].longest:
        return rules.VR_LENGTH, f"a component group of {longest} characters, PN allows {VRS['PN'].longest}"
    if any(group.count("^") > 4 for group in groups):  # noqa: PLR2004 - family, given, middle, prefix, suffix
        return rules.VR_FORMAT, "more than five components"
    if "^" not in value:
        return rules.PN_RETIRED_FORM, ""
    return None


def _date_fault(value: str) -> Fault | None:
    year, month, day = int(value[:4]), int(value[4:6]), int(value[6:8])
    if year and day > calendar.monthrange(year, month)[1]:
        return rules.VR_FORMAT, "no day of the calendar"
    return None


def _integer_fault(value: str) -> Fault | None:
    if not -_LONGEST_IS <= int(value) < _LONGEST_IS:
        return rules.VR_RANGE, "IS goes from -2147483648 to 2147483647"
    return None


def _title_fault(value: str) -> Fault | None:
    return None if value.strip() else (rules.VR_FORMAT, "nothing but spaces")


_MORE: dict[str, Callable[[str], Fault | None]] = {
    "DA": _date_fault,
    "IS": _integer_fault,
    "AE": _title_fault,
}
