"""Cleaning of what people wrote (PS3.15 section E.3.6): what tells who the patient is gives way to a sign.

Known values of the object itself are found for certain; of what the object does not say elsewhere, only what
looks like a date, a number that is an identifier, an address on the net, or a name behind a title.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SIGN = "#"
"""What stands where something was; it is one character, lest values become longer than they may be."""

_SHORTEST_WORD = 2
_SHORTEST_INSIDE = 5
_MONTHS = "jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]"

_PATTERNS = re.compile(
    r"|".join(
        (
            r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}",  # mail
            r"(?:https?|ftp)://\S+|\bwww\.\S+",
            r"\d+(?:\.\d+){4,}",  # UIDs
            r"\b\d{1,4}([./-])\d{1,2}\1\d{1,4}\b",  # 2001-02-03, 3.2.2001, 2/3/01
            rf"\b\d{{1,2}}\.? ?(?:{_MONTHS})[a-z]*\.?,? ?\d{{2,4}}\b",
            rf"\b(?:{_MONTHS})[a-z]*\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{2,4}}\b",
            r"[A-Z]{0,4}[-_]?\d{5,}\w*",  # identifiers
            r"\+?\(?\d{2,5}\)?(?:[ /-]\d{2,5}){2,5}",  # telephone numbers
            r"\b(?:dr|prof|mr|mrs|ms|miss|herrn?|frau|mme|sr|sra)\b\.?(?:[ ^]+\w[\w'-]*\.?){1,3}",
        )
    ),
    re.IGNORECASE,
)


class TextCleaner:
    """Cleans texts of one object."""

    def __init__(self, names: Iterable[str], identifiers: Iterable[str]) -> None:
        """Take what the object says of people.

        Args:
            names: of persons, with ``^`` and ``=``: every part of one is searched for as a word.
            identifiers: searched for as they are; long ones within words, too.
        """
        words = {word for name in names for word in re.split(r"[\^=\s,]+", name)}
        whole = {text.strip() for text in identifiers}
        words = {word for word in words if len(word) >= _SHORTEST_WORD and not word.isdigit()}
        inside = {text for text in whole if len(text) >= _SHORTEST_INSIDE}
        words |= {text for text in whole - inside if len(text) >= _SHORTEST_WORD}
        found = [re.escape(text) for text in sorted(inside, key=len, reverse=True)]
        found += [_as_word(word) for word in sorted(words, key=len, reverse=True)]
        self._known = re.compile("|".join(found), re.IGNORECASE) if found else None

    def clean(self, text: str) -> str:
        """Return a text without what tells who the patient is; it is never longer than it was."""
        if self._known:
            text = self._known.sub(SIGN, text)
        return _PATTERNS.sub(SIGN, text)


def _as_word(word: str) -> str:
    """Return a pattern for a word; other scripts than Latin may do without spaces around words."""
    return rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)
