"""From data sets to the bytes of a DICOM file (PS3.5 section 7, PS3.10 section 7)."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.metadata.elements import ITEM, SEQUENCE_END, UNDEFINED
from fileroom_plugins.metadata.meta import DEFLATED_LITTLE, IMPLICIT_LITTLE, PREAMBLE, TRANSFER_SYNTAX
from fileroom_plugins.standard.vrs import LONG_VRS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.metadata.elements import DataSet, Element, Object

_LONGEST_SHORT = 0xFFFF
_SOP_CLASS, _SOP_INSTANCE = 0x00080016, 0x00080018
_IMPLEMENTATION = "2.25.185464268364271486912905176539410527361"


def file_bytes(source: Object, dataset: DataSet) -> bytes:
    """Return a DICOM file with the preamble, the transfer syntax and the bulk data of another one.

    Args:
        source: the other one.
        dataset: its data set; elements without a value have those of the source.

    Raises:
        InvalidDatasetError: bulk data of the source is not all there, or a value is too long for its VR.
    """
    writer = _Writer(source)
    body = b"".join(writer.data_set(dataset))
    if source.transfer_syntax == DEFLATED_LITTLE:
        deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        body = deflater.compress(body) + deflater.flush()
        body += b"\0" * (len(body) % 2)
    return _start(source) + _meta(source, dataset) + body


class _Writer:
    def __init__(self, source: Object) -> None:
        order = "<" if source.little_endian else ">"
        self._source = source
        self._implicit = source.transfer_syntax == IMPLICIT_LITTLE
        self._tag = struct.Struct(f"{order}HH").pack
        self._short = struct.Struct(f"{order}H").pack
        self._long = struct.Struct(f"{order}I").pack

    def data_set(self, dataset: DataSet) -> Iterator[bytes]:
        for element in dataset.elements:
            if isinstance(element.value, list):
                content = b"".join(map(self._item, element.value))
                yield self._head(element.tag, "SQ", len(content)) + content
                continue
            value = self._source.bulk(element)
            if element.value is None and self._is_encapsulated(element):
                yield self._head(element.tag, element.vr, UNDEFINED) + value
                yield self._tag(SEQUENCE_END >> 16, SEQUENCE_END & 0xFFFF) + self._long(0)
            else:
                value += b"\0" * (len(value) % 2)
                yield self._head(element.tag, element.vr, len(value)) + value

    def _item(self, item: DataSet) -> bytes:
        content = b"".join(self.data_set(item))
        return self._tag(ITEM >> 16, ITEM & 0xFFFF) + self._long(len(content)) + content

    def _head(self, tag: int, vr: str, length: int) -> bytes:
        head = self._tag(tag >> 16, tag & 0xFFFF)
        if length > UNDEFINED or (length == UNDEFINED and vr == "SQ"):
            raise InvalidDatasetError("the header grows too large for DICOM")
        if self._implicit:
            return head + self._long(length)
        if vr in LONG_VRS:
            return head + vr.encode() + b"\0\0" + self._long(length)
        if length > _LONGEST_SHORT:  # PS3.5 section 6.2.2 note 4
            return head + b"UN\0\0" + self._long(length)
        return head + vr.encode() + self._short(length)

    def _is_encapsulated(self, element: Element) -> bool:
        return self._source.octets.exactly(element.offset - 4, 4) == b"\xff" * 4


def _start(source: Object) -> bytes:
    head = source.octets.exactly(0, min(PREAMBLE + 4, source.octets.size))
    return head if head.endswith(b"DICM") and len(head) > PREAMBLE else b"\0" * PREAMBLE + b"DICM"


def _meta(source: Object, dataset: DataSet) -> bytes:
    """Return the file meta information, which is always in explicit VR little endian."""
    values = {
        element.tag: (element.vr, element.value)
        for element in source.meta.elements
        if type(element.value) is bytes and element.tag & 0xFFFF
    }
    values.setdefault(0x00020001, ("OB", b"\0\1"))
    values.setdefault(TRANSFER_SYNTAX, ("UI", source.transfer_syntax.encode()))
    values.setdefault(0x00020012, ("UI", _IMPLEMENTATION.encode()))
    for tag, origin in ((0x00020002, _SOP_CLASS), (0x00020003, _SOP_INSTANCE)):
        element = dataset.find(origin)
        if element and type(element.value) is bytes:
            values[tag] = ("UI", element.value)
    body = b""
    for tag, (vr, value) in sorted(values.items()):
        padded = value + b"\0" * (len(value) % 2)
        head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
        length = struct.pack("<HI", 0, len(padded)) if vr in LONG_VRS else struct.pack("<H", len(padded))
        body += head + length + padded
    return struct.pack("<HH2sHI", 0x0002, 0x0000, b"UL", 4, len(body)) + body
