"""Dates as people write them, in any order, with any separators, and with names of months."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = (
    "january januar janvier janeiro januari enero gennaio jan ene",
    "february februar fevrier fevereiro februari febrero febbraio feb fev",
    "march marz maerz mars marco maart marzo mar mrz",
    "april avril abril aprile apr avr abr",
    "may mai mei maio mayo maggio maj",
    "june juni juin junho junio giugno jun",
    "july juli juillet julho julio luglio jul juil",
    "august aout agosto augustus augusti aug ago",
    "september septembre setembro septiembre settembre sept sep",
    "october oktober octobre outubro octubre ottobre oct okt",
    "november novembre novembro noviembre nov",
    "december dezember decembre dezembro diciembre dicembre dec dez dic",
)
_MONTHS = {name: str(number) for number, names in enumerate(_NAMES, 1) for name in names.split()}
_ROMAN = {name: str(number) for number, name in enumerate("i ii iii iv v vi vii viii ix x xi xii".split(), 1)}  # noqa: SIM905 - as one reads them
_FIRST_YEAR, _LAST_YEAR = 1850, 2150
_CENTURIES = (1900, 2000)
_WHOLE_YEAR = 4

_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})(?![^\W\d_])"
_NUMERAL = rf"(?:{'|'.join(sorted(_ROMAN, key=len, reverse=True))})(?![^\W\d_])"
_INITIALS = "".join({name[0] for name in _MONTHS})
_DAY = r"\d{1,2}(?!\d)(?:st|nd|rd|th|er|o|a)?"
_YEAR = r"(?:\d{4}|\d\d)(?!\d)"
_BETWEEN = r"[\s./,_'-]{0,3}(?:(?:of|the|del?|di?)[\s']{1,2})?"
_NUMBERS = r"[\s./_'-]{1,3}"
_DATE = re.compile(
    rf"(?=[\d{_INITIALS}])(?<!\d)(?<!\d\.)(?=("  # one date may begin within what looks like another
    + "|".join(
        (
            rf"(?P<d1>{_DAY}){_BETWEEN}(?P<m1>{_MONTH}){_BETWEEN}(?P<y1>{_YEAR})",
            rf"(?<![^\W\d_])(?P<m2>{_MONTH}){_BETWEEN}(?P<d2>{_DAY}){_BETWEEN}(?P<y2>{_YEAR})",
            rf"(?P<y3>\d{{4}}){_BETWEEN}(?P<m3>{_MONTH}){_BETWEEN}(?P<d3>{_DAY})",
            rf"(?<![^\W\d_])(?P<m4>{_MONTH}){_BETWEEN}(?P<y4>\d{{4}})(?!\d)",
            rf"(?P<d5>\d{{1,2}})[\s./-]{{1,2}}(?P<m5>{_NUMERAL})[\s./-]{{1,2}}(?P<y5>{_YEAR})",
            r"(?P<y6>\d{4}) ?[年년] ?(?P<m6>\d{1,2}) ?[月월] ?(?P<d6>\d{1,2}) ?[日일]?",
            rf"(?P<n1>\d{{1,4}}){_NUMBERS}(?P<n2>\d{{1,2}}){_NUMBERS}(?P<n3>\d{{1,4}})(?!\d)(?!\.\d)",
            r"(?P<c>\d{8})(?:\d{2,6}(?:\.\d{1,6})?)?",
        )
    )
    + "))"
)


class Written(NamedTuple):
    """A date in a folded text.

    Attributes:
        start: where it begins.
        end: where it has ended.
        days: what day it may be, as DICOM writes it; none where only a month is told.
        certain: whether it is a date beyond doubt; numbers of an image may look like others.
    """

    start: int
    end: int
    days: frozenset[str]
    certain: bool


def written_dates(text: str) -> Iterator[Written]:
    """Yield the dates in a folded text; they may overlap."""
    for match in _DATE.finditer(text):
        found = match.groupdict()
        start, end = match.span(1)
        if found["c"]:
            digits = found["c"]
            orders = [(digits[:4], digits[4:6], digits[6:])]
            if (
                end - start == len(digits) and not text[end : end + 1].isdigit()
            ):  # behind the year first, a time may follow
                orders += [(digits[4:], digits[2:4], digits[:2]), (digits[4:], digits[:2], digits[2:4])]
            days = _days(orders)
            yield Written(start, end, days, certain=bool(days))
        elif found["n1"]:
            one, two, three = found["n1"], found["n2"], found["n3"]
            days = _days([(one, two, three), (one, three, two), (three, two, one), (three, one, two)])
            certain = bool(days) and _WHOLE_YEAR in {len(one), len(three)}
            yield Written(start, end, days, certain)
        else:
            number = next(number for number in "123456" if found[f"m{number}"])
            month, year, day = (found.get(f"{part}{number}") or "" for part in "myd")
            month = _MONTHS.get(month) or _ROMAN.get(month) or month
            days = _days([(year, month, day.rstrip("stndrheoa"))])
            yield Written(start, end, days, certain=bool(days) or not day)


def _days(orders: list[tuple[str, str, str]]) -> frozenset[str]:
    """Return the days that years, months and days in digits may be."""
    found = set()
    for year, month, day in orders:
        years = [int(year)] if len(year) == _WHOLE_YEAR else []
        if len(year) == 2:  # noqa: PLR2004 - as people write years
            years = [century + int(year) for century in _CENTURIES]
        for one in years:
            if not _FIRST_YEAR <= one <= _LAST_YEAR:
                continue
            try:
                found.add(f"{date(one, int(month), int(day)):%Y%m%d}")
            except ValueError:
                continue
    return frozenset(found)
