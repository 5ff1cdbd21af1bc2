"""Reading several ranges of one object, with as few requests as make sense, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom_plugins.storage_s3.reading import RemoteFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fileroom.plugin import ByteRange
    from fileroom_plugins.storage_s3.bucket import Bucket

_NEAR = 64 << 10
_MERGED = 8 << 20


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``end`` of an object, None for its end; never empty."""

    start: int
    end: int | None


def merged(ranges: Iterable[ByteRange]) -> list[Span]:
    """Return spans that cover all ranges which are not empty, in order.

    Ranges that overlap or lie near each other share a span, unless it would be longer than all of the longest
    of them needs and `_MERGED` bytes.
    """
    spans: list[Span] = []
    for one in sorted((one for one in ranges if one.end != one.start), key=_order):
        last = spans[-1] if spans else None
        if last is not None and (last.end is None or _together(last, one)):
            ends = (last.end, one.end)
            spans[-1] = Span(last.start, None if None in ends else max(end or 0 for end in ends))
        else:
            spans.append(Span(one.start, one.end))
    return spans


def read_ranges(bucket: Bucket, name: str, ranges: Sequence[ByteRange], threads: int) -> list[bytes] | None:
    """Return the bytes of ranges of an object, None if there is no such object.

    Args:
        bucket: where it is.
        name: the object's.
        ranges: which; may overlap, and reach past the end.
        threads: how many requests to make at the same time.

    Raises:
        StorageError: reading failed, or the object changed meanwhile.
    """
    spans = merged(ranges)
    if not spans:
        return [b""] * len(ranges) if bucket.head(name) else None
    first = bucket.get(name, spans[0].start, spans[0].end)
    if first is None:
        return None

    def read(span: Span) -> bytes:
        answer = first if span is spans[0] else bucket.get_more(name, span.start, span.end, first.etag)
        with RemoteFile(bucket, name, answer) as file:
            return file.readall()

    if len(spans) == 1:
        read_spans = [read(spans[0])]
    else:
        with ThreadPoolExecutor(min(threads, len(spans)), "fileroom-s3-get") as pool:
            read_spans = list(pool.map(read, spans))
    found = dict(zip(spans, read_spans, strict=True))
    return [_part(one, found) for one in ranges]


def _order(one: ByteRange) -> tuple[int, bool, int]:
    return one.start, one.end is None, one.end or 0


def _together(last: Span, one: ByteRange) -> bool:
    assert last.end is not None
    if one.start < last.end:
        return True
    return one.start - last.end <= _NEAR and (one.end is None or one.end - last.start <= _MERGED)


def _part(one: ByteRange, found: dict[Span, bytes]) -> bytes:
    if one.start == one.end:
        return b""
    covers = (
        span for span in found if span.start <= one.start and (span.end is None or one.start < span.end)
    )
    span = max(covers, key=lambda span: span.start)
    data = found[span]
    return data[one.start - span.start : None if one.end is None else one.end - span.start]
