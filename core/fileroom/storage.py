"""The Storage contract: where bytes live.

Every sentence of the docstrings below is a promise. `fileroom.testing.storage` holds each as a test
that a backend runs by subclassing, and the project keeps a broken backend for each that the tests reject.
`fileroom.testing.memory_storage` is the shortest storage that keeps them.

Words: a *key* is chosen by the caller (a UUID in 36 characters); a *locator* is what the storage
returns for it, and is all that is needed to get the bytes back, by another process and after a
restart too. A locator is text that UTF-8 can hold, without control characters, and no two objects share one.
"""

from __future__ import annotations

import abc
import os
import re
from collections.abc import (  # noqa: TC003 - annotations are public API, resolvable at run time
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias

from fileroom.errors import FileroomError, InvalidValueError, NotSupportedError
from fileroom.model import Level

Source: TypeAlias = "bytes | memoryview | os.PathLike[str] | BinaryIO | Iterable[bytes]"
"""What can be stored: a buffer, a path, an open binary file (read from where it stands), or an
iterable of buffers. All but the first are read once, in pieces, and never held whole."""

CHUNK = 1 << 20
"""The piece size in bytes in which a source is read."""

EXTERNAL = "external:"
"""How locators of files begin that were registered where they lie, and belong to somebody else."""

_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as the storage sees it.

    Attributes:
        locator: what gets the bytes back.
        size: in bytes.
        modified: when it was put, in seconds since 1970-01-01 UTC. `Storage.list` and `Storage.stat` tell,
            right to a minute (a sweep spares what is young); `Storage.put_many` need not.
        owned: False for what another program put into this storage's folder. A rebuild may take it in; a
            sweep never deletes it, for the other program may still know it.
    """

    locator: str
    size: int
    modified: float = 0.0
    owned: bool = True


@dataclass(frozen=True, slots=True)
class PutItem:
    """One object to store.

    Attributes:
        key: a UUID in its usual 36 characters, in lower case, never used before.
        source: the bytes.
        naming: DICOM keyword to value, for storages that an operator told to name objects readably; a
            hint, not trusted, and possibly empty. Objects may share it.
        level: the level of the resource that the bytes belong to; None where it is not known, and for those
            of the archive itself.
        content_type: the number that they will be attached under, None likewise.
        size: in bytes, as far as it is known before the source is read; a hint, not trusted.
        tier: of a storage with tiers, the one to put it into; None leaves that to the storage, which goes by
            `Storage.tier_for`. One without tiers passes it over.

    Raises:
        InvalidValueError: the key is no such UUID, so no backend need look.
    """

    key: str
    source: Source
    naming: Mapping[str, str] = field(default_factory=dict)
    level: Level | None = None
    content_type: int | None = None
    size: int | None = None
    tier: str | None = None

    def __post_init__(self) -> None:
        """Refuse keys that could mean something else to a backend: a path, a wildcard."""
        if not _KEY.fullmatch(self.key):
            raise InvalidValueError("not a storage key: expected a UUID in 36 characters, in lower case")


@dataclass(frozen=True, slots=True)
class Traits:
    """What decides on the tier of an object (`Storage.tier_for`).

    Attributes:
        size: at rest, in bytes.
        level: as in `PutItem`.
        content_type: as in `PutItem`.
        age: for how many seconds the resource has been in the archive that the bytes belong to.
    """

    size: int
    level: Level | None = None
    content_type: int | None = None
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from ``start`` up to, not including, ``end``; ``end=None`` means to the end of the object.

    Raises:
        InvalidValueError: a bound is negative, or the end lies before the start.
    """

    start: int = 0
    end: int | None = None

    def __post_init__(self) -> None:
        """Refuse ranges that no object could answer."""
        if self.start < 0 or (self.end is not None and self.end < self.start):
            raise InvalidValueError(f"not a byte range: {self.start}..{self.end}")

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
        splice: `Storage.splice` is there, at a cost that goes with the change and not with the object.
        presigned_url: `Storage.presigned_url` is there.
        conditional_create: of calls in several processes with one key at the same time, at most one succeeds.
            Without it that holds for the calls of one process, and a key that has an object already is
            refused all the same.
        key_locators: an object that is put without `PutItem.naming` has its key for a locator: so it is known
            before the object is put.
        tiers: the names of the parts in which an operator told this storage to keep objects apart:
            `PutItem.tier` chooses one, `Storage.tier_of` and `Storage.tier_for` are there. Empty for most.
    """

    local_path: bool = False
    naming: bool = False
    splice: bool = False
    presigned_url: bool = False
    conditional_create: bool = False
    key_locators: bool = False
    tiers: tuple[str, ...] = ()


class Storage(abc.ABC):
    """Where bytes live. Write-once: an object is put, read, and deleted, but never changed.

    - Any thread may call any method at any time, and several processes may use one storage.
    - A reader never sees a partial object: an object is there whole or not at all.
    - What is stored stays, under the same locator and over restarts, until it is deleted.
    - A locator that this storage did not return names nothing: reading it is `NotFoundError`, deleting it
      is success, and nothing else is touched, whatever the text looks like.
    - Errors of the file system or driver arrive as `StorageError` (`StorageFullError` when space is
      short), with the cause attached; so do those of a file that `open` returned. No message holds a
      patient's data, not even where a locator does.

    Attributes:
        capabilities: what this one can do beyond that.
        database: what this storage has in common with an index that keeps its rows in the same database: an
            object by which the two know each other. None for most.
    """

    capabilities: StorageCapabilities = StorageCapabilities()
    database: object | None = None

    @abc.abstractmethod
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects; when this returns, all of them are durable, the names as well as the bytes.

        Durability is paid for once per call, so callers batch. The result has the order of the items,
        and is empty for none.

        Each source is read at most once, from start to end, by one thread at a time, which need not be
        the caller's; several sources may be read at the same time. Objects may become visible one by one
        before the call returns.

        If one item fails, the call raises, and none of the objects of this call stays visible; their keys
        are as good as new. A process that dies within the call leaves at most whole objects that nobody
        points at.

        Raises:
            AlreadyExistsError: a key already has an object, which stays as it was, or stands in this call
                twice. Of concurrent calls with one key, at most one succeeds. A storage that names objects
                by `PutItem.naming`, or has an object of that key in another tier, may not notice, and then
                keeps both objects.
            InvalidValueError: there is no such tier; nothing was stored.
            StorageFullError: no space is left.
            StorageError: anything else that failed in the storage.
            Exception: whatever reading a source raised, unchanged: it is not the storage's failure.
        """

    def put(self, key: str, source: Source, naming: Mapping[str, str] | None = None) -> Stored:
        """Store one object, durably. The same as `put_many` with one item."""
        return self.put_many([PutItem(key, source, naming or {})])[0]

    @abc.abstractmethod
    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object, or a range of it, for reading.

        The file is seekable, a context manager, and holds no more than a piece in memory. A range
        reads as if it were the whole object: position 0 is its first byte. A range that reaches past
        the end is cut there; one that starts past the end is empty. Each open file has a position of its
        own. One that is open while its object is deleted reads on or raises, but never reads other bytes.
        `pydicom.dcmread` takes the file as it is.

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
            size = file.seek(0, os.SEEK_END)
            parts = []
            for byte_range in ranges:
                start, end = byte_range.within(size)
                file.seek(start)
                parts.append(file.read(end - start))
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
        deleted, and nothing is raised for it. A deletion need not be durable: after a loss of power the
        object may be back.
        """

    @abc.abstractmethod
    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield every whole object whose locator starts with ``prefix``, in any order, each once.

        Objects that are put or deleted while the listing runs may or may not appear; all others do.
        Never yields what is not whole. A listing may be left before its end.

        Raises:
            StorageError: listing failed; never a silently shortened list.
        """

    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        """Store, under a new key, what an object would read like with a part of it replaced.

        From ``offset`` on, ``delete_length`` bytes give way to ``data``. An ``offset`` of None is the end of
        the object, to append; a ``delete_length`` of None, or one that reaches past the end, is all that
        follows, and 0 inserts. The object itself stays as it was, as long as it is not deleted, and is
        deleted like any other without harm to the new one. Durable when it returns, like a `put`.

        Raises:
            NotSupportedError: the capability ``splice`` is not there: read the object and put a new one.
            NotFoundError: there is no such object.
            InvalidValueError: the offset lies past the end of the object; nothing was stored.
            AlreadyExistsError: the key has an object.
            StorageFullError: no space is left.
            StorageError: anything else that failed in the storage.
            Exception: whatever reading ``data`` raised, unchanged; nothing was stored.
        """
        del locator, key, offset, delete_length, data
        raise NotSupportedError(f"{type(self).__name__} cannot splice: put the whole object under a new key")

    def presigned_url(self, locator: str, seconds: int) -> str:
        """Return a URL from which anybody who has it can read the object, for so many seconds, 1 or more.

        Nothing is asked of the server: whether the object is there shows when the URL is used.

        Raises:
            NotSupportedError: the capability ``presigned_url`` is not there, or not for this object.
            InvalidValueError: the time is longer, or shorter, than the server allows.
        """
        del locator, seconds
        raise NotSupportedError(f"{type(self).__name__} has no URLs: read the object through the archive")

    def tier_of(self, locator: str) -> str:
        """Return the tier that an object lies in, as its locator tells: nothing need be there.

        Raises:
            NotSupportedError: there are no tiers.
            NotFoundError: no object of this storage can have that locator.
        """
        del locator
        raise NotSupportedError(f"{type(self).__name__} has no tiers")

    def tier_for(self, traits: Traits) -> str:
        """Return the tier that an object is to lie in, by the operator's rules, now.

        What is put lies there from the beginning, as far as it is told what it is; age only adds up later.

        Raises:
            NotSupportedError: there are no tiers.
        """
        del traits
        raise NotSupportedError(f"{type(self).__name__} has no tiers")

    def discard_unfinished(self, older_than: float) -> int:
        """Remove what interrupted `put_many` calls left behind, if older than so many seconds.

        Returns how many were removed. Whole objects are never touched, nor is what a `put_many` has
        written to within that time. A storage that leaves nothing behind need not override this.

        Raises:
            StorageError: the storage could not be searched.
        """
        del older_than
        return 0

    def local_path(self, locator: str) -> Path:
        """Return the path of an object's own file, to be read only.

        Raises:
            NotSupportedError: the capability ``local_path`` is not there.
            NotFoundError: there is no such object.
        """
        del locator
        raise NotSupportedError(f"{type(self).__name__} keeps no local files: open the object instead")

    def locator_of(self, path: Path) -> str | None:
        """Return the locator that names this absolute path, or None if no object of this storage lies there.

        The answer comes from the name alone; nothing need be there. Without ``local_path`` it is None.
        """
        del path
        return None

    def folders(self) -> tuple[Path, ...]:
        """Return the folders of this machine that objects lie in, so that an import does not go into them."""
        return ()

    def notes(self) -> Iterator[str]:
        """Yield in words what an operator should know, a line each: ``fileroom stats`` shows it.

        No patient's values. It asks nothing of servers, and never raises.
        """
        yield from ()

    def close(self) -> None:  # noqa: B027 - most have nothing to release
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
        if piece is None:
            raise BlockingIOError("a source that would block cannot be stored: make it blocking")
    else:
        yield from source


def external_locator(path: Path) -> str:
    """Return the locator of a file that stays where it is: `EXTERNAL` and its absolute path.

    Raises:
        InvalidValueError: the path is not absolute, or holds what a locator may not: a control character, or
            bytes that are no text.
    """
    text = str(path)
    if not path.is_absolute() or not _TEXT.fullmatch(text):
        raise InvalidValueError(
            "not a file that can be registered: its path is relative, or is not plain text"
        )
    return EXTERNAL + text


def is_external(locator: str) -> bool:
    """Say whether a locator is that of an external file."""
    return locator.startswith(EXTERNAL)


def external_path(locator: str) -> Path | None:
    """Return the path in the locator of an external file; None for any other locator."""
    return Path(locator.removeprefix(EXTERNAL)) if locator.startswith(EXTERNAL) else None
