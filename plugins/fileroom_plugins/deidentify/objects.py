"""DICOM files: what stands around a dataset (PS3.10 section 7)."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from fileroom.plugin import InvalidDatasetError, NotDicomError, NotSupportedError
from fileroom_plugins.deidentify.dictionary import KNOWN
from fileroom_plugins.deidentify.elements import (
    BIG,
    EXPLICIT,
    EXPLICIT_HEAD,
    IMPLICIT,
    IMPLICIT_HEAD,
    LONG,
    Element,
    Encoding,
    Items,
    text_element,
)
from fileroom_plugins.deidentify.reading import read_dataset
from fileroom_plugins.deidentify.writing import write_dataset
from fileroom_plugins.standard.vrs import LONG_VRS, SHORT_VRS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.deidentify.dictionary import DataDictionary
    from fileroom_plugins.deidentify.writing import Parts

IMPLEMENTATION_CLASS_UID = "2.25.185464268364271486912905176539410527361"
"""Says that Fileroom wrote the file (PS3.7 section D.3.3.2)."""

IMPLEMENTATION_VERSION = "FILEROOM"

LARGEST_INFLATED = 4 << 30
"""How many bytes a deflated dataset may have."""

_PIECE = 1 << 13  # which inflates to at most 8 MiB
_PREAMBLE = 128
_META_GROUP = 2
_IMPLICIT_LE, _EXPLICIT_LE, _EXPLICIT_BE = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
_DEFLATED = {"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}
_IMPLICIT = {_IMPLICIT_LE, "1.2.840.113619.5.2"}  # the latter is GE's, with big-endian pixels
_DIRECTORY = "1.2.840.10008.1.3.10"
_CLASS, _INSTANCE = 0x0008_0016, 0x0008_0018


@dataclass(slots=True)
class DicomObject:
    """One object.

    Attributes:
        items: its dataset.
        syntax: its transfer syntax UID.
        encoding: how the dataset is written.
    """

    items: Items
    syntax: str
    encoding: Encoding

    @property
    def sop_class(self) -> str:
        """The SOP Class UID, as `uid` has it."""
        return self.uid(_CLASS)

    def uid(self, tag: int) -> str:
        """Return the UID that an attribute of the dataset holds; empty where it is not there.

        Raises:
            InvalidDatasetError: what it holds is no UID.
        """
        return _uid(self.items, tag)


def read_object(data: bytes, dictionary: DataDictionary = KNOWN) -> DicomObject:
    """Read a DICOM file, or a dataset without the preamble or all the file meta information.

    Args:
        data: its bytes.
        dictionary: has the VRs of attributes without one.

    Raises:
        NotDicomError: the bytes are no DICOM at all.
        InvalidDatasetError: they are damaged.
        NotSupportedError: a media directory (DICOMDIR), which describes other files.
    """
    buffer = memoryview(data)
    start = _PREAMBLE + 4 if data[_PREAMBLE : _PREAMBLE + 4] == b"DICM" else 0
    if not start and not _may_begin(data):
        raise NotDicomError("no DICOM object" if data else "no DICOM object: there are no bytes")
    try:
        meta, at = _read_meta(buffer, start)
    except struct.error:
        _fail("the file meta information is cut short")
    syntax = _uid(meta, 0x0002_0010)
    if _uid(meta, 0x0002_0002) == _DIRECTORY:
        raise NotSupportedError("a DICOMDIR describes other files, and is not de-identified")
    if syntax in _DEFLATED:
        buffer, at = memoryview(_inflated(buffer[at:])), 0
    if len(buffer) == at:
        _fail("there is no dataset")
    syntax, encoding = _encoding(buffer[at : at + 6].tobytes(), syntax)
    return DicomObject(read_dataset(buffer, at, encoding, dictionary), syntax, encoding)


def write_object(found: DicomObject) -> bytes:
    """Return an object as a DICOM file, with a preamble of zeros, and without what its meta information said.

    Raises:
        InvalidDatasetError: it has no SOP Class UID or SOP Instance UID.
    """
    sop_class, instance = found.sop_class, found.uid(_INSTANCE)
    if not (sop_class and instance):
        _fail("it has no SOP Class UID, or no SOP Instance UID")
    meta: Items = {
        0x0002_0001: Element("OB", b"\0\1"),
        0x0002_0002: text_element("UI", sop_class),
        0x0002_0003: text_element("UI", instance),
        0x0002_0010: text_element("UI", found.syntax),
        0x0002_0012: text_element("UI", IMPLEMENTATION_CLASS_UID),
        0x0002_0013: text_element("SH", IMPLEMENTATION_VERSION),
    }
    head = write_dataset(meta, EXPLICIT)
    length = struct.pack("<HH2sHI", _META_GROUP, 0, b"UL", 4, sum(map(len, head)))
    file = io.BytesIO()
    file.writelines((bytes(_PREAMBLE), b"DICM", length, *head))
    parts = write_dataset(found.items, found.encoding)
    if found.syntax in _DEFLATED:
        _deflate(parts, file)
    else:
        file.writelines(parts)
    return file.getvalue()


def _fail(what: str) -> NoReturn:
    raise InvalidDatasetError(f"damaged: {what}; nothing of this object was passed on")


def _may_begin(data: bytes) -> bool:
    """Say whether bytes without a preamble begin as a dataset does: with a low attribute of group 2 or 8."""
    return any(
        len(data) >= 8 and head(data)[0] in {_META_GROUP, 8} and head(data)[1] <= 0x20  # noqa: PLR2004
        for head in (IMPLICIT_HEAD["<"].unpack_from, IMPLICIT_HEAD[">"].unpack_from)
    )


def _read_meta(buffer: memoryview, at: int) -> tuple[Items, int]:
    """Read group 0002, in explicit VR as it should be, or in implicit VR as some writers have it."""
    meta: Items = {}
    while at < len(buffer):
        group, element, code, length = EXPLICIT_HEAD["<"].unpack_from(buffer, at)
        if group != _META_GROUP:
            break
        vr = code.decode("latin-1")
        if vr in SHORT_VRS:
            at += 8
        elif vr in LONG_VRS:
            (length,) = LONG["<"].unpack_from(buffer, at + 8)
            at += 12
        else:
            (length,) = LONG["<"].unpack_from(buffer, at + 4)
            at += 8
        if at + length > len(buffer):
            _fail("the file meta information is cut short")
        meta[group << 16 | element] = Element(vr, buffer[at : at + length])
        at += length
    return meta, at


def _uid(items: Items, tag: int) -> str:
    if tag not in items:
        return ""
    uid = items[tag].data.decode("latin-1").strip(" \0")
    if uid.strip("0123456789."):
        _fail("a UID has other characters than digits and dots")
    return uid


def _encoding(head: bytes, syntax: str) -> tuple[str, Encoding]:
    """Return the transfer syntax and encoding of a dataset by what is said of it, and by what it looks like.

    Files whose meta information contradicts them are not rare, and readers go by the first attribute. Where a
    VR would stand are two capital letters, or else the low half of a length of more than 16,000.
    """
    explicit = head[4:6].isalpha() and head[4:6].isupper()
    if syntax == _EXPLICIT_BE or (not syntax and not head[0] and explicit):
        return _EXPLICIT_BE, BIG
    if explicit:
        return (_EXPLICIT_LE if not syntax or syntax in _IMPLICIT else syntax), EXPLICIT
    if not syntax or syntax == _EXPLICIT_LE:
        syntax = _IMPLICIT_LE
    if syntax not in _IMPLICIT:
        _fail("its attributes have no VR, which its transfer syntax demands")
    return syntax, IMPLICIT


def _inflated(data: memoryview) -> bytearray:
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    inflated = bytearray()
    try:
        for piece in _pieces(data):
            inflated += unpacker.decompress(piece, LARGEST_INFLATED + 1 - len(inflated))
            if unpacker.eof or len(inflated) > LARGEST_INFLATED:
                break
    except zlib.error as error:
        raise InvalidDatasetError("damaged: the deflated dataset cannot be read") from error
    if not unpacker.eof or len(inflated) > LARGEST_INFLATED:
        _fail("the deflated dataset does not end, or is too large")
    return inflated


def _deflate(parts: Parts, file: BinaryIO) -> None:
    start = file.tell()
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    for part in parts:
        file.writelines(packer.compress(piece) for piece in _pieces(memoryview(part)))
    file.write(packer.flush())
    file.write(b"\0" * ((file.tell() - start) % 2))


def _pieces(data: memoryview) -> Iterator[memoryview]:
    """Yield data piece by piece: zlib would hold what it makes of all of it twice."""
    return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))
