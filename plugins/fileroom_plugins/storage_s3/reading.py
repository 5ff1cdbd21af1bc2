"""An object as a file that is read over the network."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from fileroom.plugin import CHUNK
from fileroom_plugins.storage_s3.flow import Flow

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from fileroom_plugins.storage_s3.answers import Opened
    from fileroom_plugins.storage_s3.bucket import Bucket

BUFFER = 64 << 10
"""Bytes that are read at a time for whoever reads less."""

_GROWTH = 4
_SKIPPED = 256 << 10  # so many bytes are sooner read and thrown away than asked for anew


class RemoteFile(io.RawIOBase):
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

    name = ""  # pydicom asks a buffered reader for it

    def __init__(self, bucket: Bucket, name: str, first: Opened) -> None:
        self._bucket = bucket
        self._object = name
        self._start, self._end, self._etag = first.start, first.end, first.etag
        self._at = first.start
        self._asked_end, self._asked = first.end, BUFFER
        self._held_at, self._held = first.start, first.data or b""
        self._flow = None if first.data is not None else Flow(bucket, name, first)

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
        """Read to the end."""
        pieces = []
        while piece := self._take(self._end - self._at):
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move, past the end too, and return the new position; asks nobody.

        Raises:
            ValueError: it would be negative.
        """
        self._check_open()
        bases = {os.SEEK_SET: self._start, os.SEEK_CUR: self._at, os.SEEK_END: self._end}
        if whence not in bases or bases[whence] + offset < self._start:
            raise ValueError(f"cannot seek by {offset} from {whence}")
        self._at = bases[whence] + offset
        return self._at - self._start

    def tell(self) -> int:
        """Return the position, counted from the start of the range."""
        self._check_open()
        return self._at - self._start

    def close(self) -> None:
        """Let go of the connection."""
        self._let_go()
        super().close()

    def _take(self, size: int) -> bytes:
        """Read at least a byte, and no more than ``size``; none at the end."""
        self._check_open()
        size = min(size, self._end - self._at, CHUNK)
        if size <= 0:
            return b""
        if not (self._is_held() or self._can_flow_on()):
            self._ask(size)
        if self._is_held():
            begin = self._at - self._held_at
            data = self._held[begin : begin + size]
        else:
            assert self._flow is not None
            data = self._flow.read(size)
        self._at += len(data)
        return data

    def _is_held(self) -> bool:
        return self._held_at <= self._at < self._held_at + len(self._held)

    def _can_flow_on(self) -> bool:
        """Say whether what flows comes from the position on, having moved it there if it is near."""
        if self._flow is None or not 0 <= self._at - self._flow.at <= _SKIPPED:
            return False
        while self._flow.at < self._at:
            self._flow.read(self._at - self._flow.at)
        return self._flow.at < self._flow.end

    def _ask(self, size: int) -> None:
        goes_on = 0 <= self._at - self._asked_end <= _SKIPPED
        self._asked = max(size, self._asked * _GROWTH if goes_on else BUFFER)
        self._asked_end = self._end if self._asked > CHUNK else min(self._at + self._asked, self._end)
        self._let_go()
        answer = self._bucket.get_more(self._object, self._at, self._asked_end, self._etag)
        self._held_at, self._held = answer.start, answer.data or b""
        self._flow = None if answer.data is not None else Flow(self._bucket, self._object, answer)

    def _let_go(self) -> None:
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.close()

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the file is closed")
