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

from fileroom._header.escapes import with_escapes
from fileroom._header.sets import G0_ESCAPES, G1, G1_ESCAPES, NAME_RESETS, TEXT_RESETS, WHOLE, set_names

_ESCAPE = re.compile(b"(" + b"|".join(map(re.escape, (*G1_ESCAPES, *G0_ESCAPES))) + b")")
_RUNS = re.compile(rb"[\x21-\x7e]+|[\x80-\xff]+|[\x00-\x20\x7f]")
_BLANKS = bytes((*range(0x21), 0x7F))
_NAME_RESETS, _TEXT_RESETS = (
    re.compile(b"([" + re.escape(resets.encode("ascii")) + b"])") for resets in (NAME_RESETS, TEXT_RESETS)
)
_LONGEST = 256  # all defined terms together, nearly; and what is longer is none


class CharacterSet:
    """How the text of one data set, or of one sequence item, is encoded.

    Args:
        declared: the value of Specific Character Set (0008,0005); empty where there is none. Common
            misspellings of the defined terms are understood.
    """

    __slots__ = ("_extended", "_g1", "_names", "_whole")

    def __init__(self, declared: bytes = b"") -> None:
        self._names = set_names(declared)
        self._whole = WHOLE.get(self._names[0])
        self._g1 = G1.get(self._names[0])
        self._extended = len(self._names) > 1 or b"2022" in declared

    @classmethod
    def of(cls, declared: bytes) -> CharacterSet:
        """Return the character set declared, made once for each declaration."""
        return _cached(declared[:_LONGEST])

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

    def encode(self, text: str, *, person_name: bool = False) -> bytes:
        """Return text as the bytes of a value, from which `decode` makes the same text.

        Escape sequences appear where the declaration allows them, as it does with several terms, and with
        those that begin with ``ISO 2022``.

        Args:
            text: what `decode` returned, or any other text; the reverse solidus separates values.
            person_name: the VR is PN.

        Raises:
            UnicodeEncodeError: the declared sets do not have one of the characters, or what they make of the
                text would be read as another.
        """
        if self._whole:
            return text.encode(self._whole)
        codec = self._g1 or "ascii"
        if self._extended:
            encoded = with_escapes(text, self._names, person_name=person_name)
        else:
            encoded = text.encode(codec)
        if self.decode(encoded, person_name=person_name) != text:
            raise UnicodeEncodeError(codec, text, 0, len(text), "it would be read as another text")
        return encoded

    def _decode_escapes(self, value: bytes, resets: re.Pattern[bytes]) -> str:
        text = []
        double = b""
        g1 = self._g1
        lenient = False
        for part in _ESCAPE.split(value):
            if part in G1_ESCAPES:
                g1 = G1_ESCAPES[part]
                lenient = True
                continue
            if part in G0_ESCAPES:
                double = part if G0_ESCAPES[part] else b""
                lenient = False
                continue
            rest = part
            if double:
                decoded, rest = _decode_double(part, double, g1, resets, lenient=lenient)
                text.append(decoded)
                double = b"" if rest else double
            if self._g1:
                # With nothing of its own in G1, the set has nothing to go back to: then what an escape
                # sequence put there may as well stay, as some writers take for granted.
                head, *tail = resets.split(rest, maxsplit=1)
                text.append(head.decode(g1 or "ascii"))
                if tail:
                    g1 = self._g1
                    text.append(b"".join(tail).decode(g1))
            else:
                text.append(rest.decode(g1 or "ascii"))
        return "".join(text)


def _decode_double(
    part: bytes, escape: bytes, g1: str | None, resets: re.Pattern[bytes], *, lenient: bool
) -> tuple[str, bytes]:
    """Return text with two bytes a character in G0, and the bytes from where that is not so any more.

    That is at a delimiter. One that may as well be half a character is taken for that if it makes sense.

    Args:
        part: what stands between two escape sequences.
        escape: the one that put the set into G0.
        g1: the codec of what stands in G1.
        resets: the delimiters.
        lenient: there was an escape sequence to G1 in between, of which some writers think that it ends what
            stands in G0: then so does a delimiter in any case, and what makes no characters.

    Raises:
        UnicodeDecodeError: it makes no sense.
    """
    text = []
    for run in _RUNS.finditer(part):
        found, at = run[0], run.start()
        if found >= b"\x80":
            text.append(found.decode(g1 or "ascii"))
        elif resets.match(found) and (lenient or len(found) == 1):
            return "".join(text), part[at:]
        elif found in _BLANKS:
            text.append(found.decode("ascii"))
        else:
            try:
                text.append((escape + found).decode("iso2022_jp_2"))
            except UnicodeDecodeError:
                end = 0 if lenient else len(resets.split(found, maxsplit=1)[0])
                if end == len(found):
                    raise
                text.append((escape + found[:end]).decode("iso2022_jp_2"))
                return "".join(text), part[at + end :]
    return "".join(text), b""


@lru_cache(maxsize=64)
def _cached(declared: bytes) -> CharacterSet:
    return CharacterSet(declared)
