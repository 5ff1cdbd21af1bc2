"""DICOM's character sets: from the bytes of a value to text (PS3.3 section C.12.1.1.2, PS3.5 section 6.1).

A value is decoded by two halves, as ISO 2022 has them: bytes below 80H by what stands in G0 (ASCII, or a
Japanese double-byte set), bytes above by what stands in G1. Specific Character Set's first value says
what stands there at first, escape sequences change it, and certain delimiters change it back. The other
values only announce which escape sequences may follow, so every known one is followed.

Nothing here fails: what does not decode as declared is UTF-8 if it is valid UTF-8, else Latin-1.
"""

from __future__ import annotations

import re
from functools import lru_cache

_G1 = {
    "13": "shift_jis",  # half-width katakana are single bytes there, as in JIS X 0201
    "58": "gb2312",
    "100": "latin_1",
    "101": "iso8859_2",
    "109": "iso8859_3",
    "110": "iso8859_4",
    "126": "iso8859_7",
    "127": "iso8859_6",
    "138": "iso8859_8",
    "144": "iso8859_5",
    "148": "iso8859_9",
    "149": "euc_kr",
    "166": "iso8859_11",
    "203": "iso8859_15",
}
"""ISO registration number to codec, for the sets that stand in G1 (PS3.3 tables C.12-2 to C.12-4)."""

_WHOLE = {"192": "utf_8", "GB18030": "gb18030", "GBK": "gb18030"}
"""Sets that know no escape sequences (PS3.3 table C.12-5)."""

_G1_ESCAPES = {
    b"\x1b-A": "latin_1",
    b"\x1b-B": "iso8859_2",
    b"\x1b-C": "iso8859_3",
    b"\x1b-D": "iso8859_4",
    b"\x1b-F": "iso8859_7",
    b"\x1b-G": "iso8859_6",
    b"\x1b-H": "iso8859_8",
    b"\x1b-L": "iso8859_5",
    b"\x1b-M": "iso8859_9",
    b"\x1b-T": "iso8859_11",
    b"\x1b-b": "iso8859_15",
    b"\x1b)I": "shift_jis",
    b"\x1b$)A": "gb2312",
    b"\x1b$)C": "euc_kr",
}
_G0_ESCAPES = {
    b"\x1b(B": False,
    b"\x1b(J": False,  # JIS X 0201 romaji: ASCII but for yen and overline, which nobody means
    b"\x1b$@": True,
    b"\x1b$B": True,
    b"\x1b$(D": True,
}
"""Escape sequence to whether what it puts into G0 has two bytes a character."""

_ESCAPE = re.compile(b"(" + b"|".join(map(re.escape, (*_G1_ESCAPES, *_G0_ESCAPES))) + b")")
_HALVES = re.compile(rb"[\x00-\x7f]+|[\x80-\xff]+")
_NAME_RESETS = re.compile(rb"([\\^=\t\n\f\r])")
_TEXT_RESETS = re.compile(rb"([\\\t\n\f\r])")
_LONGEST_TERM = 32  # with room to spare; and what is longer is none
_SPELLING = re.compile(r"(?:ISO[ _-]*)?(?:2022[ _-]*)?(?:IR[ _-]*)?(\w+)", re.IGNORECASE)


class CharacterSet:
    """How the text of one data set, or of one sequence item, is encoded.

    Args:
        declared: the value of Specific Character Set (0008,0005); empty where there is none. Common
            misspellings of the defined terms are understood.
    """

    __slots__ = ("_g1", "_whole")

    def __init__(self, declared: bytes = b"") -> None:
        first = declared.decode("latin-1").split("\\")[0].strip(" \0")
        spelt = _SPELLING.fullmatch(first)
        name = spelt[1].upper() if spelt else ""
        self._whole = _WHOLE.get(name)
        self._g1 = _G1.get(name)

    @classmethod
    def of(cls, declared: bytes) -> CharacterSet:
        """Return the character set declared, made once for each declaration."""
        return _cached(declared[:_LONGEST_TERM])

    def decode(self, value: bytes, *, person_name: bool = False) -> str:
        """Return a value as text.

        Args:
            value: the bytes as they stand in the file, all values of a multiple one.
            person_name: the VR is PN, in which ``^`` and ``=`` end what an escape sequence began
                (PS3.5 section 6.1.2.5.3).
        """
        try:
            if self._whole:
                return value.decode(self._whole)
            if b"\x1b" in value:
                return self._decode_escapes(value, _NAME_RESETS if person_name else _TEXT_RESETS)
            return value.decode(self._g1 or "ascii")
        except UnicodeDecodeError:
            pass
        try:
            return value.decode("utf_8")
        except UnicodeDecodeError:
            return value.decode("latin_1")

    def decode_joined(self, values: bytes) -> str | None:
        """Return several values, joined by a control character, as text in one go.

        None where they must be decoded one by one: an escape sequence, or a value that is not as declared.
        """
        if b"\x1b" in values:
            return None
        try:
            return values.decode(self._whole or self._g1 or "ascii")
        except UnicodeDecodeError:
            return None

    def _decode_escapes(self, value: bytes, resets: re.Pattern[bytes]) -> str:
        text = []
        double = b""
        g1 = self._g1
        for part in _ESCAPE.split(value):
            if part in _G1_ESCAPES:
                g1 = _G1_ESCAPES[part]
            elif part in _G0_ESCAPES:
                double = part if _G0_ESCAPES[part] else b""
            elif double:
                for half in _HALVES.findall(part):
                    is_low = half < b"\x80"
                    text.append(
                        (double + half).decode("iso2022_jp_2") if is_low else half.decode(g1 or "ascii")
                    )
            elif self._g1:
                # With nothing of its own in G1, the set has nothing to go back to: then what an escape
                # sequence put there may as well stay, as some writers take for granted.
                head, *tail = resets.split(part, maxsplit=1)
                text.append(head.decode(g1 or "ascii"))
                if tail:
                    g1 = self._g1
                    text.append(b"".join(tail).decode(g1))
            else:
                text.append(part.decode(g1 or "ascii"))
        return "".join(text)


@lru_cache(maxsize=64)
def _cached(declared: bytes) -> CharacterSet:
    return CharacterSet(declared)
