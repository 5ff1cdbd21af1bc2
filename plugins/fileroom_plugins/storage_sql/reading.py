"""An object, or a range of one, as an open file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import RangeFile

if TYPE_CHECKING:
    from collections.abc import Callable

BUFFER = 1 << 16
_FURTHEST = 1 << 20  # bytes read ahead at most


class ObjectFile(RangeFile):
    """Bytes of an object, read as they are needed; those read one after another are read ahead.

    An `io.BufferedReader` around it, with `BUFFER`, is what `fileroom.storage.Storage.open` returns.

    Args:
        read: returns so many bytes from a position on, all of which are there.
        start: the position of the first byte.
        end: the position after the last one.
        beginning: the first bytes, as far as they were read already.
    """

    def __init__(self, read: Callable[[int, int], bytes], start: int, end: int, beginning: bytes) -> None:
        super().__init__(end - start)
        self._read = read
        self._start = start
        self._held = beginning
        self._held_from = 0
        self._ahead = 0

    def fetch(self, position: int, size: int) -> memoryview:
        """Return what is held from a position on, having read it, and more if the reader seems to go on."""
        held_to = self._held_from + len(self._held)
        if not self._held_from <= position < held_to:
            self._ahead = min(max(self._ahead, BUFFER) * 4, _FURTHEST) if position == held_to else 0
            wanted = min(max(size, self._ahead), self._size - position, _FURTHEST)
            self._held = self._read(self._start + position, wanted)
            self._held_from = position
        return memoryview(self._held)[position - self._held_from :][:size]
