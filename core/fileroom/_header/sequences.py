"""Sequences for the quick reader: how to get past one, and what is in a short one."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from fileroom._header.elements import (
    IMPLICIT_HEADER,
    ITEM,
    ITEM_END,
    MAX_DEPTH,
    SEQUENCE_END,
    UN,
    UNDEFINED,
    UnsureError,
)
from fileroom._header.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom._header.elements import ReadElement

_SHORTEST, _LONGEST = 8, 12  # bytes of an element before its value


def step_over(window: Window, start: int, length: int, read_element: ReadElement, depth: int = 1) -> int:
    """Return the offset behind a value; one of undefined length is walked through to its delimiter.

    Nesting is counted, not recursed into: at an odd depth stand items, at an even one elements.

    Args:
        window: is moved as needed.
        start: offset of the value.
        length: the value's length.
        read_element: reads an element of the data set's encoding.
        depth: 1 for an element of the data set, 3 for one of an item in it.

    Raises:
        UnsureError: something is out of the ordinary, or missing.
    """
    if length != UNDEFINED:
        return start + length
    outside, position = depth - 1, start
    while True:
        buffer, base = window.buffer, window.base
        at = position - base
        try:
            while depth > outside:
                at, change = _over_item(buffer, at) if depth & 1 else _over_element(buffer, at, read_element)
                depth += change
                if depth > 2 * MAX_DEPTH:
                    raise UnsureError
        except struct.error:
            position = base + at
            go_on(window, position)
        else:
            return base + at


def go_on(window: Window, position: int) -> None:
    """Move the window to an element whose header it does not hold.

    Raises:
        UnsureError: the source does not hold it either.
    """
    before = window.buffer
    rest = window.size - position
    if rest < _SHORTEST or not window.hold(position, min(_LONGEST, rest)) or window.buffer is before:
        raise UnsureError


def read_items(value: bytes, read_element: ReadElement) -> Iterator[list[tuple[int, int, bytes]]]:
    """Yield the items of a sequence's value: tag, VR code and value of each element.

    Elements of undefined length, which are sequences, are left out.

    Raises:
        UnsureError: something is out of the ordinary, or missing.
    """
    window = Window.over(value)
    at = 0
    while at < len(value):
        try:
            tag, length = IMPLICIT_HEADER(value, at)
        except struct.error:
            raise UnsureError from None
        at += 8
        if tag == SEQUENCE_END:
            return
        end = len(value) if length == UNDEFINED else at + length
        if tag != ITEM or end > len(value):
            raise UnsureError
        elements, at = _read_item(window, at, end, read_element, delimited=length == UNDEFINED)
        yield elements


def _read_item(
    window: Window, at: int, end: int, read_element: ReadElement, *, delimited: bool
) -> tuple[list[tuple[int, int, bytes]], int]:
    """Return the elements of an item, and where it ends: at its delimiter if it has one, else at ``end``."""
    value = window.buffer
    elements: list[tuple[int, int, bytes]] = []
    while at < end:
        try:
            tag, vr, start, size = read_element(value, at)
        except struct.error:
            raise UnsureError from None
        at = step_over(window, start, size, read_element, depth=3)
        if at > end:
            raise UnsureError
        if tag == ITEM_END:
            if not delimited:
                raise UnsureError
            return elements, at
        if size != UNDEFINED:
            elements.append((tag, vr, value[start:at]))
    if delimited:
        raise UnsureError
    return elements, at


def _over_item(buffer: bytes, at: int) -> tuple[int, int]:
    """Return the offset behind an item, or in one of undefined length, and the change of depth."""
    tag, length = IMPLICIT_HEADER(buffer, at)
    if tag == SEQUENCE_END:
        return at + 8, -1
    if tag != ITEM:
        raise UnsureError
    return (at + 8, 1) if length == UNDEFINED else (at + 8 + length, 0)


def _over_element(buffer: bytes, at: int, read_element: ReadElement) -> tuple[int, int]:
    """Return the offset behind an element, or in one of undefined length, and the change of depth."""
    tag, vr, start, length = read_element(buffer, at)
    if tag == ITEM_END:
        return start, -1
    if length != UNDEFINED:
        return start + length, 0
    if vr == UN:  # its content has implicit VR, or should have
        raise UnsureError
    return start, 1
