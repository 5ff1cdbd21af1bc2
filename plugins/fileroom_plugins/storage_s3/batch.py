"""One call of ``put_many``: all objects, or none."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fileroom.plugin import FileroomError, Stored, buffers
from fileroom_plugins.storage_s3.creation import new_mark
from fileroom_plugins.storage_s3.deleting import delete
from fileroom_plugins.storage_s3.parts import Parts, put_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fileroom.plugin import PutItem
    from fileroom_plugins.storage_s3.bucket import Bucket
    from fileroom_plugins.storage_s3.creation import Creation
    from fileroom_plugins.storage_s3.layout import Layout


class _StoppedError(Exception):
    """Another object failed: this one need not go on; internal."""


class Batch:
    """The objects of one call on their way into the bucket.

    Threads share the work; they last for this call only, so that a slow source holds up no other call. No
    more than ``concurrency`` buffers of ``part_size`` bytes are filled or being sent at a time.

    Args:
        bucket: where to.
        layout: where in it.
        creation: what creates objects.
        items: what to put, at least one.
        part_size: in bytes; what is shorter is put in one request.
        concurrency: how many requests to make at the same time.
    """

    def __init__(
        self,
        bucket: Bucket,
        layout: Layout,
        creation: Creation,
        items: Sequence[PutItem],
        *,
        part_size: int,
        concurrency: int,
    ) -> None:
        self._bucket = bucket
        self._layout = layout
        self._creation = creation
        self._items = items
        self._part_size = part_size
        self._concurrency = concurrency
        self._mark = new_mark()
        self._todo = deque(range(len(items)))
        self._room = threading.BoundedSemaphore(concurrency)
        self._stopped = False
        self._stored: dict[int, Stored] = {}
        self._failed: dict[int, BaseException] = {}
        self._tried: set[str] = set()

    def put(self) -> list[Stored]:
        """Put all objects; errors as in `fileroom.storage.Storage.put_many`."""
        with self._creation.reserved([item.key for item in self._items]):
            try:
                self._put_all(min(self._concurrency, len(self._items)))
            except BaseException:
                self._take_back()
                raise
        return [self._stored[position] for position in range(len(self._items))]

    def _put_all(self, threads: int) -> None:
        if threads == 1:
            self._work()
        else:
            with ThreadPoolExecutor(threads, "fileroom-s3-put") as pool:
                try:
                    for worker in [pool.submit(self._work) for _ in range(threads)]:
                        worker.result()
                finally:
                    self._stopped = True  # on an interrupt the others need not go on
        if self._failed:
            raise self._failed[min(self._failed)]

    def _work(self) -> None:
        while not self._stopped:
            try:
                position = self._todo.popleft()
            except IndexError:
                return
            item = self._items[position]
            try:
                self._stored[position] = Stored(item.key, self._put(item))
            except _StoppedError:
                return
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that called
                self._failed[position] = error
                self._stopped = True

    def _put(self, item: PutItem) -> int:
        """Put an object; return its size."""
        parts = Parts(self._until_stopped(buffers(item.source)), self._part_size, self._room)
        try:
            if parts.is_single:
                self._create(item.key, parts)
            else:
                self._create_large(item.key, parts)
        finally:
            parts.drop()
        return parts.size

    def _create(self, key: str, parts: Parts) -> None:
        body = parts.take()
        assert body is not None
        try:
            self._tried.add(key)
            self._creation.put(key, body, self._mark)
        finally:
            self._room.release()

    def _create_large(self, key: str, parts: Parts) -> None:
        name = self._layout.name(key)
        upload = self._bucket.begin(name, self._mark)
        put = functools.partial(self._bucket.put_part, name, upload)
        try:
            etags = put_all(parts, put, self._room, self._concurrency)
            self._tried.add(key)
            self._creation.complete(key, upload, etags, self._mark)
        except BaseException:
            with contextlib.suppress(FileroomError):  # what stays is found by discard_unfinished
                self._bucket.abort(name, upload)
            raise

    def _until_stopped(self, pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        for piece in pieces:
            if self._stopped:
                raise _StoppedError
            yield piece

    def _take_back(self) -> None:
        """Delete what this call has put, or may have: a request that failed can have arrived all the same."""
        stored = {one.locator for one in self._stored.values()}
        unsure = self._creation.marked(self._tried - stored, self._mark)
        delete(self._bucket, [self._layout.name(key) for key in (*stored, *unsure)])
