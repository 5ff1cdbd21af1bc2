"""The filesystem storage."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import (
    AlreadyExistsError,
    ByteRange,
    Deletion,
    NotFoundError,
    Storage,
    StorageCapabilities,
    StorageError,
    Stored,
    Window,
    read_at,
)
from fileroom_plugins.storage_filesystem import area, listing
from fileroom_plugins.storage_filesystem.batch import Batch
from fileroom_plugins.storage_filesystem.failures import hide_names
from fileroom_plugins.storage_filesystem.layout import Layout
from fileroom_plugins.storage_filesystem.places import Places, not_found
from fileroom_plugins.storage_filesystem.root import Root
from fileroom_plugins.storage_filesystem.unfinished import unnamed_files_work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.plugin import FileroomError, PutItem

_WHOLE = ByteRange()
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_BUFFER = 1 << 16
_READING = "cannot read an object"
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}


class FilesystemStorage(Storage):
    """Objects as ordinary files beneath one folder; several processes may use it at once.

    Args:
        root: the folder; made if it is not there.
        layout: template for readable names, or None; see `fileroom_plugins.storage_filesystem.Options`.
        threads: how many files one call writes at the same time.

    Raises:
        ConfigError: the layout is not valid.
        StorageError: the folder cannot be made.
    """

    def __init__(self, root: Path, *, layout: str | None = None, threads: int = 8) -> None:
        template = None if layout is None else Layout(layout)
        self._root = Root(root)
        self._places = Places(self._root.path, template)
        self._threads = threads
        self._unnamed = unnamed_files_work(self._root.path)

    @property
    def capabilities(self) -> StorageCapabilities:  # type: ignore[override]  # changes when an index appears
        """Local files; and names, with a layout or in a storage area."""
        return StorageCapabilities(local_path=True, naming=self._places.naming, key_locators=True)

    def folders(self) -> tuple[Path, ...]:
        """Return the root."""
        return (self._root.path,)

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects, durably; one sync for each file, and one for each folder they lie in."""
        if not items:
            return []
        if len({item.key for item in items}) < len(items):
            raise AlreadyExistsError(
                "storage: two objects of one call have one key: use a fresh key for each"
            )
        self._root.claim()
        return Batch(self._root, self._places, items, unnamed=self._unnamed).put(self._threads)

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object, or a range of it."""
        handle, size = self._open(locator)
        start, end = (byte_range or _WHOLE).within(size)
        return io.BufferedReader(Window(handle, start, end, self._failure), _BUFFER)

    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges; the file is opened once."""
        handle, size = self._open(locator)
        try:
            bounds = [byte_range.within(size) for byte_range in ranges]
            return [read_at(handle, end - start, start) for start, end in bounds]
        except OSError as error:
            raise self._failure(error) from error
        finally:
            os.close(handle)

    def stat(self, locator: str) -> Stored:
        """Return an object's size and the time of its last byte."""
        path = self._places.path(locator)
        try:
            status = path.stat()
        except OSError as error:
            raise self._access_error(error, path, locator, _READING) from error
        if not stat.S_ISREG(status.st_mode):
            raise not_found(locator)
        return _stored(locator, status)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete objects, and readably named folders that are empty then."""
        return [Deletion(locator, self._delete(locator)) for locator in locators]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield objects, folder by folder."""
        self._root.check()
        try:
            for locator, entry in listing.objects(self._root.path, prefix):
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    continue  # deleted meanwhile
                yield _stored(locator, status)
        except OSError as error:
            raise self._root.failure(error, "cannot list the objects") from error
        self._root.check()  # or the list was cut short when the disk went away

    def discard_unfinished(self, older_than: float) -> int:
        """Remove temporary files that nobody has written to for so many seconds."""
        self._root.check()
        oldest = time.time() - older_than
        removed = 0
        try:
            for entry in listing.unfinished(self._root.path):
                path = Path(entry.path)
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat().st_mtime <= oldest:
                        path.unlink()
                        removed += 1
                        self._places.prune(path.parent)
        except OSError as error:
            raise self._root.failure(error, "cannot remove unfinished files") from error
        return removed

    def local_path(self, locator: str) -> Path:
        """Return the path of an object's file, which must not be changed."""
        self.stat(locator)
        return self._places.path(locator)

    def locator_of(self, path: Path) -> str | None:
        """Return the locator that names this path beneath the root, or None."""
        return self._places.locator_of(path)

    def _open(self, locator: str) -> tuple[int, int]:
        """Return an open file and its size."""
        path = self._places.path(locator)
        try:
            handle = os.open(path, _READ)
        except OSError as error:
            raise self._access_error(error, path, locator, _READING) from error
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(handle)
            raise not_found(locator)
        return handle, status.st_size

    def _delete(self, locator: str) -> FileroomError | None:
        try:
            path = self._places.path(locator)
        except NotFoundError:
            return None
        try:
            path.unlink()
        except OSError as error:
            failure = self._access_error(error, path, locator, "cannot delete an object")
            failure.__cause__ = error
            return None if isinstance(failure, NotFoundError) else failure
        self._places.prune(path.parent)
        return None

    def _failure(self, error: OSError) -> StorageError:
        return self._root.failure(error, _READING)

    def _access_error(self, error: OSError, path: Path, locator: str, doing: str) -> FileroomError:
        """Return what a failed operation means: that there is no object, no root, or trouble."""
        if error.errno not in _NOT_THERE and not _is_folder(path):
            return self._root.failure(error, doing)
        hide_names(error)
        try:
            self._root.check()
        except StorageError as gone:
            return gone
        return not_found(locator)


def _stored(locator: str, status: os.stat_result) -> Stored:
    owned = area.is_ours(locator) or not area.is_flat(locator)
    return Stored(locator, status.st_size, status.st_mtime, owned)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
