"""Walking over the elements of a data set, however they are written, and noting what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.reading.elements import PADDED, UNDEFINED, Element, Level
from fileroom_plugins.conformance.reading.fragments import read_fragments
from fileroom_plugins.conformance.reading.group_lengths import GroupLengths
from fileroom_plugins.conformance.reading.headers import LONGEST, Encoding, read_header
from fileroom_plugins.standard.vrs import VRS

if TYPE_CHECKING:
    from typing import NoReturn

    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.headers import Header
    from fileroom_plugins.conformance.reading.source import Bytes
    from fileroom_plugins.conformance.rules import Rule

MAX_VALUE = 64 * 1024
"""Values longer than so many bytes are not read: no text that is checked is as long."""

MAX_DEPTH = 40
"""Sequences in sequences are followed so far down; real ones end at about ten."""

MAX_ELEMENTS = 500_000
"""Elements of one object that are looked at; all of them are in memory at a time."""

PIXEL_DATA = 0x7FE0_0010
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFE_E000, 0xFFFE_E00D, 0xFFFE_E0DD
_GROUP_OF_ITEMS = 0xFFFE
_PADDING = 0xFFFC_FFFC
_IMPLICIT = Encoding(explicit=False)


class StoppedError(Exception):
    """The rest cannot be read; what was wrong has been noted."""


class Span(NamedTuple):
    """Where something stands, and how it is written.

    Attributes:
        at: offset of its first byte.
        end: offset that it cannot go beyond.
        encoding: of the elements in it.
        depth: how many sequences are around it.
    """

    at: int
    end: int
    encoding: Encoding
    depth: int


class Walker:
    """Reads elements, and notes what is wrong with their encoding.

    Args:
        data: the bytes.
        findings: what is wrong goes here.
    """

    def __init__(self, data: Bytes, findings: Findings) -> None:
        self._data = data
        self._findings = findings
        self._dictionary = findings.dictionary
        self._left = MAX_ELEMENTS

    def walk(self, level: Level, at: int, end: int, encoding: Encoding) -> bool:
        """Read the elements of a data set.

        Args:
            level: takes them.
            at: offset of the first.
            end: offset behind the last.
            encoding: how they are written.

        Returns:
            Whether all of them could be read.
        """
        try:
            self._level(level, Span(at, end, encoding, 0), delimited=False)
        except StoppedError:
            return False
        return True

    def _level(self, level: Level, span: Span, *, delimited: bool) -> int:
        """Read one level; return the offset behind it."""
        at, end, encoding, depth = span
        last = -1
        lengths = GroupLengths()
        while at < end:
            header = read_header(self._data.take(at, min(LONGEST, end - at)), encoding)
            if header is None:
                self._stop(rules.TRUNCATED, level, 0, "within the tag, VR or length of an element")
            tag = header.tag
            if tag >> 16 == _GROUP_OF_ITEMS:
                if tag == _ITEM_END and delimited:
                    self._delimiter(header, level)
                    lengths.check(at, self._findings, level)
                    return at + header.size
                self._stop(rules.ITEM, level, 0, "an item or a delimiter among elements")
            self._left -= 1
            if not self._left:
                self._stop(rules.FILE_LARGE, level, 0, f"it has more than {MAX_ELEMENTS} elements")
            self._order(tag, last, level)
            lengths.see(tag, at, self._findings, level)
            last = max(last, tag)
            element = self._element(header, level, encoding)
            at = self._value(element, level, Span(at + header.size, end, encoding, depth))
            level.elements[tag] = element
            if tag & 0xFFFF == 0:
                lengths.claim(element, at, level)
            elif tag >> 16 & 1:
                self._private(element, level)
        if delimited:
            self._stop(rules.TRUNCATED, level, 0, "an item of undefined length has no end")
        lengths.check(at, self._findings, level)
        return at

    def _stop(self, rule: Rule, level: Level, tag: int, text: str) -> NoReturn:
        self._findings.add(rule, level, tag, text)
        raise StoppedError

    def _order(self, tag: int, last: int, level: Level) -> None:
        if tag <= last:
            rule = rules.DUPLICATE if tag in level.elements else rules.ORDER
            self._findings.add(rule, level, tag)
        if tag >> 16 in _BAD_GROUPS:
            self._findings.add(_BAD_GROUPS[tag >> 16], level, tag)

    def _element(self, header: Header, level: Level, encoding: Encoding) -> Element:
        tag = header.tag
        known = self._known_vr(tag, level)
        written = header.vr
        if not written:
            if encoding.explicit:
                self._findings.add(rules.IMPLICIT_VR, level, tag)
            return Element(tag, known, header.length)
        if header.reserved and written in VRS:
            self._findings.add(rules.RESERVED, level, tag)
        if written not in VRS:
            self._findings.add(rules.UNKNOWN_VR, level, tag)
            return Element(tag, known, header.length)
        # Of private attributes, which vendors may change, only what a document says is held against them.
        counts = not tag >> 16 & 1 or self._dictionary.private(tag, level.creator(tag)) is not None
        if written == "UN" and counts and known != "UN":
            self._findings.add(rules.UN_KNOWN, level, tag)
            return Element(tag, "UN" if known == "SQ" else known, header.length)
        if written != "UN" and known != "UN" and written not in known and counts:
            self._findings.add(rules.VR_MISMATCH, level, tag, f"{written} instead of {known}")
        return Element(tag, written, header.length)

    def _value(self, element: Element, level: Level, span: Span) -> int:
        """Read a value; return the offset behind it."""
        length, tag = element.length, element.tag
        at, end, encoding, depth = span
        if length == UNDEFINED:
            return self._undefined(element, level, span)
        stop = at + length
        if length & 1:
            self._findings.add(rules.ODD_LENGTH, level, tag)
        if stop > end:
            self._findings.add(rules.TRUNCATED, level, tag, f"{stop - end} bytes of its value are missing")
            if end < self._data.size or tag != PIXEL_DATA:
                raise StoppedError
            element.read = False
            return end
        inner = self._sequence_encoding(element, level, encoding)
        if inner is not None:
            element.items = []
            self._items(element, level, Span(at, stop, inner, depth))
        elif length > MAX_VALUE or tag == PIXEL_DATA:
            element.read = False
        else:
            element.value = self._data.take(at, length)
            check_padding(element, level, self._findings)
        return stop

    def _undefined(self, element: Element, level: Level, span: Span) -> int:
        at, end, encoding, depth = span
        if element.tag == PIXEL_DATA and not depth:
            element.read = False
            element.fragments, after = read_fragments(self._data, at, end, level, self._findings)
            if after < 0:
                raise StoppedError
            return after
        inner = self._sequence_encoding(element, level, encoding)
        if inner is None:
            self._findings.add(rules.UNDEFINED_LENGTH, level, element.tag)
            inner = encoding  # what else could it be but a sequence
        element.items = []
        return self._items(element, level, Span(at, end, inner, depth), delimited=True)

    def _items(self, element: Element, level: Level, span: Span, *, delimited: bool = False) -> int:
        at, end, encoding, depth = span
        if depth >= MAX_DEPTH:
            self._stop(rules.DEPTH, level, element.tag, f"more than {MAX_DEPTH} deep")
        items = element.items = []
        while at < end:
            header = read_header(self._data.take(at, min(8, end - at)), encoding)
            if header is None:
                self._stop(rules.TRUNCATED, level, element.tag, "within the tag or length of an item")
            at += header.size
            if header.tag == _SEQUENCE_END and delimited:
                self._delimiter(header, level, element.tag)
                return at
            if header.tag != _ITEM:
                self._stop(rules.ITEM, level, element.tag, "no item")
            item = Level(level.big, level, element.tag, len(items) + 1)
            items.append(item)
            if header.length == UNDEFINED:
                at = self._level(item, Span(at, end, encoding, depth + 1), delimited=True)
            else:
                stop = at + header.length
                if stop > end:
                    self._stop(rules.TRUNCATED, item, 0, "the item is longer than what holds it")
                self._level(item, Span(at, stop, encoding, depth + 1), delimited=False)
                at = stop
        if delimited:
            self._stop(rules.TRUNCATED, level, element.tag, "a sequence of undefined length has no end")
        return at

    def _delimiter(self, header: Header, level: Level, tag: int = 0) -> None:
        if header.length:
            self._findings.add(rules.DELIMITER, level, tag)

    def _private(self, element: Element, level: Level) -> None:
        """Keep private creators, and see that private elements have one (PS3.5 section 7.8.1)."""
        tag = element.tag
        number = tag & 0xFFFF
        if 0x10 <= number <= 0xFF:  # noqa: PLR2004 - PS3.5 7.8.1
            creator = element.value.decode("latin-1").strip(" \0")
            level.creators[tag >> 16 << 16 | number] = creator
            if not creator:
                self._findings.add(rules.PRIVATE_CREATOR, level, tag, "a private creator without a value")
        elif number < 0x1000:  # noqa: PLR2004
            self._findings.add(rules.BAD_TAG, level, tag)
        elif not level.creator(tag):
            self._findings.add(rules.PRIVATE_CREATOR, level, tag)

    def _known_vr(self, tag: int, level: Level) -> str:
        return self._dictionary.vr(tag, level.creator(tag))

    def _sequence_encoding(self, element: Element, level: Level, encoding: Encoding) -> Encoding | None:
        """Return how the items of an element are written; None where it is no sequence.

        What was written as UN by somebody who did not know it is in implicit VR little endian (PS3.5 6.2.2).
        """
        if element.vr == "SQ":
            return encoding
        if element.vr == "UN" and (
            element.length == UNDEFINED or (element.length and self._known_vr(element.tag, level) == "SQ")
        ):
            return _IMPLICIT if encoding.explicit else encoding
        return None


def check_padding(element: Element, level: Level, findings: Findings) -> None:
    """See that UIDs end in NULL at most, and other texts in none (PS3.5 section 6.2)."""
    if element.vr in PADDED and element.value:
        end = element.value[-1:]
        if end == (b" " if element.vr == "UI" else b"\0"):
            text = "UIDs are padded with NULL" if element.vr == "UI" else "text is padded with a space"
            findings.add(rules.PADDING, level, element.tag, text)


_BAD_GROUPS = {
    0x0002: rules.FILE_META_ELEMENT,
    **dict.fromkeys((0x0000, 0x0001, 0x0003, 0x0005, 0x0006, 0x0007, 0xFFFF), rules.BAD_TAG),
}
"""Groups of commands, directories and files, and those that PS3.5 section 7.8 keeps free."""
