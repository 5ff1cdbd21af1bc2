"""Dates moved by days, in the formats of PS3.5 table 6.2-1."""

from __future__ import annotations

import re
from datetime import date, timedelta

DUMMY_DATE = "20000101"

_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})", re.ASCII)
_TIME = r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?"
_DATETIME = re.compile(rf"(\d{{4}})(?:(\d{{2}})(?:(\d{{2}})({_TIME})?)?)?(?:[+-]\d{{4}})?", re.ASCII)


def shifted(vr: str, text: str, days: int) -> str:
    """Return dates or date-times, several separated by the reverse solidus, moved by a number of days.

    Times stay as they are, since dates are moved by whole days: so the time between events stays the same.
    Time zones go, which tell of places.

    Args:
        vr: ``DA`` or ``DT``.
        text: what is not a date becomes `DUMMY_DATE`; an empty value stays empty.
        days: negative into the past.
    """
    move = _date if vr == "DA" else _datetime
    return "\\".join(move(one.strip(" \0"), days) for one in text.split("\\"))


def _date(text: str, days: int) -> str:
    if not text:
        return ""
    match = _DATE.fullmatch(text)
    return _moved(match, days) if match else DUMMY_DATE


def _datetime(text: str, days: int) -> str:
    if not text:
        return ""
    match = _DATETIME.fullmatch(text)
    if not match:
        return DUMMY_DATE
    _, month, day, time = match.groups()
    moved = _moved(match, days)
    if not month:
        return moved[:4]
    return moved + (time or "") if day else moved[:6]


def _moved(match: re.Match[str], days: int) -> str:
    year, month, day = (int(part or 1) for part in match.groups()[:3])
    try:
        moved = date(year, month, day) + timedelta(days)
    except (ValueError, OverflowError):
        return DUMMY_DATE
    return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"
