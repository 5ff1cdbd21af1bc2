"""Objects that are being read from the storage behind, and copied as they come.

The readers of one object share one `Fill`: whoever wants the next bytes fetches them, the others find them in
the copy. So an object is fetched once, nobody waits for more than the next piece, and no more than that is in
memory. A reader that jumps ahead reads from the storage behind by itself. The copy is kept if somebody read
all of it.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom_plugins.storage_cache.checked import CheckedFile
    from fileroom_plugins.storage_cache.copies import Copies

_PIECE = 1 << 18


class Fill:
    """One object on its way here.

    Args:
        fills: whose it is.
        locator: of the object.
        behind: opens the object in the storage behind.

    Attributes:
        size: of the object in bytes, once it is started.
        readers: how many have it open; guarded by ``fills``.
        wanted: whether the copy is to be kept; guarded likewise.
    """

    def __init__(self, fills: Fills, locator: str, behind: Callable[[], BinaryIO]) -> None:
        self.locator = locator
        self.size = 0
        self.readers = 0
        self.wanted = True
        self.copy = fills.copies.begin()
        self._fills = fills
        self._behind = behind
        self._file: BinaryIO | None = None
        self._error: Exception | None = None
        self._turn = threading.Lock()

    def start(self) -> None:
        """Open the object in the storage behind, unless another reader has.

        Raises:
            Exception: what that raised, also when it was for another reader.
        """
        with self._turn:
            if self._error is not None:
                raise self._error
            if self._file is None:
                try:
                    self._file = self._behind()
                    self.size = self._file.seek(0, os.SEEK_END)
                    self._file.seek(0)
                    self.copy.expect(self.size)
                except Exception as error:
                    self._error = error
                    raise

    def read_at(self, position: int, size: int) -> bytes | None:
        """Return some bytes from a position, fetching them if they are next."""
        if position >= self.copy.size:
            with self._turn:
                while position >= self.copy.size:
                    if self.copy.failed or position > self.copy.size + _PIECE:
                        return None
                    start = self.copy.size
                    piece = self._fetch()
                    if not piece:
                        return None
                    if position < start + len(piece):
                        return piece[position - start : position - start + size]
        try:
            return self.copy.read_at(position, size)
        except OSError:
            return None

    def close(self) -> None:
        """Leave it."""
        self._fills.leave(self)

    def finish(self) -> None:
        """Keep the copy, if it is whole and wanted. The last reader is gone."""
        if self._file is not None:
            self._file.close()
        if self.wanted and self._error is None and self.copy.size == self.size:
            self.copy.publish(self.locator)
        else:
            self.copy.discard()

    def _fetch(self) -> bytes:
        assert self._file is not None
        try:
            piece = self._file.read(min(_PIECE, self.size - self.copy.size))
        except Exception:
            self.copy.failed = True  # the others go on by themselves
            raise
        self.copy.write(piece)
        return piece


class Fills:
    """All objects that are on their way here.

    Args:
        copies: where they are copied to.
    """

    def __init__(self, copies: Copies) -> None:
        self.copies = copies
        self._under_way: dict[str, Fill] = {}
        self._lock = threading.Lock()

    def join(self, locator: str, behind: Callable[[], BinaryIO]) -> Fill | CheckedFile:
        """Return an object that is being fetched, by this reader or others; or its copy, if there is one.

        Raises:
            Exception: what ``behind`` raised.
        """
        with self._lock:
            fill = self._under_way.get(locator)
            if fill is None:
                if (copy := self.copies.find(locator)) is not None:
                    return copy
                fill = self._under_way[locator] = Fill(self, locator, behind)
            fill.readers += 1
        try:
            fill.start()
        except BaseException:
            self.leave(fill)
            raise
        return fill

    def leave(self, fill: Fill) -> None:
        """Count a reader less."""
        with self._lock:
            fill.readers -= 1
            if fill.readers:
                return
            if self._under_way.get(fill.locator) is fill:
                # Before anybody else looks, so that nobody fetches it a second time.
                del self._under_way[fill.locator]
                fill.finish()
                return
        fill.finish()

    def forget(self, locator: str) -> None:
        """Do not keep the copy of an object that is under way: it was deleted."""
        with self._lock:
            fill = self._under_way.pop(locator, None)
            if fill is not None:
                fill.wanted = False
