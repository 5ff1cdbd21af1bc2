"""Tags as dictionaries have them: one, with wildcards, or a range of these."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentError

if TYPE_CHECKING:
    from fileroom_plugins.metadata.lookup import Entry

_EVERY_BIT = 0xFFFFFFFF
_TAG = re.compile(r"[0-9A-Fa-fxX]{8}")


@dataclass(frozen=True, slots=True)
class TagPattern:
    """Tags that a dictionary says the same of.

    Attributes:
        low: the first of them, with 0 for each wildcard.
        high: the last, likewise.
        mask: the bits that count.
    """

    low: int
    high: int
    mask: int

    @classmethod
    def parse(cls, text: str) -> TagPattern:
        """Read a pattern such as ``0039xx01`` or ``0039xx01~0041xx01``.

        Raises:
            ValueError: it is none.
        """
        first, _, last = text.replace(" ", "").partition("~")
        last = last or first
        if not (_TAG.fullmatch(first) and _TAG.fullmatch(last)):
            raise ValueError("expected a tag such as 00100010, 0039xx01 or 0039xx01~0041xx01")
        mask = int(re.sub("[^xX]", "F", first).lower().replace("x", "0"), 16)
        low, high = (int(re.sub("[xX]", "0", one), 16) for one in (first, last))
        if low > high:
            raise ValueError("the range ends before it begins")
        return cls(low, high, mask)

    def matches(self, tag: int) -> bool:
        """Say whether a tag is one of them."""
        return self.low <= tag & self.mask <= self.high

    def overlaps(self, other: TagPattern) -> bool:
        """Say whether some tag is one of both."""
        mask = self.mask & other.mask
        return self.low & mask <= other.high & mask and other.low & mask <= self.high & mask


class Dictionary:
    """What dictionary documents say of tags."""

    def __init__(self) -> None:
        self._plain: dict[tuple[str, int], Entry] = {}
        self._patterns: list[tuple[str, TagPattern, Entry]] = []

    def add(self, pattern: TagPattern, definer: str, entry: Entry, document: str, line: int) -> None:
        """Add what a document says of a pattern.

        Raises:
            DocumentError: it says so of one of its tags already.
        """
        plain = pattern.low == pattern.high and pattern.mask == _EVERY_BIT
        twice = (definer, pattern.low) in self._plain if plain else False
        if twice or any(definer == one and pattern.overlaps(other) for one, other, _ in self._patterns):
            raise DocumentError("this tag is defined twice", document, line)
        if plain:
            self._plain[definer, pattern.low] = entry
        else:
            self._patterns.append((definer, pattern, entry))

    def find(self, tag: int, definer: str = "") -> Entry | None:
        """Return what is said of a tag, None for nothing.

        Args:
            tag: with its block, or with the block 00.
            definer: whose it is; empty for DICOM's own.
        """
        for one in (tag, tag & 0xFFFF00FF) if definer else (tag,):
            if found := self._plain.get((definer, one)):
                return found
        return next(
            (entry for one, pattern, entry in self._patterns if one == definer and pattern.matches(tag)), None
        )
