"""Dates and times in comparable form: text that sorts as time does.

A date is ``YYYYMMDD``, a time ``HHMMSS.FFFFFF``, a date and time ``YYYYMMDDHHMMSS.FFFFFF`` (in UTC where the
value told its offset). A value of less precision stands for a stretch of time, from its first moment to its
last; `time_bounds` and `datetime_bounds` return both. Shapes are those of PS3.5 section 6.2, with the
spellings of ACR-NEMA 300 that it says readers should understand.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, timezone

DAY_START = "000000.000000"
DAY_END = "235959.999999"

_DATE = re.compile(r"([0-9]{4})(\.?)([0-9]{2})\2([0-9]{2})")
_TIME = re.compile(
    r"(?P<hour>[01][0-9]|2[0-3])"
    r"(?:(?P<colon>:?)(?P<minute>[0-5][0-9])"
    r"(?:(?P=colon)(?P<second>[0-5][0-9]|60)"
    r"(?:\.(?P<fraction>[0-9]{1,9}))?)?)?"
)
_DATETIME = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<month>0[1-9]|1[0-2])(?:(?P<day>[0-9]{2})(?P<time>[0-9.]+)?)?)?"
    r"(?P<offset>[+-](?:0[0-9]|1[0-4])[0-5][0-9])?"
)


def parse_date(text: str) -> str:
    """Return ``YYYYMMDD`` or ``YYYY.MM.DD`` as ``YYYYMMDD``.

    Raises:
        ValueError: the text has another shape, or there is no such day.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("not a date")
    return format_date(_day(found[1], found[3], found[4]))


def time_bounds(text: str) -> tuple[str, str]:
    """Return the first and the last moment that a time of any precision covers, as ``HHMMSS.FFFFFF``.

    ``HH``, ``HHMM``, ``HHMMSS`` and ``HHMMSS.F`` to ``.FFFFFF`` (further digits are cut), also with colons. A
    leap second counts as the last moment of its minute.

    Raises:
        ValueError: the text is not a time.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("not a time")
    given = found["hour"] + (found["minute"] or "") + (found["second"] or "")
    if found["second"] == "60":
        last = f"{given[:4]}59.999999"
        return last, last
    fraction = (found["fraction"] or "")[:6]
    low = f"{given:0<6}.{fraction:0<6}"
    high = f"{given + DAY_END[len(given) : 6]}.{fraction:9<6}"
    return low, high


def datetime_bounds(text: str) -> tuple[str, str]:
    """Return the first and the last moment that a DT of any precision covers, as ``YYYYMMDDHHMMSS.FFFFFF``.

    With an offset they are converted to UTC. Without one they stay as they are, since nothing tells where
    the clock hung.

    Raises:
        ValueError: the text is not a date and time, or there is no such day.
    """
    found = _DATETIME.fullmatch(text)
    if found is None:
        raise ValueError("not a date and time")
    year, month, day = found["year"], found["month"], found["day"]
    low_time, high_time = time_bounds(found["time"]) if found["time"] else (DAY_START, DAY_END)
    low = _day(year, month or "01", day or "01")
    high = _day(year, month or "12", day or str(calendar.monthrange(low.year, int(month or 12))[1]))
    return _in_utc(low, low_time, found["offset"]), _in_utc(high, high_time, found["offset"])


def _day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:  # its message may quote the day
        raise ValueError("no such day") from None


def _in_utc(day: date, clock: str, offset: str | None) -> str:
    written = format_date(day) + clock
    if offset is None:
        return written
    distance = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    zone = timezone(-distance if offset[0] == "-" else distance)
    local = time(int(clock[:2]), int(clock[2:4]), int(clock[4:6]), int(clock[7:]), tzinfo=zone)
    try:
        return format_datetime(datetime.combine(day, local))
    except OverflowError:  # the first or last hours of the calendar
        return written


def format_datetime(moment: datetime) -> str:
    """Write a `datetime` as ``YYYYMMDDHHMMSS.FFFFFF``, in UTC where it knows its zone.

    Raises:
        OverflowError: in UTC it lies outside the calendar.
    """
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return f"{format_date(moment)}{format_time(moment.time())}"


def format_date(day: date) -> str:
    """Write a `date` as ``YYYYMMDD``."""
    return f"{day.year:04}{day.month:02}{day.day:02}"


def format_time(clock: time) -> str:
    """Write a `time` as ``HHMMSS.FFFFFF``."""
    return f"{clock.hour:02}{clock.minute:02}{clock.second:02}.{clock.microsecond:06}"
