"""Dates moved by days, in the formats of PS3.5 table 6.2-1."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

DUMMY_DATE = "20000101"

_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})", re.ASCII)
_OFFSET = r"([+-])(0\d|1[0-4])([0-5]\d)"
_HOUR, _MINUTE, _SECOND = r"[01]\d|2[0-3]", r"[0-5]\d", r"(?:[0-5]\d|60)(?:\.\d{1,6})?"
_DATETIME = re.compile(
    rf"(\d{{4}})(?:(\d{{2}})(?:(\d{{2}})(?:({_HOUR})(?:({_MINUTE})({_SECOND})?)?)?)?)?({_OFFSET})?", re.ASCII
)


def shifted(vr: str, text: str, days: int, offset: int = 0) -> str:
    """Return dates or date-times, several separated by the reverse solidus, moved by a number of days.

    Times stay as they are, since dates are moved by whole days: so the time between events stays the same.
    Offsets from UTC, which tell of places, go: a time that has one becomes that of one offset before, so that
    the time between it and others stays the same, too.

    Args:
        vr: ``DA`` or ``DT``.
        text: what is not a date becomes empty, and so does what is beyond the calendar then.
        days: negative into the past.
        offset: in minutes; that of times which have none.
    """
    if vr == "DA":
        return "\\".join(_date(one.strip(" \0"), days) for one in text.split("\\"))
    return "\\".join(_datetime(one.strip(" \0"), days, offset) for one in text.split("\\"))


def minutes(text: str) -> int | None:
    """Return an offset from UTC, such as ``+0100``, in minutes; None if it is none (PS3.5 table 6.2-1)."""
    match = re.fullmatch(_OFFSET, text, re.ASCII)
    return _minutes(*match.groups()) if match else None


def _minutes(sign: str, hours: str, rest: str) -> int:
    found = 60 * int(hours) + int(rest)
    return -found if sign == "-" else found


def _date(text: str, days: int) -> str:
    match = _DATE.fullmatch(text)
    if not match:
        return ""
    year, month, day = map(int, match.groups())
    try:
        return _written(date(year, month, day) + timedelta(days))
    except (ValueError, OverflowError):
        return ""


def _datetime(text: str, days: int, offset: int) -> str:
    match = _DATETIME.fullmatch(text)
    if not match:
        return ""
    year, month, day, hour, minute, second, own, *parts = match.groups()
    moved_by = timedelta(days)
    if own and hour:
        moved_by += timedelta(minutes=offset - _minutes(*parts))
    try:
        numbers = (int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0))
        moved = datetime(*numbers) + moved_by  # noqa: DTZ001 - what it is in is what goes
    except (ValueError, OverflowError):
        return ""
    written = _written(moved)[: 8 if day else 6 if month else 4]
    if hour:
        written += f"{moved.hour:02d}"
    if minute:
        # Offsets are in minutes: seconds, which may be a leap second's, stay.
        written += f"{moved.minute:02d}{second or ''}"
    return written


def _written(moved: date) -> str:
    return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"
