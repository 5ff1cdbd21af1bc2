"""One writing for all writings of a word, for finding it whoever wrote it.

Case, width, diacritics, the form of Unicode normalisation, soft hyphens, and whether Japanese is in hiragana
or katakana make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_REMEMBERED = 1 << 16
_LEFT_OUT = {"Mn", "Cf"}
_HIRAGANA = range(0x3041, 0x3097)
_TO_KATAKANA = 0x60
_OTHER = {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "\u0131": "i"}
_OTHER |= {"\u2019": "'"} | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
_OTHER["\u0640"] = ""  # it only draws a word longer
_NO_LETTERS = re.compile(r"[\W_]+")
MARKUP = r"</?(?:b|big|br|em|font|i|p|small|span|strong|sub|sup|tt|u)/?>"
"""Marks of HTML that may stand within a word; for folded texts."""

_MARKUP = re.compile(MARKUP)


class _Folds(dict[int, str]):
    """What becomes of each character, made when it is first seen."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", chr(code).casefold()).casefold()
        made = "".join(
            _OTHER.get(part, part) for part in parts if unicodedata.category(part) not in _LEFT_OUT
        )
        made = "".join(chr(ord(one) + _TO_KATAKANA) if ord(one) in _HIRAGANA else one for one in made)
        made = unicodedata.normalize("NFC", made)
        if len(self) < _REMEMBERED:
            self[code] = made
        return made


_FOLDS = _Folds()


def folded(text: str) -> str:
    """Return the one writing of a text."""
    return text.lower() if text.isascii() else text.translate(_FOLDS)


def squeezed(text: str) -> str:
    """Return a folded text's letters and digits alone; where there are marks of HTML, also without these."""
    if text.isalnum():
        return text
    found = _NO_LETTERS.sub("", text)
    if "</" in text or "<br" in text:
        found += "\n" + _NO_LETTERS.sub("", _MARKUP.sub("", text))
    return found


def replaced(text: str, spans: Iterable[tuple[int, int]], sign: str) -> str:
    """Put a sign where something was found in a folded text.

    Args:
        text: as it was before it was folded.
        spans: first and last but one position in the folded text, in any order; they may overlap.
        sign: one character.
    """
    places = range(len(text)) if text.isascii() else _places(text)
    made, done = [], 0
    for first, end in sorted(spans):
        start, stop = places[first], places[end - 1] + 1
        while stop < len(text) and not _FOLDS[ord(text[stop])]:
            stop += 1  # a diacritic of its own
        if stop <= done:
            continue
        if start >= done:
            made += [text[done:start], sign]
        done = stop
    return "".join((*made, text[done:]))


def _places(text: str) -> list[int]:
    """Return for each character of a folded text from which one it came."""
    return [place for place, one in enumerate(text) for _ in _FOLDS[ord(one)]]
