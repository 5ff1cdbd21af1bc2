"""Objects that are acknowledged and not yet in the storage behind: durable files, named by their keys.

What is deleted before it was uploaded leaves a mark, its key's name in the folder ``deleted``, until it is
certain that no upload brings it back.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
import time
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from fileroom.plugin import CHUNK, AlreadyExistsError, ByteRange, PutItem, StorageError, Stored, Window
from fileroom_plugins.storage_cache.waiting_files import HEADER_SIZE, KEY, Flat, headed, item_of, not_here
from fileroom_plugins.storage_filesystem.batch import Batch
from fileroom_plugins.storage_filesystem.failures import storage_error
from fileroom_plugins.storage_filesystem.root import MARKER, Root
from fileroom_plugins.storage_filesystem.unfinished import is_unfinished, unnamed_files_work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fileroom.plugin import NotFoundError

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_THREADS = 8
_WHOLE = ByteRange()


class Waiting(NamedTuple):
    """An object that waits: since when, in seconds since 1970; its key; its size in bytes."""

    since: float
    key: str
    size: int

    @property
    def stored(self) -> Stored:
        """The same, as a storage tells it."""
        return Stored(self.key, self.size, self.since)


class Pending:
    """The objects that wait, in a folder that several processes may share.

    Args:
        folder: made if it is not there.

    Raises:
        StorageError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._root = Root(folder)
        self._places = Flat(self._root.path, None)
        self._marks = self._root.path / "deleted"
        self._unnamed = unnamed_files_work(self._root.path)
        self._arriving: set[str] = set()
        self._lock = threading.Lock()

    @staticmethod
    def is_there(folder: Path) -> bool:
        """Say whether a folder was made for this once, and may hold objects."""
        return (folder / MARKER).exists()

    def put_many(
        self, items: Sequence[PutItem], passing: Callable[[int], None], is_taken: Callable[[str], bool]
    ) -> list[Stored]:
        """Keep objects, durably, all or none, within `noting_arrival`; errors as in ``Storage.put_many``.

        Args:
            items: them.
            passing: called with the size of each piece before it is written; what it raises ends the call.
            is_taken: says whether a key is known to have an object that waits no more.
        """
        files = [PutItem(item.key, headed(item, passing)) for item in items]
        self._root.claim()
        stored = Batch(self._root, self._places, files, unnamed=self._unnamed).put(_THREADS)
        # Only now: until a moment ago it may have waited, and kept ours from taking its name.
        if any(is_taken(item.key) for item in items):
            for item in items:
                self.uploaded(item.key)
            raise AlreadyExistsError("storage: a key has an object already, which was kept: use a fresh key")
        return [Stored(one.locator, one.size - HEADER_SIZE) for one in stored]

    @contextlib.contextmanager
    def noting_arrival(self, keys: Sequence[str]) -> Iterator[None]:
        """Keep keys from other calls of this process, and what they name from being uploaded, for a while.

        Raises:
            AlreadyExistsError: one is given twice, also by another call, or was just deleted.
        """
        new = set(keys)
        with self._lock:
            if len(new) < len(keys) or new & self._arriving or any(map(self.is_deleted, keys)):
                raise AlreadyExistsError(
                    "storage: a key is given twice, or is that of an object just deleted: use a fresh key"
                )
            self._arriving |= new
        try:
            yield
        finally:
            with self._lock:
                self._arriving -= new

    def is_arriving(self, key: str) -> bool:
        """Say whether an object belongs to a call of this process that may yet fail."""
        return key in self._arriving

    def open(self, key: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object, or a range of it.

        Raises:
            NotFoundError: it does not wait here.
            StorageError: reading failed.
        """
        handle, size = self._open(key)
        start, end = (byte_range or _WHOLE).within(size)
        return io.BufferedReader(Window(handle, HEADER_SIZE + start, HEADER_SIZE + end, self._failure))

    def stat(self, key: str) -> Stored:
        """Return an object's size and time; errors as for `open`."""
        try:
            status = self._path(key).stat()
        except OSError as error:
            raise self._access_error(error) from error
        return Stored(key, status.st_size - HEADER_SIZE, status.st_mtime)

    def item(self, key: str) -> PutItem:
        """Return an object as it was put, to be put again; its source is opened when it is read.

        Raises:
            NotFoundError: it does not wait here.
            StorageError: it cannot be read.
        """
        handle, size = self._open(key)
        try:
            header = os.read(handle, HEADER_SIZE)
        except OSError as error:
            raise self._failure(error) from error
        finally:
            os.close(handle)
        return item_of(key, header, size, self._pieces(key))

    def check(self) -> None:
        """Make sure that the folder is there.

        Raises:
            StorageError: the folder is not there.
        """
        self._root.check()

    def list(self) -> list[Waiting]:
        """Return what waits, the longest first.

        Raises:
            StorageError: that cannot be told.
        """
        self._root.check()
        return sorted(Waiting(*told) for told in self._files(self._root.path))

    def delete(self, key: str) -> bool:
        """Remove an object for good, also if it is being uploaded; say whether it was there.

        Raises:
            StorageError: it could not be removed.
        """
        path = self._path(key)
        try:
            path.unlink()
            self._marks.mkdir(mode=0o700, exist_ok=True)
            (self._marks / key).touch()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise storage_error(error, f"storage {self._root.path}: cannot delete object {key}") from error
        return True

    def uploaded(self, key: str) -> None:
        """Forget an object that is in the storage behind.

        Raises:
            StorageError: it cannot be removed: somebody reads it on Windows, or the disk may not be written.
        """
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, f"storage {self._root.path}: cannot remove object {key}") from error

    def is_deleted(self, key: str) -> bool:
        """Say whether an object is marked as deleted."""
        return KEY.fullmatch(key) is not None and os.path.lexists(self._marks / key)

    def deleted(self) -> set[str]:
        """Return the keys that are marked."""
        return {key for _, key, _ in self._files(self._marks)}

    def unmark(self, key: str) -> None:
        """Take a mark away: the storage behind does not have the object, and will not get it."""
        with contextlib.suppress(OSError):  # the next pass does it
            (self._marks / key).unlink()

    def discard_unfinished(self, older_than: float) -> int:
        """As `fileroom.plugin.Storage.discard_unfinished`."""
        self._root.check()
        removed = 0
        with os.scandir(self._root.path) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if is_unfinished(entry.name) and entry.stat().st_mtime <= time.time() - older_than:
                        os.unlink(entry.path)  # noqa: PTH108 - no need for a path
                        removed += 1
        return removed

    def _files(self, folder: Path) -> Iterator[tuple[float, str, int]]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if KEY.fullmatch(entry.name):
                        with contextlib.suppress(FileNotFoundError):
                            status = entry.stat()
                            yield status.st_mtime, entry.name, status.st_size - HEADER_SIZE
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._failure(error) from error

    def _pieces(self, key: str) -> Iterator[bytes]:
        with self.open(key) as file:
            while piece := file.read(CHUNK):
                yield piece

    def _open(self, key: str) -> tuple[int, int]:
        """Return an open file, and the size of the object in it."""
        try:
            handle = os.open(self._path(key), _READ)
        except OSError as error:
            raise self._access_error(error) from error
        return handle, os.fstat(handle).st_size - HEADER_SIZE

    def _path(self, key: str) -> Path:
        return self._places.path(key)

    def _access_error(self, error: OSError) -> NotFoundError | StorageError:
        if not isinstance(error, FileNotFoundError):
            return self._failure(error)
        try:
            self._root.check()
        except StorageError as gone:
            return gone
        return not_here()

    def _failure(self, error: OSError) -> StorageError:
        return self._root.failure(error, "cannot read an object that waits for its upload")
