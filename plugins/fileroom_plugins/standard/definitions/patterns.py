"""Tags as dictionaries write them: one tag, one with wildcards, or a range of either."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import DocumentError
from fileroom_plugins.standard.modules import repeating

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERY_BIT = 0xFFFFFFFF
_EVERY_GROUP = 0xFF00FFFF
_SECOND_GROUP = 0x00020000
_TAG = re.compile(r"[0-9A-Fa-fxX]{8}")


class Definition(NamedTuple):
    """What a document says of an attribute.

    Attributes:
        vr: its VR; several joined by ``" or "`` where it depends on other attributes; empty where the
            document names none.
        name: for people, for example ``Patient's Name``.
        vm: its value multiplicity as PS3.6 writes it, such as ``1-n``; empty where the document names none.
        retired: whether new objects should not have it.
    """

    vr: str
    name: str
    vm: str = ""
    retired: bool = False


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
            ValueError: the text is no pattern.
        """
        first, _, last = text.replace(" ", "").partition("~")
        last = last or first
        if not (_TAG.fullmatch(first) and _TAG.fullmatch(last)):
            raise ValueError("expected a tag such as 00100010, 0039xx01 or 0039xx01~0041xx01")
        mask = _mask(first) & _mask(last)  # a wildcard of either end is one of the range
        low, high = (int(re.sub("[xX]", "0", one), 16) & mask for one in (first, last))
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


def _mask(text: str) -> int:
    return int("".join("0" if one in "xX" else "F" for one in text), 16)


class Dictionary:
    """What dictionary documents say of tags."""

    def __init__(self) -> None:
        self._plain: dict[str, dict[int, Definition]] = {}
        self._patterns: dict[str, list[tuple[TagPattern, Definition]]] = {}

    def add(
        self, pattern: TagPattern, definer: str, definition: Definition, document: str, line: int
    ) -> None:
        """Add what a document says of a pattern.

        Raises:
            DocumentError: one of its tags is defined already.
        """
        plain, patterns = self._plain.setdefault(definer, {}), self._patterns.setdefault(definer, [])
        is_plain = pattern.low == pattern.high and pattern.mask == _EVERY_BIT
        twice = pattern.low in plain if is_plain else any(map(pattern.matches, plain))
        if twice or any(pattern.overlaps(other) for other, _ in patterns):
            raise DocumentError("this tag is defined twice", document, line)
        if is_plain:
            plain[pattern.low] = definition
        else:
            patterns.append((pattern, definition))

    def find(self, tag: int, definer: str = "") -> Definition | None:
        """Return what is said of a tag, None for nothing.

        Args:
            tag: with its block, or with the block 00.
            definer: whose it is; empty for DICOM's own.
        """
        if plain := self._plain.get(definer):
            for one in (tag, tag & 0xFFFF00FF) if definer else (tag,):
                if found := plain.get(one):
                    return found
        patterns = self._patterns.get(definer, ())
        return next((definition for pattern, definition in patterns if pattern.matches(tag)), None)

    def single(self) -> Iterator[tuple[int, Definition]]:
        """Yield what is said of single attributes of DICOM's own, with their tags.

        One of repeating groups has the tag of the first group. Other wildcards and ranges are left out.
        """
        for tag, definition in self._plain.get("", {}).items():
            yield repeating(tag), definition
        for pattern, definition in self._patterns.get("", ()):
            is_one = pattern.low == pattern.high and pattern.mask == _EVERY_GROUP
            if is_one and repeating(pattern.low | _SECOND_GROUP) == pattern.low:
                yield pattern.low, definition
