"""An attachment opened for reading and writing: what is written becomes one new version at the end."""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING, BinaryIO

from fileroom._attachments.overlay import Overlay
from fileroom._attachments.splicing import Splice
from fileroom.storage import CHUNK
from fileroom.windows import RangeFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from _typeshed import ReadableBuffer

_log = logging.getLogger("fileroom.attachments")
_BUFFER = 1 << 16  # bytes; small writes are joined to such pieces


class AttachmentFile(io.BufferedRandom):
    """A seekable binary file over an attachment's bytes.

    Reading shows what was written. `close` stores one new version, if anything was written. It is discarded
    instead, and the old version stays:

    - when its ``with`` block is left by an error;
    - when it is closed while an error is being handled that came up since it was opened, which the log tells.
      So `io.TextIOWrapper` and `contextlib.closing`, which close what they hold whatever happened, and a
      ``finally``, store nothing by halves. An ``except`` block that is to save what there is enters the file
      (``with file: pass``), or leaves closing it to what follows the block;
    - when it, or an `io.TextIOWrapper` around it, is dropped without having been closed.

    What was written lies in memory, and in a temporary file when it is more than that is good for.

    Args:
        base: the bytes beneath, seekable; closed with this file, or before the new version is committed.
        size: how many they are.
        store: makes a new version of a change.
    """

    def __init__(self, base: BinaryIO, size: int, store: Callable[[Splice], object]) -> None:
        self._overlay = Overlay(base, size)
        self._store = store
        self._pending = sys.exception()
        self._dropped = False
        super().__init__(_Overlaid(self._overlay), _BUFFER)

    def close(self) -> None:
        """Store what was written, and close the file, whether that succeeds or not; see above for errors.

        Raises:
            RevisionError: somebody else changed the attachment meanwhile; their version stays.
            FileroomError: the new version could not be stored; the old one stays.
        """
        failing = sys.exception()
        if self._dropped:
            self.discard()
        elif failing is None or failing is self._pending:
            self._commit()
        elif not self.closed:
            self.discard()
            _log.warning(
                "an attachment open for writing was closed because of an error (%s), and what was written to "
                "it was discarded",
                type(failing).__name__,
            )

    def _commit(self) -> None:
        if self.closed:
            return
        try:
            self.flush()
            change = self._overlay.change()
            if change is not None:
                start, length, end = change
                self._store(Splice(start, length, self._pieces(start, end)))
        finally:
            self.discard()

    def discard(self) -> None:
        """Close the file, and forget what was written."""
        self.raw.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, or after an error discard what was written."""
        if kind is None:
            self._commit()
        else:
            self.discard()

    def _dealloc_warn(self, source: object) -> None:
        """Note that a wrapper is dropped; `io.TextIOWrapper` says so before it closes what it holds."""
        del source
        self._dropped = True

    def __del__(self) -> None:
        """Discard: what nobody closed is not known to be complete."""
        self.discard()

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        for position in range(start, end, CHUNK):
            yield self._overlay.read(position, min(CHUNK, end - position))
        self._overlay.close()  # an open file cannot be deleted everywhere, and the old version is to be


class _Overlaid(RangeFile):
    """The overlay as a file with a position."""

    def __init__(self, overlay: Overlay) -> None:
        super().__init__(overlay.size)
        self._overlay = overlay

    def fetch(self, position: int, size: int) -> bytes:
        return self._overlay.read(position, size)

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        view = memoryview(data).cast("B")
        self._overlay.write(self._position, view)
        self._size = self._overlay.size
        self._position += len(view)
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        size = self._position if size is None else size
        if size < 0:
            raise ValueError(f"cannot cut to {size} bytes")
        self._overlay.truncate(size)
        self._size = self._overlay.size
        return size

    def close(self) -> None:
        self._overlay.close()
        super().close()
