"""Cutting what is put into parts, and putting these side by side."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fileroom.plugin import StorageError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

MOST_PARTS = 10_000
"""Of how many parts an object can be made (Amazon S3 User Guide, "multipart upload limits")."""


class Parts:
    """The parts of a source, each of which holds one of the buffers that there may be.

    Nothing here keeps a part that was taken: whoever takes it decides how long it stays in memory.

    Attributes:
        size: in bytes, of what was read so far.
        is_single: whether the first part is all, and shorter than a part of several.

    Args:
        pieces: the source's bytes, in pieces of any length.
        part_size: in bytes, of every part but the last.
        room: one for each buffer. It is taken before a part is read, and released by whoever took the part.
    """

    def __init__(
        self, pieces: Iterable[bytes | memoryview], part_size: int, room: threading.Semaphore
    ) -> None:
        self.size = 0
        self._parts = cut(pieces, part_size)
        self._room = room
        self._first = self._read()
        self.is_single = self.size < part_size

    def take(self) -> bytes | bytearray | None:
        """Return the next part; None, which holds no buffer, after the last."""
        part, self._first = self._first, None
        return self._read() if part is None else part

    def _read(self) -> bytes | bytearray | None:
        self._room.acquire()
        part = None
        try:
            part = next(self._parts, None)
        finally:
            if part is None:
                self._room.release()
        self.size += len(part or b"")
        return part

    def drop(self) -> None:
        """Release the first part, if nobody took it."""
        if self._first is not None:
            self._first = None
            self._room.release()


def cut(pieces: Iterable[bytes | memoryview], size: int) -> Iterator[bytes | bytearray]:
    """Yield buffers of so many bytes, made of pieces of any length; the last may be shorter.

    There is at least one, which is empty if there are no bytes at all. What came in one short piece is not
    copied: most objects are of that kind.
    """
    source = iter(pieces)
    first = next(source, b"")
    second = next(source, None)
    if second is None and isinstance(first, bytes) and len(first) < size:
        yield first
        return
    begun = itertools.chain([first], [] if second is None else [second], source)
    del first, second
    part = bytearray()
    cut_off = False
    for piece in begun:
        view = memoryview(piece).cast("B")
        while len(view):
            room = size - len(part)
            part += view[:room]
            view = view[room:]
            if len(part) == size:
                full, part = part, bytearray()
                yield full
                del full  # it is another's now
                cut_off = True
    if part or not cut_off:
        yield part


def put_all(
    parts: Parts, put: Callable[[int, bytes | bytearray], str], room: threading.Semaphore, threads: int
) -> list[str]:
    """Put the parts of an object side by side; return what ``put`` returned, in their order.

    What goes wrong first ends it: no more is read then, and what is under way is waited for.

    Args:
        parts: the parts.
        put: puts a part, numbered from 1.
        room: is released for each part when it has been put.
        threads: how many parts are put at the same time.

    Raises:
        StorageError: there are more parts than may be.
        Exception: whatever the source or ``put`` raised.
    """
    done: list[Future[str]] = []
    with ThreadPoolExecutor(threads, "fileroom-s3-part") as pool:
        while (part := parts.take()) is not None:
            if len(done) == MOST_PARTS:
                room.release()
                raise StorageError(f"storage s3: an object has more than {MOST_PARTS} parts: raise part_size")
            future = pool.submit(put, len(done) + 1, part)
            del part
            future.add_done_callback(lambda _: room.release())
            done.append(future)
            if any(one.done() and one.exception() for one in done[-2 * threads :]):
                break
        return [future.result() for future in done]
