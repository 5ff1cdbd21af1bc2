"""From DICOM's texts to values of Python's: dates, times, numbers, lists."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from fileroom._tags import comparable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, time

    from fileroom._tables.columns import Column
    from fileroom.model import TagValue

Cell: TypeAlias = "str | int | float | date | time | datetime | None"

INTEGERS = ("IS", "SL", "SS", "SV", "UL", "US")
LARGE_INTEGERS = ("UV",)
DECIMALS = ("DS", "FD", "FL")


def cell(column: Column, value: TagValue | datetime) -> Cell | list[Cell]:
    """Return a value as a table has it; None for none, and for one that is not what its VR demands."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    if not isinstance(value, str):
        return _items(column, value) if column.vr == "SQ" else None
    vr = column.vr or ""
    read = _READERS.get(vr, _text)
    if column.number:
        values = comparable.split(vr, value)[column.number - 1 : column.number]
        return _read(read, values[0]) if values else None
    if not column.several:
        return _read(read, value.strip(comparable.PADDING) if vr else value)
    return [_read(read, one) for one in comparable.split(vr, value)] if value else None


def cells(column: Column, values: Sequence[TagValue]) -> Cell | list[Cell] | list[Cell | list[Cell]]:
    """Return what stands at a place as a table has it: one value, or where all items are meant a list."""
    made = [cell(column, value) for value in values]
    if column.every:
        return made or None
    return made[0] if made else None


def _items(column: Column, items: Sequence[Mapping[str, str]]) -> Cell | list[Cell]:
    """Return a sequence: each item as JSON where one or all of them are meant, else all in one text."""
    texts = [dict(item) for item in items]
    if column.number:
        picked = texts[column.number - 1 : column.number]
        return json.dumps(picked[0]) if picked else None
    if column.several:
        return [json.dumps(text) for text in texts] or None
    return json.dumps(texts) if texts else None


def _read(read: Callable[[str], Cell], text: str) -> Cell:
    try:
        return read(text) if text else None
    except (ValueError, OverflowError):
        return None


def _text(text: str) -> str:
    return text


def _integer(bits: int, *, signed: bool) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text) if text.lstrip("+-").isdigit() else int(float(text))
        if not (-(1 << bits - 1) <= number < 1 << bits - 1 if signed else 0 <= number < 1 << bits):
            raise ValueError
        return number

    return read


def _date(text: str) -> date:
    return datetime.strptime(comparable.date(text), "%Y%m%d").replace(tzinfo=UTC).date()


def _time(text: str) -> time:
    return datetime.strptime(comparable.time(text), "%H%M%S.%f").replace(tzinfo=UTC).time()


def _moment(text: str) -> datetime:
    known = datetime.strptime(comparable.date_and_time(text), "%Y%m%d%H%M%S.%f").replace(tzinfo=UTC)
    return known.replace(tzinfo=None)


_READERS: Mapping[str, Callable[[str], Cell]] = {
    **dict.fromkeys(INTEGERS, _integer(64, signed=True)),
    **dict.fromkeys(LARGE_INTEGERS, _integer(64, signed=False)),
    **dict.fromkeys(DECIMALS, float),
    "DA": _date,
    "TM": _time,
    "DT": _moment,
}
