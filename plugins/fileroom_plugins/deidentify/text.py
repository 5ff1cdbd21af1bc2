"""Cleaning of what people wrote (PS3.15 section E.3.6): what tells who the patient is gives way to a sign.

Known values of the object itself are found however they are written, as `needles` says; of what the object
does not say elsewhere, only what looks like a date, a number that is an identifier, an address on the net, or
a name behind a title.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.folding import folded, replaced, squeezed
from fileroom_plugins.deidentify.needles import spans
from fileroom_plugins.deidentify.written_dates import written_dates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom_plugins.deidentify.needles import Needle

SIGN = "#"
"""What stands where something was; it is one character, lest values become longer than they may be."""

_ALWAYS = "dr|prof|professor|mrs|miss|herrn?|frau|mme|mlle|doktor|doctor"
_FORMS = (
    r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}",  # mail
    r"(?:https?|ftp)://\S+|\bwww\.\S+",
    r"\d+(?:\.\d+){4,}",  # UIDs
    r"\+?\d{2,5}(?:\.\d{2,5}){2,5}",  # telephone numbers
    r"\b\d{1,4}([./-])\d{1,2}\1\d{1,4}\b",  # 2001-02-03, 3.2.2001, 2/3/01
    r"[a-z]{0,4}[-_]?\d{5,}\w*",  # identifiers
    r"\+?\(\d{2,5}\)[ ./'-]?\d{2,5}(?:[ /'-]\d{2,5}){0,4}",
    r"\+?\d{2,5}(?:[ /'-]\d{2,5}){2,5}",
    r"\b(?:dr|prof)\.(?: ?[a-z]{1,4}\.){1,3}[ ^]{0,3}\w[\w'-]*(?:[ ^]+\w[\w'-]*){0,2}",  # Dr.med.Keller
    rf"\b(?:{_ALWAYS})\b(?:\.[ ^]{{0,3}}|[ ^]{{1,3}})\w[\w'-]*\.?(?:[ ^]+\w[\w'-]*\.?){{0,2}}",
)
_PATTERNS = re.compile("|".join(_FORMS))
"""For folded texts."""

_CAPITAL = r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff]"
_TITLES = re.compile(
    rf"(?<![^\W_])(?<!\d )(?:"
    rf"(?:Mr|Ms|Sra?|Hrn?|Fr|Sig|Sig\.ra|Dhr|Mevr)(?:\.\s{{0,3}}|[ ^]{{1,3}}){_CAPITAL}"
    rf"|(?:MR|MS|SRA?|HRN?|FR|SIG|DHR|MEVR|M)\.\s{{0,3}}{_CAPITAL}"
    rf"|(?:mr|ms|sra?|hrn|dhr|mevr)\.\s{{0,3}}[^\W\d_]{{3}}"
    rf"|(?:Dr|Prof){_CAPITAL}[^\W\d_]{{2}}"
    rf")[\w'-]*(?:[ ^]+{_CAPITAL}[\w'-]*\.?){{0,2}}"
)
"""Titles that are other words too, such as units: only as people write them, before a name with a capital."""


class TextCleaner:
    """Cleans texts of one object.

    Args:
        known: what the object says of people.
    """

    def __init__(self, known: Iterable[Needle]) -> None:
        known = tuple(known)
        self._days = frozenset(needle.text for needle in known if needle.kind == "date")
        # By their first two characters, since a report may name thousands of people in as many texts.
        self._known: dict[str, list[Needle]] = {}
        for needle in known:
            if needle.kind not in {"date", "uid"}:
                self._known.setdefault(needle.text[:2], []).append(needle)

    def clean(self, text: str) -> str:
        """Return a text without what tells who the patient is; it is never longer than it was."""
        while True:
            made = replaced(text, self._of_the_object(folded(text)), SIGN)
            found = folded(made)
            made = replaced(made, (match.span() for match in _PATTERNS.finditer(found)), SIGN)
            made = _TITLES.sub(SIGN, made)
            if made == text:
                return text
            text = made  # what stood beside something that went may be a word of its own now

    def _of_the_object(self, text: str) -> Iterator[tuple[int, int]]:
        compact = squeezed(text)
        starts = {one + other for one, other in pairwise(compact)}
        for start in starts & self._known.keys():
            for needle in self._known[start]:
                if needle.text in compact:
                    yield from spans(needle, text)
        done = 0
        for one in written_dates(text):
            # What begins within a date may be the next one's, which is found in another round if it is none.
            if one.start >= done and (one.certain or not self._days.isdisjoint(one.days)):
                yield one.start, one.end
                done = one.end
