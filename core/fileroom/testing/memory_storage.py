"""The shortest storage that keeps every promise, as far as memory can: for tests, examples, and to read."""

from __future__ import annotations

import io
import itertools
import threading
import time
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from fileroom.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from fileroom.storage import ByteRange, Deletion, Storage, StorageCapabilities, Stored, buffers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.storage import PutItem, Source

    Objects: TypeAlias = dict[str, tuple[bytes, float]]


class _Bytes(io.BytesIO):
    name = ""  # pydicom asks a buffered reader for it


class MemoryStorage(Storage):
    """A storage in memory.

    Args:
        objects: where they are kept; two storages with one dictionary are one storage opened twice.
    """

    capabilities = StorageCapabilities(splice=True, conditional_create=True, key_locators=True)
    _lock = threading.Lock()

    def __init__(self, objects: Objects | None = None) -> None:
        self._objects: Objects = {} if objects is None else objects

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects; they appear together."""
        new: Objects = {}
        for item in items:
            if item.key in new:
                raise AlreadyExistsError(f"storage: key {item.key} stands in one call twice")
            new[item.key] = b"".join(buffers(item.source)), time.time()
        with self._lock:
            for key in new.keys() & self._objects.keys():
                raise AlreadyExistsError(f"storage: key {key} has an object already")
            self._objects.update(new)
        return [Stored(key, len(data), modified) for key, (data, modified) in new.items()]

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object, or a range of it."""
        data, _ = self._get(locator)
        start, end = (byte_range or ByteRange()).within(len(data))
        return io.BufferedReader(_Bytes(data[start:end]))

    def stat(self, locator: str) -> Stored:
        """Return an object's size and time."""
        data, modified = self._get(locator)
        return Stored(locator, len(data), modified)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete objects."""
        for locator in locators:
            self._objects.pop(locator, None)
        return [Deletion(locator) for locator in locators]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield what is there now."""
        for locator, (data, modified) in self._objects.copy().items():
            if locator.startswith(prefix):
                yield Stored(locator, len(data), modified)

    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        """Store what an object would read like with a part of it replaced."""
        old, _ = self._get(locator)
        start = len(old) if offset is None else offset
        end = len(old) if delete_length is None else start + delete_length
        if not 0 <= start <= len(old) or end < start:
            raise InvalidValueError(f"storage: no bytes lie at {start}..{end} of an object of {len(old)}")
        return self.put(key, itertools.chain([old[:start]], buffers(data), [old[end:]]))  # type: ignore[arg-type]  # buffers

    def _get(self, locator: str) -> tuple[bytes, float]:
        try:
            return self._objects[locator]
        except KeyError:
            raise NotFoundError("storage: the object is not there") from None
