"""What is read of an object: elements, and the levels (data set, items) on which they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom_plugins.conformance.reading.dictionary import entry, tag_text

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

UNDEFINED = 0xFFFF_FFFF
"""The length of what a delimiter ends."""


@dataclass(slots=True)
class Fragments:
    """What encapsulated pixel data holds (PS3.5 A.4).

    Attributes:
        offsets: the basic offset table, empty for none.
        starts: where each fragment's item begins, counted from the first one's; the first `MOST` of them.
        count: how many there are.
        first: the first bytes of the first fragment.
    """

    offsets: array[int]
    starts: array[int]
    count: int = 0
    first: bytes = b""


@dataclass(slots=True)
class Element:
    """A data element.

    Attributes:
        tag: group and element in one number.
        vr: as it stands in the file; where it stands in none, the data dictionary's, ``UN`` for none.
        length: of the value, as it stands in the file.
        value: the value's bytes with padding; empty where they were not read: sequences, pixel data, and
            what is longer than 64 KiB.
        read: whether ``value`` is the whole value.
        items: of a sequence; None for what is none.
        fragments: of encapsulated pixel data.
    """

    tag: int
    vr: str
    length: int
    value: bytes = b""
    read: bool = True
    items: list[Level] | None = None
    fragments: Fragments | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is no value: nothing, nothing but padding, or a sequence without items."""
        if self.items is not None:
            return not self.items
        if self.fragments is not None:
            return False
        return not self.length or (self.read and not self.value.strip(b" \0") and self.vr in PADDED)


PADDED = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
"""VRs of text, whose values may be nothing but padding."""


@dataclass(slots=True, eq=False)
class Level:
    """The data set, or one item of a sequence.

    Attributes:
        big: whether numbers are in big endian.
        parent: the level around it; None for the data set.
        sequence: the tag of the sequence that it is an item of; 0 for the data set.
        number: of the item, from 1.
        elements: by tag, in the order of the file; of a tag that occurs twice, the last.
        creators: private creators by group and block.
        character_sets: the values of Specific Character Set that hold here.
    """

    big: bool = False
    parent: Level | None = None
    sequence: int = 0
    number: int = 0
    elements: dict[int, Element] = field(default_factory=dict)
    creators: dict[int, str] = field(default_factory=dict)

    @property
    def root(self) -> Level:
        """The data set around it."""
        level = self
        while level.parent is not None:
            level = level.parent
        return level

    def creator(self, tag: int) -> str:
        """Return the private creator of a private tag's block (PS3.5 section 7.8.1); empty for none."""
        return self.creators.get(tag & 0xFFFF_0000 | tag >> 8 & 0xFF, "") if tag >> 16 & 1 else ""

    def path(self, tag: int = 0) -> str:
        """Return where an attribute of this level is, or the level itself: as in `Message.path`."""
        steps = [name(tag)] if tag else []
        level: Level | None = self
        while level is not None and level.sequence:
            steps.append(f"{name(level.sequence)}[{level.number}]")
            level = level.parent
        return ".".join(reversed(steps))

    def levels(self) -> Iterator[Level]:
        """Yield this level and all below it, outer before inner."""
        waiting = [self]
        while waiting:
            level = waiting.pop()
            yield level
            for element in level.elements.values():
                if element.items:
                    waiting.extend(element.items)


def name(tag: int) -> str:
    """Return an attribute's keyword, or its tag in parentheses for one without."""
    known = entry(tag)
    return known.keyword if known is not None and known.keyword else f"({tag_text(tag)})"
