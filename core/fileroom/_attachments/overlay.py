"""What was written over the bytes of a file, kept apart from them."""

from __future__ import annotations

import bisect
import tempfile
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_MEMORY = 4 << 20  # bytes; more of them lie in a temporary file
_start = attrgetter("start")


@dataclass(slots=True)
class _Extent:
    """Bytes ``start`` to ``end`` of the whole, which lie at ``at`` in the temporary file."""

    start: int
    end: int
    at: int


class Overlay:
    """A file's bytes with changes over them; only what was written takes room.

    Gaps that writing past the end leaves read as zeros. Not thread-safe.

    Args:
        base: the file beneath, seekable and never written to; closed with the overlay.
        size: its size in bytes.

    Attributes:
        size: how many bytes there are now.
    """

    def __init__(self, base: BinaryIO, size: int) -> None:
        self.size = size
        self._base = base
        self._base_size = size
        self._kept = size  # where the base was cut off; what follows it is not there any more
        self._extents: list[_Extent] = []  # sorted, and none over another
        self._written = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by `close`
        self._written_size = 0

    def read(self, start: int, length: int) -> bytes:
        """Return bytes from ``start`` on; fewer than ``length`` only at the end."""
        end = min(start + length, self.size)
        return b"".join(self._parts(start, end))

    def write(self, start: int, data: bytes | memoryview) -> None:
        """Put bytes over those from ``start`` on."""
        end = start + len(data)
        if not len(data):
            return
        self.size = max(self.size, end)
        before = bisect.bisect_right(self._extents, start, key=_start) - 1
        if before >= 0 and end <= (under := self._extents[before]).end:
            self._written.seek(under.at + start - under.start)
            self._written.write(data)
            return
        new = _Extent(start, end, self._written_size)
        self._written.seek(new.at)
        self._written.write(data)
        self._written_size += len(data)
        self._insert(new, before)

    def truncate(self, size: int) -> None:
        """Cut the end off, or add zeros to it."""
        keep = bisect.bisect_left(self._extents, size, key=_start)
        del self._extents[keep:]
        if self._extents:
            self._extents[-1].end = min(self._extents[-1].end, size)
        self._kept = min(self._kept, size)
        self.size = size

    def change(self) -> tuple[int, int, int] | None:
        """Return the stretch that holds all changes, or None where there are none.

        Its start; how many bytes of the file beneath it stands for; and its end. All before and after are
        the file's own.
        """
        if not self._extents and self._kept == self.size == self._base_size:
            return None
        start = min(self._kept, self._extents[0].start if self._extents else self._kept)
        if self._kept == self.size == self._base_size:
            end = self._extents[-1].end
            return start, end - start, end
        return start, self._base_size - start, self.size

    def close(self) -> None:
        """Drop what was written, and close the file beneath."""
        self._written.close()
        self._base.close()

    def _insert(self, new: _Extent, before: int) -> None:
        """Put an extent into its place, and cut away what lies under it."""
        extents = self._extents
        first = before if before >= 0 and extents[before].end >= new.start else before + 1
        last = bisect.bisect_left(extents, new.end, key=_start)
        parts = [new]
        if last > first:
            left, right = extents[first], extents[last - 1]
            if right.end > new.end:
                parts.append(_Extent(new.end, right.end, right.at + new.end - right.start))
            if left.end == new.start and left.at + left.end - left.start == new.at:
                new.start, new.at = left.start, left.at
            elif left.start < new.start:
                parts.insert(0, _Extent(left.start, new.start, left.at))
        extents[first:last] = parts

    def _parts(self, start: int, end: int) -> Iterator[bytes]:
        position = start
        first = max(bisect.bisect_right(self._extents, start, key=_start) - 1, 0)
        for number in range(first, len(self._extents)):
            extent = self._extents[number]
            if extent.start >= end:
                break
            if extent.end <= position:
                continue
            yield from self._beneath(position, extent.start)
            position = max(position, extent.start)
            stop = min(extent.end, end)
            self._written.seek(extent.at + position - extent.start)
            yield self._written.read(stop - position)
            position = stop
        yield from self._beneath(position, end)

    def _beneath(self, start: int, end: int) -> Iterator[bytes]:
        """Yield what shows through where nothing was written: the file, and zeros past its end."""
        shown = min(end, self._kept)
        if start < shown:
            self._base.seek(start)
            yield self._base.read(shown - start)
            start = shown
        if start < end:
            yield bytes(end - start)
