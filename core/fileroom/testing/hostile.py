"""Files that are not what they claim to be: truncated, oversized, bottomless, ambiguous.

Reading any of them must end soon, in little memory, with a header or an `InvalidDatasetError`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from fileroom.testing.ct_attributes import make_uid

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDARY_CAPTURE = b"1.2.840.10008.5.1.4.1.1.7"
_IMPLICIT = b"1.2.840.10008.1.2"
_EXPLICIT = b"1.2.840.10008.1.2.1"
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_BIG = b"1.2.840.10008.1.2.2"
_JPEG = b"1.2.840.10008.1.2.4.50"

_UNDEFINED = 0xFFFFFFFF
_HUGE = 0xFFFFFFFE
_DEEP = 10_000
_LONG = frozenset((b"OB", b"OW", b"SQ", b"UN", b"UT"))
_SOP_UID, _STUDY_UID, _SERIES_UID = (
    make_uid("hostile", part).encode() for part in ("sop", "study", "series")
)

Element = Callable[..., bytes]


def explicit(tag: int, vr: bytes, value: bytes = b"", length: int | None = None, order: str = "<") -> bytes:
    """Return an element in explicit VR, its length as it is or as claimed."""
    group, number = tag >> 16, tag & 0xFFFF
    size = len(value) if length is None else length
    layout, reserved = ("HH2sHI", (0,)) if vr in _LONG else ("HH2sH", ())
    return struct.pack(f"{order}{layout}", group, number, vr, *reserved, size) + value


def explicit_big(tag: int, vr: bytes, value: bytes = b"", length: int | None = None) -> bytes:
    """Return an element in explicit VR big endian."""
    return explicit(tag, vr, value, length, ">")


def implicit(tag: int, vr: bytes, value: bytes = b"", length: int | None = None) -> bytes:
    """Return an element in implicit VR; the VR is there to be called like `explicit`."""
    del vr
    size = len(value) if length is None else length
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, size) + value


def delimiter(tag: int, length: int = 0, order: str = "<") -> bytes:
    """Return an item's header, or a delimiter."""
    return struct.pack(f"{order}HHI", tag >> 16, tag & 0xFFFF, length)


ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


def padded(value: bytes, padding: bytes = b"\0") -> bytes:
    """Return a value of even length."""
    return value + padding * (len(value) % 2)


def preamble(transfer_syntax: bytes = _EXPLICIT, sop_class: bytes = _SECONDARY_CAPTURE) -> bytes:
    """Return preamble and file meta information (PS3.10 section 7.1)."""
    meta = explicit(0x00020001, b"OB", b"\0\1") + explicit(0x00020002, b"UI", padded(sop_class))
    meta += explicit(0x00020003, b"UI", padded(_SOP_UID)) + explicit(
        0x00020010, b"UI", padded(transfer_syntax)
    )
    return bytes(128) + b"DICM" + explicit(0x00020000, b"UL", struct.pack("<I", len(meta))) + meta


def identifiers(
    element: Element = explicit,
    *,
    sop: bytes | None = _SOP_UID,
    study: bytes | None = _STUDY_UID,
    series: bytes | None = _SERIES_UID,
    patient: bytes = b"HOSTILE",
) -> bytes:
    """Return the identifying elements of a data set, in order; None leaves one out."""
    rows = (
        (0x00080016, b"UI", _SECONDARY_CAPTURE),
        (0x00080018, b"UI", sop),
        (0x00100020, b"LO", patient),
        (0x0020000D, b"UI", study),
        (0x0020000E, b"UI", series),
    )
    return b"".join(element(tag, vr, padded(value)) for tag, vr, value in rows if value is not None)


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """Yield hostile files as (name, bytes), each of at most a few megabytes, in a fixed order."""
    yield from _not_dicom()
    yield from _cut_short()
    yield from _huge_claims()
    yield from _bottomless()
    yield from _bad_identifiers()
    yield from _ambiguous()
    yield from _bombs()


def _not_dicom() -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    yield "one byte", b"\x08"
    yield "preamble only", bytes(128)
    yield "prefix only", bytes(128) + b"DICM"
    yield "text", b"Not a DICOM file, but long enough to have been one.\n" * 40
    yield "zeros", bytes(100_000)
    yield "zeros after the prefix", bytes(128) + b"DICM" + bytes(1 << 20)
    yield "garbage after the prefix", bytes(128) + b"DICM" + bytes(range(255, -1, -1)) * 40
    yield "garbage after the meta information", preamble() + bytes(range(255, -1, -1)) * 40


def _cut_short() -> Iterator[tuple[str, bytes]]:
    start = preamble()
    pixels = explicit(0x7FE00010, b"OW", bytes(64))
    whole = start + identifiers() + pixels
    header = len(whole) - len(pixels)
    for name, end in (
        ("in the meta information", 200),
        ("after the meta information", len(start)),
        ("in a tag", len(start) + 3),
        ("in a length", len(start) + 7),
        ("in a value", len(start) + 20),
        ("in the last identifier", header - 5),
        ("in the pixel data's header", header + 9),
        ("in the pixel data", header + 40),
        ("by one byte", len(whole) - 1),
    ):
        yield f"truncated {name}", whole[:end]
    fragments = delimiter(ITEM) + delimiter(ITEM, 16) + bytes(16)
    encapsulated = preamble(_JPEG) + identifiers() + explicit(0x7FE00010, b"OB", fragments, _UNDEFINED)
    yield "no delimiter after the fragments", encapsulated
    yield "a fragment cut short", encapsulated[:-4]
    yield "an item cut short", start + identifiers() + explicit(0x00400275, b"SQ", delimiter(ITEM, 50), 8)
    yield (
        "an element longer than its item",
        start
        + identifiers()
        + explicit(0x00400275, b"SQ", delimiter(ITEM, 8) + explicit(0x00400007, b"LO", length=40)),
    )


def _huge_claims() -> Iterator[tuple[str, bytes]]:
    start = preamble() + identifiers()
    yield "pixel data of 4 GiB", start + explicit(0x7FE00010, b"OW", bytes(500), _HUGE)
    yield "a text of 4 GiB", start + explicit(0x00204000, b"UT", bytes(500), _HUGE)
    yield "a private value of 4 GiB", start + explicit(0x00211010, b"OB", bytes(500), _HUGE)
    yield "an unknown value of 4 GiB", start + explicit(0x00211010, b"UN", bytes(500), _HUGE)
    yield "a sequence of 4 GiB", start + explicit(0x00400275, b"SQ", bytes(500), _HUGE)
    yield "an item of 4 GiB", start + explicit(0x00400275, b"SQ", delimiter(ITEM, _HUGE), _UNDEFINED)
    yield (
        "a fragment of 4 GiB",
        preamble(_JPEG)
        + identifiers()
        + explicit(0x7FE00010, b"OB", delimiter(ITEM, _HUGE) + bytes(500), _UNDEFINED),
    )
    yield (
        "a name of 4 GiB",
        preamble(_IMPLICIT) + identifiers(implicit) + implicit(0x00100010, b"PN", bytes(500), _HUGE),
    )
    yield (
        "a big-endian value of 4 GiB",
        preamble(_BIG) + identifiers(explicit_big) + explicit_big(0x00211010, b"OB", bytes(500), _HUGE),
    )
    yield "meta information of 4 GiB", bytes(128) + b"DICM" + explicit(0x00020102, b"OB", bytes(500), _HUGE)


def _bottomless() -> Iterator[tuple[str, bytes]]:
    item = delimiter(ITEM, _UNDEFINED)
    ends = (delimiter(ITEM_END) + delimiter(SEQUENCE_END)) * _DEEP
    for name, syntax, element in (("", _EXPLICIT, explicit), ("implicit ", _IMPLICIT, implicit)):
        levels = (element(0x00400275, b"SQ", length=_UNDEFINED) + item) * _DEEP
        yield f"{name}sequences 10,000 deep", preamble(syntax) + identifiers(element) + levels + ends
        yield f"{name}sequences 10,000 deep without an end", preamble(syntax) + identifiers(element) + levels
    levels = (explicit(0x00211010, b"UN", length=_UNDEFINED) + item) * _DEEP
    yield "unknown values 10,000 deep", preamble() + identifiers() + levels + ends
    big_item = delimiter(ITEM, _UNDEFINED, ">")
    levels = (explicit_big(0x00400275, b"SQ", length=_UNDEFINED) + big_item) * _DEEP
    yield "big-endian sequences 10,000 deep", preamble(_BIG) + identifiers(explicit_big) + levels
    defined = b"".join(
        explicit(0x00400275, b"SQ", delimiter(ITEM, 20 * level + 12), 20 * level + 20)
        for level in range(_DEEP, -1, -1)
    )
    yield (
        "sequences of known length 10,000 deep",
        preamble() + identifiers() + defined + explicit(0x00400275, b"SQ"),
    )
    yield (
        "100,000 empty items",
        preamble()
        + identifiers()
        + explicit(0x00211010, b"SQ", delimiter(ITEM) * 100_000 + delimiter(SEQUENCE_END), _UNDEFINED),
    )


def _bad_identifiers() -> Iterator[tuple[str, bytes]]:
    values = {
        "with slashes": b"1.2/../../../3",
        "with backslashes": b"1.2\\..\\3",
        "with NULs": b"1.2\0.3",
        "of 10,000 characters": b"1." * 5000,
        "of dots": b"..",
        "with a line feed": b"1.2.3\n",
        "of other digits": "1.2.\u0663".encode(),
        "of spaces": b"   ",
    }
    for level in ("sop", "study", "series"):
        yield f"no {level} UID", preamble() + identifiers(**{level: None})  # type: ignore[arg-type]
        for name, value in values.items():
            yield f"a {level} UID {name}", preamble() + identifiers(**{level: value})  # type: ignore[arg-type]
    yield "a patient id of 60,000 characters", preamble() + identifiers(patient=b"X" * 60_000)
    yield "a patient id that is a path", preamble() + identifiers(patient=b"../../etc/passwd")
    yield "a patient id with NULs", preamble() + identifiers(patient=b"A\0B")
    yield "a transfer syntax that is no UID", preamble(b"../../x") + identifiers()
    yield (
        "a SOP class that is no UID",
        preamble(sop_class=b"../x") + identifiers().replace(_SECONDARY_CAPTURE, b"1.2.840/10008/5/1/4/1/1/7"),
    )


def _ambiguous() -> Iterator[tuple[str, bytes]]:
    start = preamble()
    other = make_uid("hostile", "other").encode()
    yield "two SOP instance UIDs", start + identifiers() + identifiers(sop=other)
    yield "odd lengths", start + explicit(0x00080018, b"UI", b"1.2.3") + identifiers(sop=None)
    yield "a delimiter outside a sequence", start + identifiers() + delimiter(ITEM_END) + bytes(range(200))
    yield (
        "a sequence of something else",
        start + identifiers() + explicit(0x00400275, b"SQ", bytes(range(100)), _UNDEFINED),
    )
    yield "a VR that does not exist", start + identifiers() + explicit(0x00211010, b"ZZ", bytes(10))
    yield "implicit elements declared explicit", start + identifiers(implicit)
    yield "explicit elements declared implicit", preamble(_IMPLICIT) + identifiers()
    yield "big-endian elements declared little", start + identifiers(explicit_big)
    yield (
        "a character set that does not exist",
        start + explicit(0x00080005, b"CS", b"KLINGON ") + identifiers(patient=b"\xe9\x1b$Q\xff"),
    )
    yield (
        "a series UID that is a number",
        start + identifiers(series=None) + explicit(0x0020000E, b"US", b"\1\0"),
    )
    yield "a patient id that is a sequence", start + identifiers() + explicit(0x00100020, b"SQ")
    yield "a DICOMDIR", preamble(sop_class=b"1.2.840.10008.1.3.10") + explicit(0x00041220, b"SQ")


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Deflate streams of one megabyte that inflate to one gigabyte."""
    start = preamble(_DEFLATED)
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    header = packer.compress(identifiers()) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.flush()
    claim = explicit(0x00211010, b"OB", length=1 << 30)
    packed_claim = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    claimed = packed_claim.compress(identifiers() + claim) + packed_claim.flush(zlib.Z_FULL_FLUSH)
    yield "a deflated gigabyte of zeros", start + block * 1024 + end
    yield "a deflated gigabyte after the identifiers", start + header + block * 1024 + end
    yield "a deflated value of a gigabyte", start + claimed + block * 1024 + end
    yield "deflated data cut short", start + header
    yield "deflated garbage", start + bytes(range(255, -1, -1)) * 10
