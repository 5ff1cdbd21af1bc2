"""DICOM files from bare values: padding, character sets and oddities as the test puts them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = b"1.2.826.0.1.3680043.10.1338.9"
CT = b"1.2.840.10008.5.1.4.1.1.2"

_SOP_CLASS, _SOP_UID, _STUDY, _SERIES = 0x00080016, 0x00080018, 0x0020000D, 0x0020000E


def dicom_file(
    number: int, attributes: Mapping[int, tuple[str, bytes]] | None = None, *, sop_class: bytes = CT
) -> bytes:
    """Return a file in explicit VR little endian, with nothing in its data set but what is needed.

    Args:
        number: makes its SOP Instance UID.
        attributes: tag to VR and value; a value of odd length is padded as PS3.5 wants it.
        sop_class: its SOP class.
    """
    sop_uid = b"%s.1.1.%d" % (ROOT, number)
    needed = {
        _SOP_CLASS: ("UI", sop_class),
        _SOP_UID: ("UI", sop_uid),
        _STUDY: ("UI", ROOT + b".1"),
        _SERIES: ("UI", ROOT + b".1.1"),
    }
    body = b"".join(_element(tag, *one) for tag, one in sorted((needed | dict(attributes or {})).items()))
    meta = (
        _element(0x00020001, "OB", b"\0\1")
        + _element(0x00020002, "UI", sop_class)
        + _element(0x00020003, "UI", sop_uid)
        + _element(0x00020010, "UI", b"1.2.840.10008.1.2.1")
    )
    return bytes(128) + b"DICM" + _element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + body


def _element(tag: int, vr: str, value: bytes) -> bytes:
    if len(value) % 2:
        value += b"\0" if vr == "UI" else b" "
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in ("OB", "UN", "UT"):
        return head + struct.pack("<2xI", len(value)) + value
    return head + struct.pack("<H", len(value)) + value
