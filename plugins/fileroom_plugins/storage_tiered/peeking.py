"""Reading as much of a source as is needed to tell its tier, and keeping that to be read once more."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import CHUNK, StorageError, buffers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    from fileroom.plugin import Source

IN_MEMORY = 8 << 20
"""So many bytes of a source are kept in memory, the others in a temporary file without a name."""


class Peeked:
    """A source of which the beginning was read.

    Args:
        source: what to read.
        bound: stop when there are more bytes than that.
        files: closes the temporary file, if one is needed, when the source is done with.

    Attributes:
        size: how many bytes were read: all there are, or more than ``bound``.
        held: how many of them are in memory.
        ended: whether the source was read to its end, and holds nothing open any more.

    Raises:
        StorageError: there is no room for a temporary file.
        Exception: whatever reading the source raised.
    """

    def __init__(self, source: Source, bound: int, files: ExitStack) -> None:
        self.size = self.held = 0
        self.ended = False
        self._pieces = buffers(source)
        self._head: list[bytes] = []
        self._more: BinaryIO | None = None
        for piece in self._pieces:
            self._keep(bytes(piece), files)  # a copy, unless it is one: the source may use its buffer again
            if self.size > bound:
                return
        self.ended = True

    def __iter__(self) -> Iterator[bytes]:
        """Yield all bytes, once."""
        head, self._head = self._head, []
        yield from head
        del head
        if self._more is not None:
            self._more.seek(0)
            while piece := self._more.read(CHUNK):
                yield piece
        yield from self._pieces  # type: ignore[misc]  # buffers

    def _keep(self, piece: bytes, files: ExitStack) -> None:
        self.size += len(piece)
        if self._more is None and self.held < IN_MEMORY:
            self._head.append(piece)
            self.held += len(piece)
            return
        try:
            if self._more is None:
                self._more = tempfile.TemporaryFile(prefix="fileroom-")  # noqa: SIM115 - closed by the next line
                files.callback(self._more.close)
            self._more.write(piece)
        except OSError as error:
            raise StorageError(
                f"storage: no temporary file for an object whose size decides on its tier "
                f"({error.strerror or type(error).__name__}): make room in {tempfile.gettempdir()}, or name "
                "smaller sizes in [[storage.rules]]"
            ) from error
