"""Values as text for people: nothing in them can steer a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fileroom.model import TagValue

# C0 and C1 controls, line and paragraph separators, and what turns the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_DATE = re.compile(r"\d{8}")
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def printable(text: str, *, keep: str = "") -> str:
    """Replace control characters and halves of characters, but for those to keep."""
    return _UNPRINTABLE.sub(lambda match: match[0] if match[0] in keep else "\ufffd", text)


def shown(value: TagValue | None) -> str:
    """Write a tag's value on one line: several values with commas, a sequence as its items."""
    if not value:
        return ""
    if isinstance(value, str):
        return printable(", ".join(part.strip() for part in value.split("\\")))
    items = ("; ".join(f"{keyword} {shown(inner)}" for keyword, inner in item.items()) for item in value)
    return " | ".join(items)


def date(value: TagValue | None) -> str:
    """Write a DICOM date as ISO 8601 writes it; leave what is none as it stands."""
    text = shown(value)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if _DATE.fullmatch(text) else text


def size(count: float) -> str:
    """Write a number of bytes with a decimal unit."""
    for unit in _UNITS:
        if count < 1000 or unit == _UNITS[-1]:  # noqa: PLR2004 - decimal units
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == _UNITS[0] else f"{count:.1f} {unit}"


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: ``1 study``, ``2 studies``, ``3 series``."""
    if count != 1 and noun != "series":
        noun = f"{noun[:-1]}ies" if noun.endswith(("dy", "ry")) else f"{noun}s"
    return f"{count:,} {noun}"
