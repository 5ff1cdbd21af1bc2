"""An open object: read here as far as it is here, and from the storage behind for the rest."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

BUFFER = 1 << 16


class Here(Protocol):
    """What is here of an object.

    Attributes:
        size: of the whole object, in bytes.
    """

    size: int

    def read_at(self, position: int, size: int) -> bytes | None:
        """Return bytes from a position, at least one and at most so many; None if they are not to be had."""

    def close(self) -> None:
        """Let go of it; once."""


class OpenObject(io.RawIOBase):
    """Bytes ``start`` to ``end`` of an object, read as if they were the whole file.

    It has a position of its own, holds nothing, and is not thread-safe. Wrap it into an `io.BufferedReader`.

    Args:
        here: what is here of the object; closed with this.
        start: offset of the first byte.
        end: offset after the last; not past the end of the object.
        behind: opens the object in the storage behind, for what is not here.
    """

    name = ""  # pydicom asks a buffered reader for it

    def __init__(self, here: Here, start: int, end: int, behind: Callable[[], BinaryIO]) -> None:
        self._here = here
        self._start = start
        self._size = end - start
        self._position = 0
        self._open_behind = behind
        self._behind: BinaryIO | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read into a buffer; return how many bytes there were."""
        view = memoryview(buffer).cast("B")
        data = self._take(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """Read to the end at once; the inherited way reads 8 KiB at a time."""
        pieces = []
        while piece := self._take(self._size):
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move, past the end too, and return the new position.

        Raises:
            ValueError: it would be negative.
        """
        self._check_open()
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}
        if whence not in bases or bases[whence] + offset < 0:
            raise ValueError(f"cannot seek by {offset} from {whence}")
        self._position = bases[whence] + offset
        return self._position

    def tell(self) -> int:
        """Return the position, counted from the start of the range."""
        self._check_open()
        return self._position

    def close(self) -> None:
        """Let go of both."""
        if not self.closed:
            self._here.close()
            if self._behind is not None:
                self._behind.close()
        super().close()

    def _take(self, size: int) -> bytes:
        self._check_open()
        size = min(size, self._size - self._position)
        if size <= 0:
            return b""
        position = self._start + self._position
        data = self._here.read_at(position, size)
        if data is None:
            if self._behind is None:
                self._behind = self._open_behind()
            self._behind.seek(position)
            data = self._behind.read(size)
        self._position += len(data)
        return data

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the file is closed")
