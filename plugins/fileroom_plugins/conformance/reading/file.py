"""A DICOM file (PS3.10): preamble, file meta information and the data set."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import NotDicomError
from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.reading.elements import Element, Level
from fileroom_plugins.conformance.reading.headers import LONGEST, Encoding, read_header
from fileroom_plugins.conformance.reading.source import Bytes
from fileroom_plugins.conformance.reading.walking import MAX_VALUE, Walker, check_padding
from fileroom_plugins.conformance.values.uids import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.standard.definitions import Uid

MAX_INFLATED = 64 << 20
"""Bytes of a deflated data set that are looked at; the rest is not checked."""

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95"})
_GE_PRIVATE = "1.2.840.113619.5.2"  # implicit VR little endian, but for the pixels

_PREAMBLE = 128
_GROUPS_AT_START = frozenset({0x0002, 0x0004, 0x0008, 0x0009, 0x0010})


@dataclass(slots=True)
class Reading:
    """What was read of an object.

    Attributes:
        dataset: the data set.
        meta: the file meta information; without elements where there is none.
        syntax: UID of the transfer syntax that it was read in.
        encoding: what that is.
        is_complete: whether all elements could be read.
    """

    dataset: Level
    meta: Level = field(default_factory=Level)
    syntax: str = ""
    encoding: Encoding = field(default_factory=lambda: Encoding(explicit=False))
    is_complete: bool = True


def read(file: BinaryIO, findings: Findings, *, is_file: bool = True) -> Reading:
    """Read an object, element by element.

    Args:
        file: its bytes.
        findings: what is wrong with its encoding goes here.
        is_file: whether a file is expected; else a data set without file meta information will do.

    Raises:
        NotDicomError: the bytes are not DICOM.
    """
    data = Bytes(file)
    at = _PREAMBLE + 4 if data.take(_PREAMBLE, 4) == b"DICM" else 0
    guessed = _guess(data, at)
    if guessed is None:
        raise NotDicomError("this is no DICOM file: it begins with no data element")
    reading = Reading(Level())
    if not at and is_file:
        findings.add(rules.FILE_NO_META)
    at = _read_meta(data, at, reading, findings)
    declared = _declared(reading.meta)
    if declared in DEFLATED:
        data, at = _inflated(data, at, findings), 0
    reading.encoding = _encoding(data, at, declared, findings)
    reading.syntax = declared or _syntax_of(reading.encoding)
    reading.dataset.big = reading.encoding.big
    walker = Walker(data, findings)
    reading.is_complete = walker.walk(reading.dataset, at, data.size, reading.encoding)
    return reading


def _declared(meta: Level) -> str:
    element = meta.elements.get(0x0002_0010)
    return element.value.decode("ascii", "replace").strip(" \0") if element else ""


def _guess(data: Bytes, at: int) -> Encoding | None:
    """Return how the element at an offset is written, None where there is none."""
    head = data.take(at, LONGEST)
    if len(head) < 8:  # noqa: PLR2004 - a tag and a length
        return None
    little = int.from_bytes(head[:2], "little") in _GROUPS_AT_START
    big = int.from_bytes(head[:2], "big") in _GROUPS_AT_START
    if not little and not big:
        return None
    return Encoding(explicit=head[4:6].isalpha() and head[4:6].isupper(), big=not little)


def _encoding(data: Bytes, at: int, declared: str, findings: Findings) -> Encoding:
    """Return how the data set is written: as it says, or as its first element shows."""
    seen = _guess(data, at)
    if not declared:
        return seen or Encoding(explicit=True)
    expected = _expected(declared, findings.dictionary.uids)
    if seen is None or seen == expected or _is_exception(data, at, expected):
        return expected
    findings.add(rules.FILE_SYNTAX, None, 0x0002_0010, f"the data set is in {_words(seen)}")
    return seen


def _expected(syntax: str, uids: Mapping[str, Uid]) -> Encoding:
    own = uids.get(syntax)
    if own is not None and own.is_transfer_syntax and not kind_of(syntax):
        return Encoding(own.explicit_vr, not own.little_endian)
    return Encoding(syntax not in {IMPLICIT_LITTLE, _GE_PRIVATE}, syntax == EXPLICIT_BIG)


def _is_exception(data: Bytes, at: int, expected: Encoding) -> bool:
    """Return whether the second element is written as expected, and the first alone is not."""
    first = read_header(data.take(at, LONGEST), expected)
    if first is None or first.length > MAX_VALUE:
        return False
    second = _guess(data, at + first.size + first.length)
    return second == expected


def _words(encoding: Encoding) -> str:
    return (
        f"{'explicit' if encoding.explicit else 'implicit'} VR {'big' if encoding.big else 'little'} endian"
    )


def _syntax_of(encoding: Encoding) -> str:
    if encoding.big:
        return EXPLICIT_BIG
    return EXPLICIT_LITTLE if encoding.explicit else IMPLICIT_LITTLE


def _read_meta(data: Bytes, at: int, reading: Reading, findings: Findings) -> int:
    """Read the elements of group 0002; return the offset of the data set."""
    encoding = Encoding(explicit=True)
    first = _guess(data, at)
    if first is not None and not first.explicit and data.take(at, 2) == b"\2\0":
        findings.add(rules.FILE_META_ENCODING)
        encoding = Encoding(explicit=False)
    start = end = -1
    while data.take(at, 2) == b"\2\0":
        header = read_header(data.take(at, LONGEST), encoding)
        if header is None or header.length > min(MAX_VALUE, data.size - at - header.size):
            findings.add(rules.TRUNCATED, None, 0, "within the file meta information")
            return data.size
        value = data.take(at + header.size, header.length)
        at += header.size + header.length
        element = Element(header.tag, header.vr or "UN", header.length, value)
        reading.meta.elements[header.tag] = element
        check_padding(element, reading.meta, findings)
        if header.tag == 0x0002_0000 and len(value) == 4:  # noqa: PLR2004 - UL
            start, end = at, at + int.from_bytes(value, "little")
    if reading.meta.elements and end != at:
        text = "there is none" if start < 0 else f"{end - start} instead of {at - start} bytes"
        findings.add(rules.FILE_META_LENGTH, None, 0x0002_0000, text)
    return at


def _inflated(data: Bytes, at: int, findings: Findings) -> Bytes:
    """Return the data set that was deflated (PS3.5 section A.5), as much of it as is looked at."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = io.BytesIO()
    try:
        while not inflater.eof and plain.tell() < MAX_INFLATED:
            piece = inflater.unconsumed_tail
            if not piece:
                piece = data.take(at, MAX_VALUE)
                at += len(piece)
            if not piece:
                break
            plain.write(inflater.decompress(piece, MAX_VALUE))
    except zlib.error:
        findings.add(rules.TRUNCATED, None, 0, "the deflated data set is damaged")
    if plain.tell() >= MAX_INFLATED:
        findings.add(rules.FILE_LARGE, None, 0, f"more than {MAX_INFLATED >> 20} MiB are deflated in it")
    plain.seek(0)
    return Bytes(plain)
