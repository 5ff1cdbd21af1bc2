"""Files that were registered where they lie: read like stored objects, and never changed or deleted.

Every storage gets this from here, and need not know of it.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from fileroom.errors import InvalidValueError, NotFoundError, NotSupportedError, StorageError
from fileroom.storage import ByteRange, Deletion, Storage, Stored, external_locator, external_path
from fileroom.windows import Window, read_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fileroom.storage import PutItem, Source, StorageCapabilities, Traits

_WHOLE = ByteRange()
# Opening a FIFO waits for its other end for ever; with O_NONBLOCK it does not.
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}


class ExternalFiles(Storage):
    """A storage to which external locators (`fileroom.storage.external_locator`) mean something too.

    They lead to files that belong to somebody else: `delete` passes them over, `list` does not know them.
    Everything else is the inner storage's.

    Attributes:
        inner: the storage for everything else.
    """

    def __init__(self, inner: Storage) -> None:
        self.inner = inner

    @property
    def capabilities(self) -> StorageCapabilities:  # type: ignore[override]  # the inner storage's may change
        """What the inner storage can do."""
        return self.inner.capabilities

    @property
    def database(self) -> object | None:  # type: ignore[override]  # the inner storage's
        """What the inner storage has in common with an index."""
        return self.inner.database

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects in the inner storage."""
        return self.inner.put_many(items)

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object or an external file, or a range of it."""
        path = _external(locator)
        if path is None:
            return self.inner.open(locator, byte_range)
        handle, size = _open(path)
        start, end = (byte_range or _WHOLE).within(size)
        return io.BufferedReader(Window(handle, start, end, _failure))

    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges; an external file is opened once."""
        path = _external(locator)
        if path is None:
            return self.inner.read_ranges(locator, ranges)
        handle, size = _open(path)
        try:
            bounds = [byte_range.within(size) for byte_range in ranges]
            return [read_at(handle, end - start, start) for start, end in bounds]
        except OSError as error:
            raise _failure(error) from error
        finally:
            os.close(handle)

    def stat(self, locator: str) -> Stored:
        """Return the size and time of an object or external file."""
        path = _external(locator)
        if path is None:
            return self.inner.stat(locator)
        try:
            status = path.stat()
        except OSError as error:
            raise _failure(error) from error
        if not stat.S_ISREG(status.st_mode):
            raise _not_there()
        return Stored(locator, status.st_size, status.st_mtime, owned=False)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete objects; external files stay, and count as gone."""
        inner = [locator for locator in locators if external_path(locator) is None]
        deletions = iter(self.inner.delete(inner) if inner else ())
        return [
            next(deletions) if external_path(locator) is None else Deletion(locator) for locator in locators
        ]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield the inner storage's objects."""
        return self.inner.list(prefix)

    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        """Splice an object of the inner storage; an external file cannot be."""
        if external_path(locator) is not None:
            raise NotSupportedError("a file registered where it lies cannot be spliced: import it first")
        return self.inner.splice(locator, key, offset, delete_length, data)

    def presigned_url(self, locator: str, seconds: int) -> str:
        """Return a URL of an object of the inner storage; an external file has none."""
        if external_path(locator) is not None:
            raise NotSupportedError("a file registered where it lies has no URL: read it through the archive")
        return self.inner.presigned_url(locator, seconds)

    def tier_of(self, locator: str) -> str:
        """Return the tier of an object of the inner storage; an external file is in none."""
        if external_path(locator) is not None:
            raise NotSupportedError("a file registered where it lies is in no tier: import it first")
        return self.inner.tier_of(locator)

    def tier_for(self, traits: Traits) -> str:
        """Return where the inner storage wants an object."""
        return self.inner.tier_for(traits)

    def discard_unfinished(self, older_than: float) -> int:
        """Remove what the inner storage left behind."""
        return self.inner.discard_unfinished(older_than)

    def local_path(self, locator: str) -> Path:
        """Return the path of an external file, or of an object if the inner storage can."""
        path = _external(locator)
        if path is None:
            return self.inner.local_path(locator)
        self.stat(locator)
        return path

    def locator_of(self, path: Path) -> str | None:
        """Return the inner storage's locator for a path."""
        return self.inner.locator_of(path)

    def folders(self) -> tuple[Path, ...]:
        """Return the inner storage's folders."""
        return self.inner.folders()

    def notes(self) -> Iterator[str]:
        """Yield what the inner storage notes."""
        return self.inner.notes()

    def close(self) -> None:
        """Close the inner storage."""
        self.inner.close()


def _external(locator: str) -> Path | None:
    """Return the path in the locator of an external file; None for another storage's locator.

    Raises:
        NotFoundError: it begins like one, and no file can be registered under it.
    """
    path = external_path(locator)
    if path is None:
        return None
    try:
        if external_locator(path) == locator:
            return path
    except InvalidValueError:
        pass
    raise _not_there()


def _open(path: Path) -> tuple[int, int]:
    """Return an open file and its size."""
    try:
        handle = os.open(path, _READ)
    except OSError as error:
        raise _failure(error) from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise _not_there()
    return handle, status.st_size


def _failure(error: OSError) -> NotFoundError | StorageError:
    error.filename = None  # names of others' files may tell of patients
    if error.errno in _GONE:
        return _not_there()
    return StorageError(
        f"a file registered where it lies cannot be read ({error.strerror or type(error).__name__}): "
        "check its disk and its permissions"
    )


def _not_there() -> NotFoundError:
    return NotFoundError(
        "a file registered where it lies is not there: bring it back, or register it at its new place with "
        "overwrite 'always'"
    )
