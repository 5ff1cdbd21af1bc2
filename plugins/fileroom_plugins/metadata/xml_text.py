"""What both kinds of XML documents are written with: text that XML can hold, and values as texts."""

from __future__ import annotations

import re
import struct
from math import isfinite
from typing import TYPE_CHECKING

from fileroom_plugins.metadata.values import TEXTS, numbers, tags
from fileroom_plugins.standard.vrs import NUMBER_CODES

if TYPE_CHECKING:
    from fileroom.plugin import CharacterSet
    from fileroom_plugins.metadata.elements import Element, Object

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

REPLACEMENT = "\ufffd"
"""Stands for each character that no XML document can hold, such as most control characters."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SINGLE = struct.Struct("f")
_MARKUP = re.compile('[&<>"\t\n\r]')
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}


def escaped(text: str) -> str:
    """Return text as it stands in an element or an attribute; what reads it gets the same text."""
    if _FORBIDDEN.search(text):
        text = _FORBIDDEN.sub(REPLACEMENT, text)
    return _MARKUP.sub(lambda found: _ESCAPES[found[0]], text) if _MARKUP.search(text) else text


def texts(source: Object, element: Element, charset: CharacterSet) -> list[str] | None:
    """Return the values of an element that is no name, sequence or bytes; None for one that has no such ones.

    Numbers are written with as few digits as name them.
    """
    tag, vr, value, _, _ = element
    assert type(value) is bytes
    if vr in TEXTS:
        return TEXTS[vr](value, charset)
    if vr == "AT":
        return tags(value, little_endian=source.little_endian)
    if vr in NUMBER_CODES:
        found = numbers(tag, vr, value, little_endian=source.little_endian)
        return None if found is None else [_written(vr, number) for number in found]
    return None


def _written(vr: str, number: float) -> str:
    if vr != "FL" or not isfinite(number):
        return repr(number)
    shorter = (f"{number:.{digits}g}" for digits in (6, 7, 8))
    return next(
        (text for text in shorter if _SINGLE.pack(float(text)) == _SINGLE.pack(number)), f"{number:.9g}"
    )
