"""From attributes to bytes, encoded as they were; sequences and items with their lengths."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.deidentify.elements import (
    EXPLICIT_HEAD,
    IMPLICIT,
    IMPLICIT_HEAD,
    ITEM,
    LONG,
    UNDEFINED,
    Fragments,
)
from fileroom_plugins.standard.vrs import LONG_VRS, STRING_VRS

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.elements import Encoding, Items

Parts: TypeAlias = "list[bytes | memoryview]"

_LONGEST_SHORT = 0xFFFF
_PADDED_WITH_SPACE = STRING_VRS - {"UI"}


def write_dataset(items: Items, encoding: Encoding) -> Parts:
    """Return the bytes of all attributes in ascending order, in parts to be joined.

    Values of odd lengths are padded. Values that a 16-bit length cannot hold are written as ``UN`` in
    explicit VR (PS3.5 section 6.2.2).
    """
    parts: Parts = []
    _write(items, encoding, parts)
    return parts


def _write(items: Items, encoding: Encoding, parts: Parts) -> int:
    """Append the parts of attributes; return how many bytes they have."""
    order, implicit = encoding.order, encoding.implicit
    implicit_head, explicit_head = IMPLICIT_HEAD[order].pack, EXPLICIT_HEAD[order].pack
    long = LONG[order].pack
    size = 0
    for tag in sorted(items):
        element = items[tag]
        vr, value = element.vr, element.value
        place = len(parts)
        parts.append(b"")
        if isinstance(value, list):
            if element.as_un:
                vr = "UN"
            length = written = _write_sequence(value, IMPLICIT if element.as_un else encoding, parts)
        elif isinstance(value, Fragments):
            parts.append(value.data)
            length, written = UNDEFINED, len(value.data)
        else:
            parts.append(value)
            length = len(value)
            if length % 2:
                parts.append(b" " if vr in _PADDED_WITH_SPACE else b"\0")
                length += 1
            written = length
        try:
            if implicit:
                head = implicit_head(tag >> 16, tag & 0xFFFF, length)
            elif vr in LONG_VRS or length > _LONGEST_SHORT:
                code = vr if vr in LONG_VRS else "UN"
                head = explicit_head(tag >> 16, tag & 0xFFFF, code.encode(), 0) + long(length)
            else:
                head = explicit_head(tag >> 16, tag & 0xFFFF, vr.encode(), length)
        except struct.error as error:
            raise InvalidDatasetError("a value would be longer than DICOM can hold: 4 GiB") from error
        parts[place] = head
        size += len(head) + written
    return size


def _write_sequence(items: list[Items], encoding: Encoding, parts: Parts) -> int:
    head = IMPLICIT_HEAD[encoding.order].pack
    size = 0
    for item in items:
        place = len(parts)
        parts.append(b"")
        length = _write(item, encoding, parts)
        parts[place] = head(ITEM >> 16, ITEM & 0xFFFF, length)
        size += 8 + length
    return size
