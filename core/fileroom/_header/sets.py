"""The character sets that DICOM knows: terms, codecs, escape sequences (PS3.3 tables C.12-2 to C.12-5)."""

from __future__ import annotations

import re

G1 = {
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

MULTI_BYTE = frozenset(("58", "149"))
"""Those of them with two bytes a character: they stand there after an escape sequence only."""

WHOLE = {"192": "utf_8", "GB18030": "gb18030", "GBK": "gb18030"}
"""Sets that know no escape sequences (PS3.3 table C.12-5)."""

G1_ESCAPES = {
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
"""Escape sequence to the codec of what it puts into G1."""

ASCII_ESCAPE = b"\x1b(B"
ROMAJI_ESCAPE = b"\x1b(J"
"""Puts JIS X 0201 romaji into G0: ASCII but for yen and overline, which nobody means."""

G0_ESCAPES = {
    ASCII_ESCAPE: False,
    ROMAJI_ESCAPE: False,
    b"\x1b$@": True,
    b"\x1b$B": True,
    b"\x1b$(D": True,
}
"""Escape sequence to whether what it puts into G0 has two bytes a character."""

G0 = {"87": (b"\x1b$B", "iso2022_jp"), "159": (b"\x1b$(D", "iso2022_jp_2")}
"""ISO registration number to escape sequence and codec, for the sets of two bytes that stand in G0."""

NAME_RESETS = "\\^=\t\n\f\r"
TEXT_RESETS = "\\\t\n\f\r"
"""Delimiters that end what escape sequences began, in names and in other text (PS3.5 section 6.1.2.5.3)."""

_SPELLING = re.compile(r"(?:ISO[ _-]*)?(?:2022[ _-]*)?(?:IR[ _-]*)?(\w+)", re.IGNORECASE)


def set_names(declared: bytes) -> list[str]:
    """Return the registration number, or name, of each set that Specific Character Set declares.

    Common misspellings of the defined terms are understood. Empty is what stands for the default: no term,
    or one that cannot be read.
    """
    terms = declared.decode("latin-1").split("\\")
    spelt = [_SPELLING.fullmatch(term.strip(" \0")) for term in terms]
    return [one[1].upper() if one else "" for one in spelt]
