"""The Storage contract: where bytes live.

Every sentence of the docstrings below is a promise. `fileroom.testing.storage` holds each as a test
that a backend runs by subclassing, and the project keeps a broken backend for each that the tests reject.

Words: a *key* is chosen by the caller (a UUID in 36 characters); a *locator* is what the storage
returns for it, and is all that is needed to get the bytes back, by another process and after a
restart too.
"""

from __future__ import annotations

import abc
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias

from fileroom.errors import FileroomError, NotSupportedError

Source: TypeAlias = "bytes | memoryview | os.PathLike[str] | BinaryIO | Iterable[bytes]"
"""What can be stored: a buffer, a path, an open binary file (read from where it stands), or an
iterable of buffers. All but the first are read once, in pieces, and never held whole."""

CHUNK = 1 << 20
"""The piece size in bytes in which a source is read."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as the storage sees it.

    Attributes:
        locator: what gets the bytes back.
        size: in bytes.
        modified: when it was put, in seconds since 1970-01-01 UTC. `Storage.list` and `Storage.stat` tell,
            right to a minute (a sweep spares what is young); `Storage.put_many` need not.
    """

    locator: str
    size: int
    modified: float = 0.0


@dataclass(frozen=True, slots=True)
class PutItem:
    """One object to store.

    Attributes:
        key: a UUID in its usual 36 characters, never used before.
        source: the bytes.
        naming: DICOM keyword to value, for storages that an operator told to name objects readably; a
            hint, not trusted, and possibly empty.
    """

    key: str
    source: Source
    naming: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from ``start`` up to, not including, ``end``; ``end=None`` means to the end of the object.

    Raises:
        ValueError: a bound is negative, or the end lies before the start.
    """

    start: int = 0
    end: int | None = None

    def __post_init__(self) -> None:
        """Refuse ranges that no object could answer."""
        if self.start < 0 or (self.end is not None and self.end < self.start):
            raise ValueError(f"not a byte range: {self.start}..{self.end}")

    def within(self, size: int) -> tuple[int, int]:
        """Return start and end cut to an object of ``size`` bytes."""
        end = size if self.end is None else min(self.end, size)
        return min(self.start, end), end


@dataclass(frozen=True, slots=True)
class Deletion:
    """What became of one locator in `Storage.delete`; ``error`` is None where the object is gone."""

    locator: str
    error: FileroomError | None = None


@dataclass(frozen=True, slots=True)
class StorageCapabilities:
    """What a storage can do beyond what every storage must.

    Attributes:
        local_path: objects are ordinary files of this machine, and `Storage.local_path` names them.
        naming: `PutItem.naming` has an influence on where an object lies.
    """

    local_path: bool = False
    naming: bool = False


class Storage(abc.ABC):
    """Where bytes live. Write-once: an object is put, read, and deleted, but never changed.

    - Any thread may call any method at any time, and several processes may use one storage.
    - A reader never sees a partial object: an object is there whole or not at all.
    - Errors of the file system or driver arrive as `StorageError` (`StorageFullError` when space is
      short), with the cause attached.
    """

    capabilities: StorageCapabilities = StorageCapabilities()

    @abc.abstractmethod
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects; when this returns, all of them are durable, the names as well as the bytes.

        Durability is paid for once per call, so callers batch. The result has the order of the items.
        If one item fails, the call raises, and none of the objects of this call stays visible; a
        process that dies within the call leaves at most whole objects that nobody points at.

        Raises:
            AlreadyExistsError: a key already has an object, which stays as it was.
            StorageFullError: no space is left.
            StorageError: anything else.
        """

    def put(self, key: str, source: Source, naming: Mapping[str, str] | None = None) -> Stored:
        """Store one object, durably. The same as `put_many` with one item."""
        return self.put_many([PutItem(key, source, naming or {})])[0]

    @abc.abstractmethod
    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object, or a range of it, for reading.

        The file is seekable, a context manager, and holds no more than a piece in memory. A range
        reads as if it were the whole object: position 0 is its first byte. A range that reaches past
        the end is cut there; one that starts past the end is empty.

        Raises:
            NotFoundError: there is no such object.
            StorageError: reading failed.
        """

    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges of one object, in the order asked for.

        Ranges may overlap and repeat; they are cut at the end as in `open`.

        Raises:
            NotFoundError: there is no such object.
            StorageError: reading failed.
        """
        with self.open(locator) as file:
            parts = []
            for byte_range in ranges:
                file.seek(byte_range.start)
                length = -1 if byte_range.end is None else byte_range.end - byte_range.start
                parts.append(file.read(length))
            return parts

    @abc.abstractmethod
    def stat(self, locator: str) -> Stored:
        """Return an object's size and time without reading it.

        Raises:
            NotFoundError: there is no such object.
            StorageError: the storage could not tell.
        """

    @abc.abstractmethod
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete objects; one `Deletion` for each locator, in order.

        Deleting what is already gone is success. One failure does not keep the others from being
        deleted, and nothing is raised for it.
        """

    @abc.abstractmethod
    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield every whole object whose locator starts with ``prefix``, in any order, each once.

        Objects that are put or deleted while the listing runs may or may not appear; all others do.
        Never yields what a `put_many` has not finished writing.

        Raises:
            StorageError: listing failed; never a silently shortened list.
        """

    def discard_unfinished(self, older_than: float) -> int:
        """Remove what interrupted `put_many` calls left behind, if older than so many seconds.

        Returns how many were removed. Whole objects are never touched. A storage that leaves nothing
        behind need not override this.
        """
        del older_than
        return 0

    def local_path(self, locator: str) -> Path:
        """Return the path of an object's own file, to be read only.

        Raises:
            NotSupportedError: the capability ``local_path`` is not there.
            NotFoundError: there is no such object.
        """
        raise NotSupportedError(f"{type(self).__name__} keeps no local files: cannot name a path for {locator}")

    def close(self) -> None:
        """Release what the storage holds. May be called twice; no other call may follow."""


def buffers(source: Source) -> Iterator[bytes | memoryview]:
    """Yield a source's bytes in pieces of at most `CHUNK` bytes (iterables: as they come).

    A path is opened and closed here; an open file is left open, where it ends.

    Raises:
        OSError: the source could not be read.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        view = memoryview(source).cast("B")
        yield from (view[i : i + CHUNK] for i in range(0, len(view), CHUNK))
    elif isinstance(source, os.PathLike):
        with Path(source).open("rb", buffering=0) as file:
            while piece := file.read(CHUNK):
                yield piece
    elif hasattr(source, "read"):
        while piece := source.read(CHUNK):
            yield piece
    else:
        yield from source
