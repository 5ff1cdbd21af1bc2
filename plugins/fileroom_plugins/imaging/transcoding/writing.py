"""Writing an object part by part, so that its frames are never in memory together."""

from __future__ import annotations

import zlib
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO, Protocol

from pydicom.charset import default_encoding
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydicom.dataset import Dataset
    from pydicom.uid import UID

CHUNK = 1 << 20
"""Bytes that are copied at once."""

_LARGEST_OFFSET = 0xFFFFFFFF
_UNDEFINED = b"\xff\xff\xff\xff"
_ITEM = b"\xfe\xff\x00\xe0"
_END = b"\xfe\xff\xdd\xe0\0\0\0\0"
_LARGEST_LENGTH = 0xFFFFFFFE


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


class Deflating:
    """A sink that passes on what it is given deflated (PS3.5 section A.5)."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self._length = 0

    def write(self, data: bytes) -> None:
        """Take bytes."""
        self._pass_on(self._deflater.compress(data))

    def finish(self) -> None:
        """Pass on what is left, and a byte more where there would be an odd number."""
        self._pass_on(self._deflater.flush())
        if self._length % 2:
            self._pass_on(b"\0")

    def _pass_on(self, data: bytes) -> None:
        self._length += len(data)
        self._sink.write(data)


def write_object(
    sink: Sink, meta: Dataset, parts: tuple[Dataset, Iterable[bytes], Dataset], syntax: UID
) -> None:
    """Write a DICOM file.

    Args:
        sink: where to.
        meta: file meta information; the transfer syntax and the UIDs in it are corrected.
        parts: attributes before the pixels; the whole element of the pixels, encoded; attributes after it.
        syntax: the transfer syntax.
    """
    before, pixels, after = parts
    sink.write(bytes(128) + b"DICM" + _encoded_meta(meta, before, syntax))
    body: Sink = sink
    if syntax == DeflatedExplicitVRLittleEndian:
        body = Deflating(sink)
    body.write(encoded(before, syntax))
    for data in pixels:
        body.write(data)
    if len(after):
        body.write(encoded(after, syntax))
    if isinstance(body, Deflating):
        body.finish()


def encoded(dataset: Dataset, syntax: UID, character_set: str | list[str] | None = None) -> bytes:
    """Return attributes as they stand in a file of a little-endian transfer syntax.

    Args:
        dataset: the attributes.
        syntax: the transfer syntax.
        character_set: Specific Character Set, where it is not among them.
    """
    buffer = DicomBytesIO()
    buffer.is_little_endian = True
    buffer.is_implicit_VR = syntax == ImplicitVRLittleEndian
    write_dataset(buffer, dataset, character_set or default_encoding)
    return buffer.getvalue()


def native_element(tag: int, vr: str, length: int, data: Iterable[bytes], syntax: UID) -> Iterator[bytes]:
    """Yield an element whose value is not compressed, padded to an even length."""
    if length + length % 2 > _LARGEST_LENGTH:
        raise OverflowError(
            "the pixels take more than 4 GiB, which no element that is not compressed can hold"
        )
    yield _head(tag, vr, (length + length % 2).to_bytes(4, "little"), syntax)
    yield from data
    if length % 2:
        yield b"\0"


def encapsulated_element(frames: BinaryIO, lengths: Sequence[int]) -> Iterator[bytes]:
    """Yield pixel data of compressed frames: a basic offset table, and one fragment a frame.

    Args:
        frames: the frames one after the other, each padded to an even length.
        lengths: of these.
    """
    offsets = frame_offsets(lengths)
    table = b"" if offsets[-1] > _LARGEST_OFFSET else b"".join(one.to_bytes(4, "little") for one in offsets)
    yield b"\xe0\x7f\x10\x00OB\0\0" + _UNDEFINED
    yield _ITEM + len(table).to_bytes(4, "little") + table
    frames.seek(0)
    for length in lengths:
        yield _ITEM + length.to_bytes(4, "little")
        left = length
        while left:
            data = frames.read(min(left, CHUNK))
            left -= len(data)
            yield data
    yield _END


def set_offset_table(dataset: Dataset, lengths: Sequence[int]) -> None:
    """Put the extended offset table (PS3.3 section C.7.6.3.1.8) where the basic one is too small."""
    offsets = frame_offsets(lengths)
    if offsets[-1] > _LARGEST_OFFSET:
        dataset.ExtendedOffsetTable = b"".join(one.to_bytes(8, "little") for one in offsets)
        dataset.ExtendedOffsetTableLengths = b"".join(one.to_bytes(8, "little") for one in lengths)


def frame_offsets(lengths: Sequence[int]) -> list[int]:
    """Return where frames of these lengths start, counted from the first one's item."""
    return [0, *accumulate(8 + length for length in lengths[:-1])]


def _head(tag: int, vr: str, length: bytes, syntax: UID) -> bytes:
    start = (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")
    return start + (b"" if syntax == ImplicitVRLittleEndian else vr.encode() + b"\0\0") + length


def _encoded_meta(meta: Dataset, dataset: Dataset, syntax: UID) -> bytes:
    corrected = FileMetaDataset()
    corrected.update(meta)
    corrected.TransferSyntaxUID = syntax
    corrected.MediaStorageSOPClassUID = dataset.SOPClassUID
    corrected.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = DicomBytesIO()
    write_file_meta_info(buffer, corrected, enforce_standard=True)
    return buffer.getvalue()
