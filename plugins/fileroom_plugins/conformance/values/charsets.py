"""Specific Character Set: its defined terms, and decoding that tells what cannot be (PS3.3 C.12.1.1.2)."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.conformance import rules

if TYPE_CHECKING:
    from fileroom_plugins.conformance.values.text import Fault

_WITHOUT_EXTENSIONS = {
    "": "ascii",
    "ISO_IR 6": "ascii",  # no defined term, yet it says what nothing says
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 203": "iso8859_15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "iso8859_11",
    "ISO_IR 192": "utf_8",
    "GB18030": "gb18030",
    "GBK": "gbk",
}
_ALONE = frozenset({"ISO_IR 192", "GB18030", "GBK"})
_ESCAPES = {
    "ISO 2022 IR 6": {b"\x1b(B": "ascii"},
    "ISO 2022 IR 100": {b"\x1b-A": "latin_1"},
    "ISO 2022 IR 101": {b"\x1b-B": "iso8859_2"},
    "ISO 2022 IR 109": {b"\x1b-C": "iso8859_3"},
    "ISO 2022 IR 110": {b"\x1b-D": "iso8859_4"},
    "ISO 2022 IR 144": {b"\x1b-L": "iso8859_5"},
    "ISO 2022 IR 127": {b"\x1b-G": "iso8859_6"},
    "ISO 2022 IR 126": {b"\x1b-F": "iso8859_7"},
    "ISO 2022 IR 138": {b"\x1b-H": "iso8859_8"},
    "ISO 2022 IR 148": {b"\x1b-M": "iso8859_9"},
    "ISO 2022 IR 203": {b"\x1b-b": "iso8859_15"},
    "ISO 2022 IR 13": {b"\x1b)I": "shift_jis", b"\x1b(J": "shift_jis"},
    "ISO 2022 IR 166": {b"\x1b-T": "iso8859_11"},
    "ISO 2022 IR 87": {b"\x1b$B": "iso2022_jp"},
    "ISO 2022 IR 159": {b"\x1b$(D": "iso2022_jp_2"},
    "ISO 2022 IR 149": {b"\x1b$)C": "euc_kr"},
    "ISO 2022 IR 58": {b"\x1b$)A": "gb2312"},
}
"""Terms with code extensions, and the escape sequences of their sets (PS3.3 tables C.12-3, C.12-4)."""

_KEEPS_ESCAPE = frozenset({"iso2022_jp", "iso2022_jp_2"})
_SEQUENCE = re.compile(rb"\x1b[\x20-\x2f]+[\x30-\x7e]")
_ALWAYS = {b"\x1b(B": "ascii"}


class CharacterSet(NamedTuple):
    """How text is decoded.

    Attributes:
        first: Python's codec for what no escape sequence precedes.
        escapes: the escape sequences that may be, and the codecs of what follows them.
        is_default: whether nothing but ASCII is declared.
    """

    first: str
    escapes: dict[bytes, str]
    is_default: bool

    def decode(self, value: bytes) -> str | Fault:
        """Return a value as text, or what is wrong with it."""
        if self.is_default:
            return rules.CHARSET_UNDECLARED, ""
        try:
            if b"\x1b" not in value:
                return value.decode(self.first)
            return self._extended(value)
        except UnicodeDecodeError:
            return rules.CHARSET_UNDECODABLE, ""

    def _extended(self, value: bytes) -> str | Fault:
        text = []
        codec, at = self.first, 0
        for match in _SEQUENCE.finditer(value):
            text.append(_decode(codec, value[at : match.start()]))
            found = self.escapes.get(match[0])
            if found is None:
                return rules.CHARSET_UNDECLARED, "an escape sequence of none of the declared sets"
            codec = found
            at = match.start() if codec in _KEEPS_ESCAPE else match.end()
        text.append(_decode(codec, value[at:]))
        return "".join(text)


def _decode(codec: str, piece: bytes) -> str:
    if codec in _KEEPS_ESCAPE:
        return (piece + b"\x1b(B").decode(codec)
    return piece.decode(codec)


ASCII = CharacterSet("ascii", {}, is_default=True)


@functools.lru_cache(maxsize=256)
def character_set(declared: bytes) -> tuple[CharacterSet, Fault | None]:
    """Return the character set that a value of Specific Character Set declares, and what is wrong with it."""
    terms = [term.strip() for term in declared.rstrip(b"\0").decode("latin-1").split("\\")]
    fault: Fault | None = None
    escapes: dict[bytes, str] = {}
    first = _codec(terms[0])
    for number, term in enumerate(terms, start=1):
        found = _ESCAPES.get(term)
        if found is not None:
            escapes.update(found)
        elif term in _ALONE and len(terms) > 1:
            fault = rules.CHARSET_COMBINATION, f"value {number} may only stand alone"
        elif term == "ISO_IR 6" or term not in _WITHOUT_EXTENSIONS or (not term and number > 1):
            fault = rules.CHARSET_TERM, f"value {number} is no defined term"
        elif len(terms) > 1 and term:
            fault = rules.CHARSET_COMBINATION, f"value {number} is a term without code extensions"
    if escapes:
        escapes |= _ALWAYS
    return CharacterSet(first, escapes, first == "ascii" and not escapes), fault


def _codec(term: str) -> str:
    extended = _ESCAPES.get(term)
    if extended is None:
        return _WITHOUT_EXTENSIONS.get(term, "latin_1")
    codec = next(iter(extended.values()))
    return "ascii" if codec in _KEEPS_ESCAPE else codec
