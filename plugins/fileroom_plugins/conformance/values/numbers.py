"""Values as Python has them, for conditions and arithmetic; what is malformed has no values here."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

from fileroom_plugins.conformance.values.text import VRS
from fileroom_plugins.standard.vrs import NUMBER_CODES, PROSE_VRS

if TYPE_CHECKING:
    from fileroom_plugins.conformance.reading.elements import Element, Level

Value: TypeAlias = str | int | float

_NUMBERS = {"IS": int, "DS": float}


def values_of(element: Element, level: Level) -> tuple[Value, ...]:
    """Return the values of an element: numbers of IS, DS and binary VRs, else text without padding.

    Of a VR that the data dictionary leaves open (``US or SS``), the first. None for sequences, pixel data and
    other strings of bytes.
    """
    if not element.value or not element.read:
        return ()
    vr = element.vr[:2]
    return _of_text(vr, element.value) if vr in VRS else _of_numbers(vr, element.value, level)


def _of_text(vr: str, value: bytes) -> tuple[Value, ...]:
    text = value.decode("latin-1").rstrip(" \0")
    if not text:
        return ()
    parts = [text] if vr in PROSE_VRS else text.split("\\")
    convert = _NUMBERS.get(vr)
    if convert is None:
        return tuple(part.strip() for part in parts)
    try:
        return tuple(convert(part) for part in parts)
    except ValueError:
        return ()


def _of_numbers(vr: str, value: bytes, level: Level) -> tuple[Value, ...]:
    if vr == "AT":
        return _tags(value, level)
    code = NUMBER_CODES.get(vr)
    if code is None:
        return ()
    count = len(value) // struct.calcsize(code)
    return struct.unpack_from(f"{'>' if level.big else '<'}{count}{code}", value)


def _tags(value: bytes, level: Level) -> tuple[Value, ...]:
    halves = struct.unpack_from(f"{'>' if level.big else '<'}{len(value) // 4 * 2}H", value)
    return tuple(group << 16 | element for group, element in zip(halves[::2], halves[1::2], strict=True))


def number(level: Level, tag: int) -> int | None:
    """Return the first value of an attribute as a whole number; None where it is none or not there."""
    element = level.elements.get(tag)
    values = values_of(element, level) if element is not None else ()
    first = values[0] if values else None
    return int(first) if isinstance(first, int) or (isinstance(first, float) and first.is_integer()) else None


def text(level: Level, tag: int) -> str:
    """Return the first value of an attribute as text; empty where it is not there."""
    element = level.elements.get(tag)
    values = values_of(element, level) if element is not None else ()
    return str(values[0]) if values else ""
