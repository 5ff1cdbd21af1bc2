"""What stands before a data set: preamble and file meta information (PS3.10 section 7.1)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import InvalidDatasetError, NotDicomError
from fileroom_plugins.metadata.elements import DataSet, Element
from fileroom_plugins.metadata.source import cut_short
from fileroom_plugins.standard.vrs import LONG_VRS, SHORT_VRS, VR_LENGTH, VRS

if TYPE_CHECKING:
    from fileroom_plugins.metadata.source import Octets

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED_LITTLE = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

TRANSFER_SYNTAX = 0x00020010

PREAMBLE = 128
_HEAD = struct.Struct("<HH2sH").unpack_from
_LENGTH = struct.Struct("<I").unpack_from
_GROUP = 0x0002
_LARGEST = 64 * 1024
_LATE_ELEMENT = 0x0020
_SMALL = range(1024)


class Meta(NamedTuple):
    """What stands before the data set.

    Attributes:
        elements: those of the file meta information.
        position: offset of the data set's first element.
        transfer_syntax: a UID; guessed from the data set where the file does not tell.
    """

    elements: DataSet
    position: int
    transfer_syntax: str


def read_meta(octets: Octets) -> Meta:
    """Read the file meta information, which may be missing, with or without the preamble.

    Raises:
        NotDicomError: the bytes are no DICOM.
        InvalidDatasetError: the object ends within them.
    """
    at = _start(octets.buffer[: PREAMBLE + 16])
    found = DataSet()
    while at + 8 <= octets.size:
        group, number, code, length = _HEAD(octets.exactly(at, 8))
        if group != _GROUP:
            break
        at += 8
        vr = code.decode("latin-1")
        if vr in LONG_VRS:
            (length,) = _LENGTH(octets.exactly(at, 4))
            at += 4
        elif vr not in SHORT_VRS:  # some writers use implicit VR here too
            vr = "UN"
            (length,) = _LENGTH(octets.exactly(at - 4, 4))
        if length > _LARGEST:
            raise InvalidDatasetError("damaged: a value of the file meta information is too long")
        found.elements.append(Element(group << 16 | number, vr, octets.exactly(at, length), at, length))
        at += length
    if at >= octets.size:
        raise InvalidDatasetError("truncated: there is no data set after the file meta information")
    element = found.find(TRANSFER_SYNTAX)
    syntax = element.value.strip(b" \0").decode("latin-1") if element and type(element.value) is bytes else ""
    return Meta(found, at, syntax or _guessed(octets.exactly(at, min(6, octets.size - at))))


def has_implicit_vr(head: bytes, *, assumed: bool) -> bool:
    """Say whether elements have implicit VR, from the first six bytes of the first one.

    Where a VR would stand are two capital letters, or else the low half of a length, which would be over
    16,000 to look like them.
    """
    vr = head[4:6]
    return not (vr.isalpha() and vr.isupper()) if len(vr) == VR_LENGTH else assumed


def _start(head: bytes) -> int:
    """Return the offset of the first element."""
    if head[PREAMBLE : PREAMBLE + 4] == b"DICM":
        return PREAMBLE + 4
    for order in "<>":
        # Without the preamble, nothing else tells DICOM than the first element, which is of a low group,
        # has a low number, and a VR that exists or a length that is small.
        if len(head) >= struct.calcsize("HHI"):
            group, number, length = struct.unpack_from(f"{order}HHI", head)
            if group in (_GROUP, 0x0008) and number <= _LATE_ELEMENT:
                known = head[4:6].decode("latin-1") in VRS
                if known or length in _SMALL:
                    return 0
    raise NotDicomError("no DICOM object" if head else "no DICOM object: there are no bytes")


def _guessed(head: bytes) -> str:
    """Return the transfer syntax of a data set that comes without one; a group number is small."""
    if len(head) < len("ggeevr"):
        raise cut_short()
    if has_implicit_vr(head, assumed=True):
        return IMPLICIT_LITTLE
    return EXPLICIT_BIG if head[0] < head[1] else EXPLICIT_LITTLE
