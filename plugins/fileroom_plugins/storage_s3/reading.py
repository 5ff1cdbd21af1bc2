"""An object as a file that is read over the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import CHUNK, RangeFile
from fileroom_plugins.storage_s3.flow import Flow

if TYPE_CHECKING:
    from fileroom_plugins.storage_s3.answers import Opened
    from fileroom_plugins.storage_s3.bucket import Bucket

BUFFER = 64 << 10
"""Bytes that are read at a time for whoever reads less."""

_GROWTH = 4
_SKIPPED = 256 << 10  # so many bytes are sooner read and thrown away than asked for anew


class RemoteFile(RangeFile):
    """A range of an object, read as if it were the whole file.

    What is read first comes with the answer that told of the object. Later reads ask for what is wanted and
    no more, so that a read at random is one request. As long as reads follow one another, each request asks
    for `_GROWTH` times as much, until one asks for all the rest, which is read as it comes.

    It has a position of its own, holds no more than `CHUNK` bytes, and is not thread-safe. Wrap it into an
    `io.BufferedReader`.

    Args:
        bucket: where the object is.
        name: the object's.
        first: the server's answer for the range.
    """

    def __init__(self, bucket: Bucket, name: str, first: Opened) -> None:
        super().__init__(first.end - first.start)
        self._bucket = bucket
        self._object = name
        self._start, self._end, self._etag = first.start, first.end, first.etag
        self._asked_end, self._asked = first.end, BUFFER
        self._held_at, self._held = first.start, first.data or b""
        self._flow = None if first.data is not None else Flow(bucket, name, first)

    def fetch(self, position: int, size: int) -> bytes:
        """Return what is held or flows from a position on, having asked for it if it does not."""
        at = self._start + position
        size = min(size, CHUNK)
        if not (self._is_held(at) or self._can_flow_on(at)):
            self._ask(at, size)
        if self._is_held(at):
            begin = at - self._held_at
            return self._held[begin : begin + size]
        assert self._flow is not None
        return self._flow.read(size)

    def close(self) -> None:
        """Let go of the connection."""
        self._let_go()
        super().close()

    def _is_held(self, at: int) -> bool:
        return self._held_at <= at < self._held_at + len(self._held)

    def _can_flow_on(self, at: int) -> bool:
        """Say whether what flows comes from the position on, having moved it there if it is near."""
        if self._flow is None or not 0 <= at - self._flow.at <= _SKIPPED:
            return False
        while self._flow.at < at:
            self._flow.read(at - self._flow.at)
        return self._flow.at < self._flow.end

    def _ask(self, at: int, size: int) -> None:
        goes_on = 0 <= at - self._asked_end <= _SKIPPED
        self._asked = max(size, self._asked * _GROWTH if goes_on else BUFFER)
        self._asked_end = self._end if self._asked > CHUNK else min(at + self._asked, self._end)
        self._let_go()
        answer = self._bucket.get_more(self._object, at, self._asked_end, self._etag)
        self._held_at, self._held = answer.start, answer.data or b""
        self._flow = None if answer.data is not None else Flow(self._bucket, self._object, answer)

    def _let_go(self) -> None:
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.close()
