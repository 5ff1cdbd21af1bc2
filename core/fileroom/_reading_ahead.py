"""Reading small objects before they are asked for, several at once, where each costs a way to a server."""

from __future__ import annotations

import io
import threading
from collections import deque
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from fileroom.export import ExportItem

THREADS = 8
SMALL = 2 << 20
"""Bytes up to which an object is read ahead: twice as many objects as threads are held at a time."""


def read_ahead(items: Iterable[ExportItem]) -> Iterator[ExportItem]:
    """Yield the same items in the same order; opening one for the first time gives what was read ahead.

    What goes wrong is raised when the item is opened. A large object is opened as ever.
    """
    waiting: deque[ExportItem] = deque()
    pool = ThreadPoolExecutor(THREADS, "fileroom-read")
    try:
        for item in items:
            waiting.append(_ahead(pool, item) if 0 < item.size <= SMALL else item)
            if len(waiting) > 2 * THREADS:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _ahead(pool: ThreadPoolExecutor, item: ExportItem) -> ExportItem:
    return replace(item, open=_First(pool.submit(_whole, item.open, item.size), item.open))


def _whole(opener: Callable[[], BinaryIO], size: int) -> bytes:
    with opener() as file:
        return file.read(size + 1)  # a byte too many shows that the object is not what was recorded


class _First:
    """Opens what was read ahead, once; from then on, the object itself."""

    def __init__(self, future: Future[bytes], opener: Callable[[], BinaryIO]) -> None:
        self._future: Future[bytes] | None = future
        self._opener = opener
        self._lock = threading.Lock()

    def __call__(self) -> BinaryIO:
        with self._lock:
            future, self._future = self._future, None
        if future is not None:
            try:
                return io.BytesIO(future.result())
            except CancelledError:  # nobody was expected to ask any more
                pass
        return self._opener()
