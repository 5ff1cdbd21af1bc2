"""Encapsulated pixel data: its offset table and fragments (PS3.5 section A.4), none of which is decoded."""

from __future__ import annotations

import struct
import sys
from array import array
from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.reading.elements import UNDEFINED, Fragments

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Level
    from fileroom_plugins.conformance.reading.source import Bytes

MOST = 100_000
"""Fragments and offsets that are kept to be compared; more are counted only."""

_PIXEL_DATA = 0x7FE0_0010
_ITEM, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_header = struct.Struct("<HHI").unpack


def read_fragments(data: Bytes, at: int, end: int, level: Level, findings: Findings) -> tuple[Fragments, int]:
    """Walk over fragments.

    Args:
        data: the bytes.
        at: offset of the offset table's item.
        end: offset of the end of what can be read.
        level: the data set.
        findings: what is wrong goes here.

    Returns:
        What there is, and the offset behind the delimiter: ``end`` where there is none, -1 where there is
        something else than fragments.
    """
    found = Fragments(array("I"), array("Q"))
    first = -1
    while True:
        head = data.take(at, 8)
        if len(head) < 8 or at >= end:  # noqa: PLR2004 - a tag and a length
            findings.add(rules.TRUNCATED, level, _PIXEL_DATA, "the fragments have no end")
            return found, end
        group, element, length = _header(head)
        at += 8
        if (group, element) == _SEQUENCE_END:
            if length:
                findings.add(rules.DELIMITER, level, _PIXEL_DATA)
            return found, at
        if (group, element) != _ITEM or length == UNDEFINED:
            findings.add(rules.ITEM, level, _PIXEL_DATA, "no fragment")
            return found, -1
        if length & 1:
            findings.add(rules.ODD_LENGTH, level, _PIXEL_DATA, "of a fragment")
        if first < 0:
            found.offsets = _offsets(data.take(at, min(length, 4 * MOST)))
            first = at + length
        else:
            if not found.count:
                found.first = data.take(at, min(length, 8))
            if found.count < MOST:
                found.starts.append(at - 8 - first)
            found.count += 1
        at += length


def _offsets(table: bytes) -> array[int]:
    offsets = array("I")
    offsets.frombytes(table[: len(table) // 4 * 4])
    if sys.byteorder == "big":
        offsets.byteswap()
    return offsets
