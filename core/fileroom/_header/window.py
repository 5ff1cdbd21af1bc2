"""A window that moves over the bytes of a DICOM object, so that reading a header needs little memory."""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from fileroom.errors import InvalidDatasetError

if TYPE_CHECKING:
    from collections.abc import Callable

HeaderSource: TypeAlias = "bytes | bytearray | memoryview | BinaryIO"
"""What a header can be read from: a buffer, or a seekable binary file from where it stands."""

CHUNK = 64 * 1024
"""The bytes that are read at a time."""

INFLATED_KEPT = 16 << 20
"""At most so many bytes of a deflated data set are kept: its header, with room to spare."""

INFLATED_CHECKED = 256 << 20
"""A deflated data set is inflated so far to see that it is whole; what is larger is believed to be."""

_UNKNOWN_SIZE = 1 << 62


class Window:
    """The stretch of a source that is in memory, and the means to move it.

    Attributes:
        buffer: the bytes in memory.
        base: the offset of the first of them in the source.
        size: the source's size in bytes.
    """

    __slots__ = ("_read", "base", "buffer", "size")

    def __init__(self, buffer: bytes, size: int, read: Callable[[int, int], bytes]) -> None:
        self.buffer = buffer
        self.base = 0
        self.size = size
        self._read = read

    @classmethod
    def over(cls, source: HeaderSource) -> Window:
        """Return a window at the start of a source.

        ``bytes`` are taken whole, as they are in memory anyway; anything else is read in pieces.

        Raises:
            OSError: the source could not be read.
        """
        if isinstance(source, bytes):
            return cls(source, len(source), _nothing_more)
        if isinstance(source, bytearray | memoryview):
            view = memoryview(source).cast("B")
            return cls(bytes(view[:CHUNK]), len(view), lambda at, length: bytes(view[at : at + length]))
        return cls._over_file(source)

    @classmethod
    def _over_file(cls, file: BinaryIO) -> Window:
        start = file.tell()
        size = max(0, file.seek(0, os.SEEK_END) - start)

        def read(at: int, length: int) -> bytes:
            file.seek(start + at)
            pieces = []
            while length and (piece := file.read(length)):
                pieces.append(piece)
                length -= len(piece)
            return b"".join(pieces)

        return cls(read(0, min(CHUNK, size)), size, read)

    def hold(self, at: int, length: int) -> bool:
        """Bring the bytes from ``at`` on into the buffer; False where the source ends before ``length``.

        Raises:
            OSError: the source could not be read.
        """
        if at + length > self.size:
            return False
        if at < self.base or at + length > self.base + len(self.buffer):
            self.buffer = self._read(at, min(max(length, CHUNK), self.size - at))
            self.base = at
        return at - self.base + length <= len(self.buffer)

    def take(self, at: int, length: int) -> bytes:
        """Return the bytes from ``at`` on, fewer than ``length`` only where the source ends."""
        length = max(0, min(length, self.size - at))
        self.hold(at, length)
        return self.buffer[at - self.base : at - self.base + length]

    def inflated(self, at: int) -> Window:
        """Return a window over what is deflated (RFC 1951) from ``at`` to the end; PS3.5 section A.5.

        Memory is bounded by `INFLATED_KEPT`, time by `INFLATED_CHECKED`, whatever the data claims.

        Raises:
            InvalidDatasetError: the data is damaged or ends too early.
        """
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        kept = bytearray()
        total = 0
        while not inflater.eof and total < INFLATED_CHECKED:
            pending = inflater.unconsumed_tail or self.take(at, CHUNK)
            at += 0 if inflater.unconsumed_tail else len(pending)
            try:
                piece = inflater.decompress(pending, 1 << 20)
            except zlib.error as error:
                raise InvalidDatasetError("damaged: the deflated data set cannot be inflated") from error
            if not pending and not piece:
                raise InvalidDatasetError("truncated: the deflated data set does not end")
            total += len(piece)
            kept += piece[: INFLATED_KEPT - len(kept)]
        size = total if inflater.eof else _UNKNOWN_SIZE
        return Window(bytes(kept), size, _nothing_more)


def _nothing_more(at: int, length: int) -> bytes:
    """Answer for a source that is in memory as far as it will ever be."""
    del at, length
    raise InvalidDatasetError(f"the header is larger than {INFLATED_KEPT >> 20} MiB when inflated")
