"""From the bytes of wanted elements to what an index keeps: one text each, or items for a sequence."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

from fileroom._header.charset import CharacterSet
from fileroom._header.elements import ITEM_END, PIXEL_DATA, VR_NAMES, swapped, vr_code
from fileroom._header.sequences import read_items
from fileroom._tags import dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fileroom._header.elements import ReadElement
    from fileroom.model import TagValue
    from fileroom.tags import TagSet

RawElement: TypeAlias = "tuple[int, str, bytes]"
"""Tag as printed, VR as the file has it (empty where it tells none), and the bytes of the value."""

CHARACTER_SET = 0x00080005
IDENTIFIERS = {
    0x00080016: ("SOPClassUID", "UI"),
    0x00080018: ("SOPInstanceUID", "UI"),
    0x00100020: ("PatientID", "LO"),
    0x0020000D: ("StudyInstanceUID", "UI"),
    0x0020000E: ("SeriesInstanceUID", "UI"),
}

_CHARACTER_SET = swapped(CHARACTER_SET)
_PADDING = " \0"
_SEPARATOR = "\x1e"
_NUMBERS = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
_PROSE = frozenset(("LT", "ST", "UT"))  # in which leading spaces have a meaning (PS3.5 section 6.2)
_TEXT = _PROSE | {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI", "UR"}


class WantedTags:
    """What to pick from a data set: a `TagSet`'s attributes, the identifiers and the character set.

    Attributes:
        entries: keyword and VR of each wanted tag, as printed.
        vr_codes: the VR code that the quick reader expects of each, by tag as little-endian bytes have it.
        hidden: keywords that are read, though the tag set does not name them.
    """

    def __init__(self, tags: TagSet) -> None:
        named = {spec.tag: (spec.keyword, spec.vr) for specs in tags.levels.values() for spec in specs}
        self.entries = {**IDENTIFIERS, CHARACTER_SET: ("SpecificCharacterSet", "CS"), **named}
        self.hidden = [keyword for tag, (keyword, _) in self.entries.items() if tag not in named]
        self.vr_codes = {swapped(tag): vr_code(vr) for tag, (_, vr) in self.entries.items()}
        self.vr_codes.update(dict.fromkeys((*PIXEL_DATA, ITEM_END), 0))
        self._keywords = {swapped(tag): keyword for tag, (keyword, _) in self.entries.items()}
        self._names = {swapped(tag) for tag, (_, vr) in self.entries.items() if vr == "PN"}
        self._special = {
            swapped(tag) for tag, (_, vr) in self.entries.items() if vr not in _TEXT or vr in _PROSE
        }

    @property
    def sequences(self) -> set[int]:
        """The wanted tags that are sequences."""
        return {tag for tag, (_, vr) in self.entries.items() if vr == "SQ"}

    def from_careful(
        self,
        elements: Iterable[RawElement],
        sequences: Mapping[int, Iterable[Iterable[RawElement]]],
        *,
        little_endian: bool,
    ) -> dict[str, TagValue]:
        """Return keyword to value for what the careful reader found."""
        last = {tag: (vr, value) for tag, vr, value in elements}
        charset = CharacterSet.of(last.get(CHARACTER_SET, ("", b""))[1])
        values: dict[str, TagValue] = {}
        for tag, (vr, value) in last.items():
            keyword, known_vr = self.entries[tag]
            if known_vr != "SQ" and (
                text := text_of(effective_vr(vr, known_vr), value, charset, little_endian=little_endian)
            ):
                values[keyword] = text
        for tag, items in sequences.items():
            if decoded := sequence_items(items, charset, little_endian=little_endian):
                values[self.entries[tag][0]] = decoded
        return values

    def from_quick(self, found: dict[int, bytes], read_element: ReadElement) -> dict[str, TagValue]:
        """Return keyword to value for what the quick reader found.

        Ordinary texts are decoded in one go: they are short, and one character set is theirs.

        Raises:
            UnsureError: a sequence is not of ordinary shape.
        """
        charset = CharacterSet.of(found.get(_CHARACTER_SET, b""))
        special = [(tag, found.pop(tag)) for tag in self._special & found.keys()]
        joined = _SEPARATOR.encode().join(found.values())
        texts = (charset.decode_joined(joined) or "").split(_SEPARATOR)
        if len(texts) != len(found):
            names = self._names
            texts = [
                value.decode("ascii")
                if value.isascii() and b"\x1b" not in value
                else charset.decode(value, person_name=tag in names)
                for tag, value in found.items()
            ]
        keywords = self._keywords
        values: dict[str, TagValue] = {}
        for tag, text in zip(found, texts, strict=True):
            if stripped := text.strip(_PADDING):
                values[keywords[tag]] = stripped
        for tag, value in special:
            keyword, vr = self.entries[swapped(tag)]
            decoded: TagValue = text_of(vr, value, charset, little_endian=True)
            if vr == "SQ":
                items = map(_raw_item, read_items(value, read_element))
                decoded = sequence_items(items, charset, little_endian=True)
            if decoded:
                values[keyword] = decoded
        return values


def _raw_item(item: list[tuple[int, int, bytes]]) -> list[RawElement]:
    return [(swapped(tag), VR_NAMES.get(vr, ""), value) for tag, vr, value in item]


def text_of(vr: str, value: bytes, charset: CharacterSet, *, little_endian: bool) -> str:
    """Return a value as text without padding, several values joined by a backslash.

    Binary numbers are written in decimal, with as many digits as tell them apart. Empty for a VR that has
    no text, and for numbers whose length is not a multiple of theirs.
    """
    if vr in _TEXT:
        text = charset.decode(value, person_name=vr == "PN")
        return text.rstrip(_PADDING) if vr in _PROSE else text.strip(_PADDING)
    code = _NUMBERS.get(vr)
    if code is None or len(value) % struct.calcsize(f"={code}"):
        return ""
    order = "<" if little_endian else ">"
    numbers = struct.iter_unpack(order + code, value)
    return "\\".join(_single(number) if code == "f" else repr(number) for (number,) in numbers)


def _single(number: float) -> str:
    """Write a number of 32 bits with the fewest digits that name it."""
    for digits in range(6, 9):
        text = f"{number:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", number):
            return text
    return f"{number:.9g}"


def sequence_items(
    items: Iterable[Iterable[RawElement]], charset: CharacterSet, *, little_endian: bool
) -> tuple[Mapping[str, str], ...]:
    """Return each item's attributes as keyword to text, those that are in the dictionary and not empty.

    An item may declare a character set of its own (PS3.5 section 7.5.3).
    """
    return tuple(_item(list(item), charset, little_endian=little_endian) for item in items)


def _item(item: list[RawElement], charset: CharacterSet, *, little_endian: bool) -> Mapping[str, str]:
    for tag, _, value in item:
        if tag == CHARACTER_SET:
            charset = CharacterSet.of(value)
    texts = {}
    for tag, vr, value in item:
        if tag == CHARACTER_SET:
            continue
        keyword, known_vr = dictionary.entry(tag)
        text = text_of(effective_vr(vr, known_vr), value, charset, little_endian=little_endian)
        if keyword and text:
            texts[keyword] = text
    return texts


def effective_vr(vr: str, known_vr: str) -> str:
    """Return the VR to read a value by, from the file's and the dictionary's; empty where they disagree.

    A file may have no VR, or one that tells nothing; may write a number as text and the other way round,
    and one text for another. But no UID is a number, and nothing but a sequence is a sequence.
    """
    if vr in ("", "UN", "OB", "OW"):
        return known_vr
    if vr in _NUMBERS and known_vr not in (*_NUMBERS, "DS", "IS"):
        return ""
    return vr
