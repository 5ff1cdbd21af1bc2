"""The attributes of an image, and where its pixels lie, read without the pixels themselves."""

from __future__ import annotations

import io
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.fileutil import read_undefined_length_value
from pydicom.tag import SequenceDelimiterTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.wholeness import check_whole

if TYPE_CHECKING:
    from pydicom import Dataset

LARGEST = 256 << 20
"""How many bytes a frame, or a deflated object, may have; a film of 10,000 by 10,000 pixels has 200 MB."""

PIXELS = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00010: "PixelData",
}
"""The elements that hold pixels (PS3.3 sections C.7.6.3 and C.7.6.24 to C.7.6.25), by tag."""

NATIVE = frozenset(
    {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
)
"""The transfer syntaxes whose pixels are not encapsulated."""

VIDEO = frozenset(f"1.2.840.10008.1.2.4.{number}{more}" for number in range(100, 109) for more in ("", ".1"))
"""MPEG-2, H.264 and HEVC, whole or in fragments (PS3.5 sections 8.2.5 to 8.2.8 and 8.2.11)."""

LONG = 1 << 20
"""Values of more bytes are read only where there are pixels."""

_UNDEFINED = 0xFFFFFFFF
_PREAMBLE = 128
_META_ELEMENTS = 64
_PART = 1 << 13  # which inflates to at most 8 MiB
_LONG_VRS = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV"}


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixels lie.

    Attributes:
        keyword: ``PixelData``, ``FloatPixelData`` or ``DoubleFloatPixelData``.
        vr: the element's value representation; ``OW`` where it is implicit.
        start: the position of its value in the source.
        length: of its value in bytes; None for one that is encapsulated (PS3.5 section A.4).
    """

    keyword: str
    vr: str
    start: int
    length: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """An image without its pixels.

    Attributes:
        source: what the positions are of: the object's file, or a copy in memory where it was deflated.
        size: the bytes that it has.
        dataset: the attributes up to the pixels.
        syntax: the transfer syntax.
        pixels: where the pixels lie.
    """

    source: BinaryIO
    size: int
    dataset: Dataset
    syntax: UID
    pixels: PixelElement

    @property
    def encapsulated(self) -> bool:
        """Whether the pixels are said to be encapsulated (PS3.5 section A.4)."""
        return self.syntax not in NATIVE

    def read(self, start: int, length: int) -> bytes:
        """Return bytes of the source.

        Raises:
            InvalidDatasetError: it ends before.
        """
        if start + length > self.size:
            raise InvalidDatasetError("the pixel data is cut off: the object ends before it does")
        self.source.seek(start)
        data = self.source.read(length)
        if len(data) != length:
            raise InvalidDatasetError("the pixel data is cut off: the object ends before it does")
        return data


def read_header(source: BinaryIO) -> Header:
    """Read an object up to its pixels.

    An object without file meta information is read as what it looks like; a deflated one is inflated in
    memory, up to `LARGEST`.

    Raises:
        NotSupportedError: it is no image, has no pixels, or inflates to more than that.
        NotDicomError: it is no DICOM.
        InvalidDatasetError: it is damaged; in particular, it is cut off before its pixels.
    """
    with damage("reading the header"):
        deflated = inflated(source)
        if deflated is not None:
            source, syntax = deflated, DeflatedExplicitVRLittleEndian
        source.seek(0)
        dataset = pydicom.dcmread(source, force=True, stop_before_pixels=True, defer_size=LONG)
        position = source.tell()
        pixels = None if "SOPClassUID" not in dataset else _pixel_element(source, position, dataset)
        if pixels is None:
            check_whole(dataset, source)
        if "Rows" not in dataset or "Columns" not in dataset:
            raise NotSupportedError("the object is no image")
        if pixels is None:
            raise NotSupportedError("the object has no pixel data")
        if deflated is None:
            syntax = _transfer_syntax(dataset)
        for raw in deferred(dataset):  # only now, since an object without pixels may have nothing but these
            read_deferred(dataset, raw, source)
        return Header(source, source.seek(0, os.SEEK_END), dataset, syntax, pixels)


def header_of(dataset: Dataset) -> Header:
    """Return the header of a dataset in memory, whose pixels are read where they are.

    Raises:
        NotSupportedError: it is no image, or has no pixels.
    """
    if "Rows" not in dataset or "Columns" not in dataset:
        raise NotSupportedError("the object is no image")
    with damage("reading the header"):
        for keyword in PIXELS.values():
            if keyword not in dataset:
                continue
            element = dataset[keyword]
            value = element.value
            source = value if hasattr(value, "read") else io.BytesIO(value or b"")
            size = source.seek(0, os.SEEK_END)
            syntax = _transfer_syntax(dataset)
            length = size if syntax in NATIVE else None
            return Header(source, size, dataset, syntax, PixelElement(keyword, element.VR, 0, length))
    raise NotSupportedError("the object has no pixel data")


def inflated(source: BinaryIO) -> BinaryIO | None:
    """Return what follows the file meta information, inflated; None unless the object is deflated."""
    if not (start := _start_of_deflated(source)):
        return None
    source.seek(start)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = io.BytesIO()
    while not inflater.eof and (data := source.read(_PART)):
        plain.write(inflater.decompress(data, LARGEST - plain.tell() + 1))
        if plain.tell() > LARGEST:
            raise NotSupportedError(f"the object inflates to more than {LARGEST >> 20} MiB")
    return plain


def deferred(dataset: Dataset) -> list[RawDataElement]:
    """Return the elements that pydicom did not read, since they are longer than `LONG`."""
    found = (cast("object", dataset.get_item(tag, keep_deferred=True)) for tag in tuple(dataset.keys()))
    return [one for one in found if isinstance(one, RawDataElement) and one.value is None and one.length]


def read_deferred(dataset: Dataset, raw: RawDataElement, source: BinaryIO) -> None:
    """Give a dataset the value of an element, from where it was read before."""
    source.seek(raw.value_tell)
    if raw.length == _UNDEFINED:
        value = read_undefined_length_value(source, raw.is_little_endian, SequenceDelimiterTag)
    else:
        value = source.read(raw.length)
    dataset[raw.tag] = raw._replace(value=value)


def _start_of_deflated(source: BinaryIO) -> int:
    """Return where the deflated part starts; 0 unless the file meta information says that there is one.

    pydicom would inflate whatever is there, without any bound.
    """
    source.seek(_PREAMBLE)
    if source.read(4) != b"DICM":
        return 0
    deflated = False
    for _ in range(_META_ELEMENTS):
        position = source.tell()
        head = source.read(8)
        if head[:2] != b"\2\0":
            return position if deflated else 0
        if head[4:6] in _LONG_VRS:
            length = int.from_bytes(source.read(4), "little")
        else:
            length = int.from_bytes(head[6:], "little")
        if head[2:4] == b"\x10\0":
            deflated = source.read(length).rstrip(b"\0 ") == DeflatedExplicitVRLittleEndian.encode()
        else:
            source.seek(length, os.SEEK_CUR)
    return 0


def _transfer_syntax(dataset: Dataset) -> UID:
    """Return the transfer syntax; without file meta information, the one the object was read with."""
    meta = getattr(dataset, "file_meta", None)
    if meta is not None and (syntax := meta.get("TransferSyntaxUID")):
        return UID(syntax)
    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRBigEndian if little is False else ExplicitVRLittleEndian


def _pixel_element(source: BinaryIO, position: int, dataset: Dataset) -> PixelElement | None:
    """Read the element's head, which stands where pydicom stopped; None where it read to the end."""
    source.seek(position)
    head = source.read(8)
    implicit, little = dataset.original_encoding
    order: Literal["little", "big"] = "little" if little is not False else "big"
    group, element = int.from_bytes(head[:2], order), int.from_bytes(head[2:4], order)
    keyword = PIXELS.get(group << 16 | element)
    if len(head) < 8 or keyword is None:  # noqa: PLR2004 - tag and length
        return None
    if implicit or not head[4:6].isalpha():  # some objects mix both
        vr, length = "OW", int.from_bytes(head[4:], order)
    else:
        vr, length = head[4:6].decode("latin-1"), int.from_bytes(source.read(4), order)
    return PixelElement(keyword, vr, source.tell(), None if length == _UNDEFINED else length)
