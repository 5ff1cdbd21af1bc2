"""How values are compared: as numbers, moments, ages or texts."""

from __future__ import annotations

import enum
import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from fileroom_plugins.standard.vrs import BINARY_VRS, NUMBER_CODES

if TYPE_CHECKING:
    from collections.abc import Callable

Comparable: TypeAlias = "float | int | str | tuple[int, ...]"
"""What two values of one `Kind` are compared as."""


class Kind(enum.Enum):
    """How values of a VR are compared (PS3.5 section 6.2)."""

    NUMBER = "a number"
    DATE = "a date, YYYYMMDD"
    TIME = "a time, HHMMSS.FFFFFF"
    MOMENT = "a date and time, YYYYMMDDHHMMSS.FFFFFF&ZZXX"
    AGE = "an age, such as 018Y"
    TEXT = "text"
    NONE = "nothing that can be compared"


_KINDS = {
    **dict.fromkeys(("DS", "IS", *NUMBER_CODES), Kind.NUMBER),
    **dict.fromkeys(("SQ", *BINARY_VRS), Kind.NONE),
    "DA": Kind.DATE,
    "TM": Kind.TIME,
    "DT": Kind.MOMENT,
    "AS": Kind.AGE,
}

_DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):?(?:(\d\d):?(?:(\d\d)(?:\.(\d{1,6}))?)?)?", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?)?)?)?)?(?:([+-])(\d\d)(\d\d))?",
    re.ASCII,
)
_AGE = re.compile(r"(\d{1,3})([DWMY])", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DAYS = {"D": 1, "W": 7, "M": 31, "Y": 365}
_LONGEST_NUMBER = 64  # a double in full has fewer; Python takes its time over millions of digits


def kind_of(vr: str) -> Kind:
    """Return the kind of a VR's values; of one that depends on others, such as ``US or SS``, the first's."""
    return _KINDS.get(vr[:2], Kind.TEXT)


def common_kind(one: Kind, other: Kind) -> Kind:
    """Return what values of two kinds are compared as: text where they differ."""
    return one if one is other else Kind.TEXT


def comparable(text: str, kind: Kind) -> Comparable | None:
    """Return what a value is compared as; None where it is none of its kind."""
    return _READERS[kind](text.strip(" \0"))


def _number(text: str) -> float | int | None:
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return number if math.isfinite(number) else None


def _date(text: str) -> tuple[int, ...] | None:
    match = _DATE.fullmatch(text)
    return None if match is None else tuple(map(int, match.groups()))


def _time(text: str) -> tuple[int, ...] | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    *whole, fraction = match.groups()
    return (*(int(part or 0) for part in whole), int((fraction or "").ljust(6, "0")))


def _age(text: str) -> int | None:
    match = _AGE.fullmatch(text)
    return None if match is None else int(match[1]) * _DAYS[match[2]]


def _moment(text: str) -> tuple[int, ...] | None:
    """Return days, seconds and microseconds since the year 1, in UTC where the offset is known."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    offset = timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0))
    try:
        moment = datetime(year, month or 1, day or 1, hour, minute) - datetime(1, 1, 1)  # noqa: DTZ001
    except ValueError:
        return None
    moment += timedelta(seconds=second, microseconds=int((match[7] or "").ljust(6, "0")))
    moment += offset if match[8] == "-" else -offset
    return moment.days, moment.seconds, moment.microseconds


_READERS: dict[Kind, Callable[[str], Comparable | None]] = {
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.MOMENT: _moment,
    Kind.AGE: _age,
    Kind.TEXT: lambda text: text,
    Kind.NONE: lambda _: None,
}
