"""One `put_many` call: written, synced, published, made durable; or taken back."""

from __future__ import annotations

import contextlib
import functools
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from fileroom.plugin import AlreadyExistsError, Stored, buffers
from fileroom_plugins.storage_filesystem.unfinished import Unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fileroom.plugin import PutItem
    from fileroom_plugins.storage_filesystem.places import Places
    from fileroom_plugins.storage_filesystem.root import Root

T = TypeVar("T")

# Objects that are written whole before the first of them gets its name, and so is open. Every sync of a file
# also writes what has changed in its folder by then; names given in stretches change it less often.
_STRETCHED = 128

# A deletion elsewhere may prune a folder between our making and using it; not this often in a row.
_TRIES = 5


class _StoppedError(Exception):
    """Another object of the call failed, so this one is not needed any more."""


class Batch:
    """The objects of one call, and how far each has come.

    Each object is written where nobody sees it, its bytes are synced, and then it gets its name, along with
    some others. When all have theirs, each folder is synced once. Threads share the work, so that their
    waiting for the disk overlaps; they last for this call only, so a slow source holds up no other call, and
    no thread is missing after a fork.

    Args:
        root: the storage's folder.
        places: where objects lie.
        items: what to put, at least one.
        unnamed: see `fileroom_plugins.storage_filesystem.unfinished.unnamed_files_work`.
    """

    def __init__(self, root: Root, places: Places, items: Sequence[PutItem], *, unnamed: bool) -> None:
        self._root = root
        self._places = places
        self._items = items
        self._unnamed = unnamed
        self._todo = deque(range(len(items)))
        self._stopped = False
        self._stored: dict[int, Stored] = {}
        self._failed: dict[int, BaseException] = {}
        self._folders: set[Path] = set()
        self._published: list[Path] = []

    def put(self, threads: int) -> list[Stored]:
        """Put all objects, durably, in so many threads; errors as in `fileroom.storage.Storage.put_many`."""
        try:
            self._write_all(min(threads, len(self._items)))
            with self._translated():
                self._root.sync(self._folders, lasting=self._places.lasts, threads=threads)
        except BaseException:
            self._take_back()
            raise
        return [self._stored[position] for position in range(len(self._items))]

    def _write_all(self, threads: int) -> None:
        stretch = max(1, min(_STRETCHED, len(self._items)) // threads)
        if threads == 1:
            self._work(stretch)
        else:
            with ThreadPoolExecutor(threads, "fileroom-put") as pool:
                try:
                    for worker in [pool.submit(self._work, stretch) for _ in range(threads)]:
                        worker.result()
                finally:
                    self._stopped = True  # on an interrupt the others need not go on
        if self._failed:
            raise self._failed[min(self._failed)]

    def _work(self, stretch: int) -> None:
        while not self._stopped and self._todo:
            with contextlib.ExitStack() as files, contextlib.suppress(_StoppedError):
                written = []
                for position in self._take(stretch):
                    with self._noting_failure(position):
                        written.append((position, *self._write(self._items[position], files)))
                for position, file, locators, size in written:
                    with self._noting_failure(position), self._translated():
                        locator = self._publish(file, self._items[position].key, locators)
                        self._stored[position] = Stored(locator, size)

    def _take(self, stretch: int) -> Iterator[int]:
        with contextlib.suppress(IndexError):  # another thread may take the last
            for _ in range(stretch):
                yield self._todo.popleft()

    def _write(self, item: PutItem, files: contextlib.ExitStack) -> tuple[Unfinished, tuple[str, ...], int]:
        """Write and sync an object that is closed with ``files``; return it, its locators and its size."""
        locators = self._places.candidates(item)
        folder = self._places.path(locators[0]).parent
        self._folders.add(folder)
        file = files.enter_context(self._begin(folder, item.key))
        size = 0
        for piece in buffers(item.source):  # what a source raises is not ours to translate
            if self._stopped:
                raise _StoppedError
            with self._translated():
                size += file.write(piece)
        with self._translated():
            file.sync()
        return file, locators, size

    @contextlib.contextmanager
    def _noting_failure(self, position: int) -> Iterator[None]:
        """Keep a failure for the thread that called, and stop all threads."""
        try:
            yield
        except _StoppedError:
            raise
        except BaseException as error:
            self._failed[position] = error
            self._stopped = True
            raise _StoppedError from error

    def _begin(self, folder: Path, key: str) -> Unfinished:
        with self._translated():
            try:
                return self._in_folder(
                    folder, functools.partial(Unfinished, folder, key, unnamed=self._unnamed)
                )
            except FileExistsError as error:
                raise _taken(key) from error

    def _publish(self, file: Unfinished, key: str, locators: Sequence[str]) -> str:
        for locator in locators:
            path = self._places.path(locator)
            with contextlib.suppress(FileExistsError):
                self._in_folder(path.parent, functools.partial(file.publish, path))
                self._published.append(path)
                return locator
        raise _taken(key)

    def _in_folder(self, folder: Path, action: Callable[[], T]) -> T:
        """Do something in a folder, which is made if that turns out to be needed."""
        for _ in range(_TRIES):
            with contextlib.suppress(FileNotFoundError):
                return action()
            with contextlib.suppress(FileNotFoundError):
                self._root.make(folder)
        return action()

    def _take_back(self) -> None:
        for path in self._published:
            with contextlib.suppress(OSError):
                path.unlink()
        for folder in self._folders:
            self._places.prune(folder)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._root.failure(error, "cannot write an object") from error


def _taken(key: str) -> AlreadyExistsError:
    return AlreadyExistsError(f"storage: key {key} has an object already, which was kept: use a fresh key")
