"""What headers are read from: bytes, paths, open files, pydicom's data sets."""

from __future__ import annotations

import io
import os
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Protocol, runtime_checkable

from fileroom.plugin import InvalidDatasetError, opened_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.plugin import ObjectSource

CHUNK = 64 * 1024
"""The bytes that are read at a time: nearly every header is shorter."""

_PIECE = 1 << 13  # which inflates to at most 8 MiB

INFLATED = 256 << 20
"""A deflated data set that becomes larger than this is refused: it is a bomb, or nothing for memory."""


@runtime_checkable
class Dataset(Protocol):
    """A data set of pydicom's, or what writes itself as one does."""

    def save_as(self, file: BinaryIO, /) -> None:
        """Write it as a DICOM file."""


class Octets:
    """The bytes of an object, of which the stretch in use is in memory.

    Attributes:
        buffer: the bytes in memory.
        base: the offset of the first of them.
        size: of the whole object, in bytes.
    """

    __slots__ = ("_file", "_start", "base", "buffer", "size")

    def __init__(self, data: bytes = b"", file: BinaryIO | None = None) -> None:
        self.base = 0
        self._file = file
        if file is None:
            self._start = 0
            self.buffer = data
            self.size = len(data)
        else:
            self._start = file.tell()
            self.size = max(0, file.seek(0, os.SEEK_END) - self._start)
            self.buffer = self._read(0, min(CHUNK, self.size))

    def hold(self, offset: int, length: int) -> bool:
        """Bring bytes into the buffer; False where the object ends before them."""
        if offset + length > self.size:
            return False
        if offset < self.base or offset + length > self.base + len(self.buffer):
            self.buffer = self._read(offset, min(max(length, CHUNK), self.size - offset))
            self.base = offset
        return offset - self.base + length <= len(self.buffer)

    def exactly(self, offset: int, length: int) -> bytes:
        """Return bytes, all of them.

        Raises:
            InvalidDatasetError: the object ends before them.
        """
        if offset + length > self.size:
            raise cut_short()
        at = offset - self.base
        if at >= 0 and at + length <= len(self.buffer):
            return self.buffer[at : at + length]
        data = self._read(offset, length)
        if len(data) < length:
            raise cut_short()
        return data

    def inflated(self, offset: int) -> Octets:
        """Return these bytes with those from an offset on inflated (PS3.5 section A.5).

        Raises:
            InvalidDatasetError: they are damaged, or more than `INFLATED`.
        """
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        whole = io.BytesIO()
        whole.write(self.exactly(0, offset))
        most = offset + INFLATED
        while not inflater.eof and (piece := self.exactly(offset, min(_PIECE, self.size - offset))):
            offset += len(piece)
            try:
                whole.write(inflater.decompress(piece, most + 1 - whole.tell()))
            except zlib.error as error:
                raise InvalidDatasetError("damaged: the deflated data set cannot be inflated") from error
            if whole.tell() > most:
                raise InvalidDatasetError(
                    f"refused: the deflated data set is larger than {INFLATED >> 20} MiB"
                )
        if not inflater.eof:
            raise InvalidDatasetError("truncated: the deflated data set does not end")
        return Octets(whole.getvalue())

    def _read(self, offset: int, length: int) -> bytes:
        if self._file is None:
            return self.buffer[offset : offset + length]
        self._file.seek(self._start + offset)
        pieces = []
        while length and (piece := self._file.read(length)):
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)


@contextmanager
def opened(source: ObjectSource) -> Iterator[Octets]:
    """Give the bytes of an object while they are needed; a file that was open stays open.

    Raises:
        NotFoundError: there is no such file, or it cannot be read.
        InvalidDatasetError: pydicom cannot write the data set.
        InvalidValueError: the source is none of those that are known.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        yield Octets(bytes(source))
    elif isinstance(source, Dataset):
        yield Octets(_written(source))
    else:
        with opened_source(source) as file:
            yield Octets(file=file)


def _written(dataset: Dataset) -> bytes:
    file = io.BytesIO()
    try:
        dataset.save_as(file)
    except Exception as error:
        # pydicom raises whatever the values that were put into a data set lead to.
        raise InvalidDatasetError(f"the data set cannot be written ({type(error).__name__})") from error
    return file.getvalue()


def cut_short() -> InvalidDatasetError:
    """Return the error of an object in which a value reaches beyond the end."""
    return InvalidDatasetError("truncated: a value reaches beyond the end of what holds it")
