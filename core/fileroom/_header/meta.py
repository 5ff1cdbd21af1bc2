"""Whether bytes are DICOM at all, and what the file meta information says (PS3.10 section 7.1)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from fileroom._header.elements import (
    EXPLICIT_HEADER,
    SHORT_VRS,
    UNDEFINED,
    VR_NAMES,
    UnsureError,
    explicit_element,
    implicit_element,
    swapped,
)
from fileroom.errors import InvalidDatasetError, NotDicomError

if TYPE_CHECKING:
    from fileroom._header.elements import Element
    from fileroom._header.window import Window

_PREAMBLE = 128
_META_GROUP = 0x0002
_MEDIA_CLASS = swapped(0x00020002)
_SYNTAX = swapped(0x00020010)
_PADDING = b" \0"
_UID_ROOM = 128
_LATE_ELEMENT = 0x0020
_FIRST_LENGTHS = (*range(1024), UNDEFINED)
_DICOMDIR = b"1.2.840.10008.1.3.10"


class Meta(NamedTuple):
    """What stands before the data set.

    Attributes:
        position: offset of the data set's first element.
        transfer_syntax: its UID, or empty where the file does not tell.
        sop_class: Media Storage SOP Class UID, or empty.
    """

    position: int
    transfer_syntax: str
    sop_class: str


def read_meta(window: Window) -> Meta:
    """Read the file meta information, which may be missing, with or without the preamble.

    Raises:
        NotDicomError: the bytes are no DICOM, or a DICOMDIR.
        InvalidDatasetError: the file ends within them.
    """
    position = _start(window.buffer)
    syntax = sop_class = b""
    while position < window.size:
        buffer, base = window.buffer, window.base
        try:
            tag, vr, length = EXPLICIT_HEADER(buffer, position - base)
            if tag & 0xFFFF != _META_GROUP:
                break
            at = position - base + 8
            if vr not in SHORT_VRS:
                _, _, at, length = _unusual_element(buffer, position - base)
        except struct.error:
            window.hold(position, min(12, window.size - position))
            if window.buffer is buffer:
                raise InvalidDatasetError("truncated: the file meta information is cut short") from None
            continue
        if tag == _SYNTAX:
            syntax = window.take(base + at, min(length, _UID_ROOM)).strip(_PADDING)
        elif tag == _MEDIA_CLASS:
            sop_class = window.take(base + at, min(length, _UID_ROOM)).strip(_PADDING)
        position = base + at + length
    if sop_class == _DICOMDIR:
        raise NotDicomError("a DICOMDIR, not an image object")
    if position >= window.size:
        raise InvalidDatasetError("truncated: there is no data set after the file meta information")
    return Meta(position, syntax.decode("latin-1"), sop_class.decode("latin-1"))


def _start(head: bytes) -> int:
    """Return the offset of the first element."""
    if head[_PREAMBLE : _PREAMBLE + 4] == b"DICM":
        return _PREAMBLE + 4
    if _looks_like_dicom(head[:12]):
        return 0
    raise NotDicomError("no DICOM object" if head else "no DICOM object: there are no bytes")


def _unusual_element(buffer: bytes, at: int) -> Element:
    """Return an element with a long header, or in implicit VR, which some writers use here too."""
    try:
        return explicit_element(buffer, at)
    except UnsureError:
        return implicit_element(buffer, at)


def _looks_like_dicom(head: bytes) -> bool:
    """Say whether the first bytes are an element with which a data set may begin, in either byte order.

    Without the preamble, nothing else tells DICOM: the first element is then of group 0002 or 0008, has
    a low number, and a VR that exists or a length that is small.
    """
    for order in "<>":
        if len(head) < struct.calcsize("HHI"):
            break
        group, element, length = struct.unpack_from(f"{order}HHI", head)
        if group in (_META_GROUP, 0x0008) and element <= _LATE_ELEMENT:
            return head[4:6].decode("latin-1") in VR_NAMES.values() or length in _FIRST_LENGTHS
    return False
