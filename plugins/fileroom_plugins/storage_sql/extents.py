"""Arithmetic on extents: cutting, joining, and which chunks they need."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Extent:
    """A stretch of an object's bytes, and where they lie.

    Attributes:
        position: of its first byte in the object.
        segment: the segment's name.
        offset: of its first byte in the segment.
        length: in bytes, 1 or more.
        chunk_size: of the segment.
    """

    position: int
    segment: bytes
    offset: int
    length: int
    chunk_size: int

    @property
    def end(self) -> int:
        """The position after its last byte in the object."""
        return self.position + self.length

    @property
    def first_chunk(self) -> int:
        """The number of the first chunk it needs."""
        return self.offset // self.chunk_size

    @property
    def stop_chunk(self) -> int:
        """The number after that of the last chunk it needs."""
        return (self.offset + self.length - 1) // self.chunk_size + 1


def cut(extents: Sequence[Extent], start: int, end: int) -> list[Extent]:
    """Return the parts of an object's extents, in order, that lie between two positions."""
    first = max(bisect_right(extents, start, key=lambda each: each.position) - 1, 0)
    found = []
    for each in extents[first:]:
        if each.position >= end:
            break
        skipped = max(start - each.position, 0)
        length = min(end, each.end) - each.position - skipped
        if length > 0:
            found.append(
                replace(
                    each,
                    position=each.position + skipped,
                    offset=each.offset + skipped,
                    length=length,
                )
            )
    return found


def joined(extents: Iterable[Extent]) -> list[Extent]:
    """Return extents one after another from position 0 on; what goes on where another ends becomes one."""
    found: list[Extent] = []
    position = 0
    for each in extents:
        last = found[-1] if found else None
        if last and last.segment == each.segment and last.offset + last.length == each.offset:
            found[-1] = replace(last, length=last.length + each.length)
        else:
            found.append(replace(each, position=position))
        position += each.length
    return found


def not_needed(gone: Iterable[Extent], left: Iterable[Extent]) -> Iterator[tuple[bytes, int, int]]:
    """Yield the chunks that extents which are gone needed, and none of those that are left needs.

    As segment, number of the first chunk, number after the last one; none twice.
    """
    needed: dict[bytes, list[tuple[int, int]]] = {}
    for each in left:
        needed.setdefault(each.segment, []).append((each.first_chunk, each.stop_chunk))
    reached: dict[bytes, int] = {}
    for each in sorted(gone, key=lambda each: (each.segment, each.first_chunk)):
        start = max(each.first_chunk, reached.get(each.segment, 0))
        for first, stop in sorted(needed.get(each.segment, ())):
            if first >= each.stop_chunk:
                break
            if start < first:
                yield each.segment, start, first
            start = max(start, stop)
        if start < each.stop_chunk:
            yield each.segment, start, each.stop_chunk
        reached[each.segment] = max(start, each.stop_chunk, reached.get(each.segment, 0))
