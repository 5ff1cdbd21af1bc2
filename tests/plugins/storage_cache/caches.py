"""What the tests of the cache share: a storage behind it that can be watched, stopped and broken."""

from __future__ import annotations

import contextlib
import io
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from fileroom.errors import StorageError
from fileroom.storage import ByteRange, Deletion, PutItem, StorageCapabilities, Stored, buffers
from fileroom.testing.memory_storage import MemoryStorage
from fileroom.testing.storage_case import PATIENCE
from fileroom_plugins.storage_cache.storage import CacheStorage

places: dict[Path, dict[str, tuple[bytes, float]]] = defaultdict(dict)
"""The objects of the memory storages behind, by the folder of a run."""

SIZE = 1 << 30


class Distant(MemoryStorage):
    """A storage behind the cache.

    Attributes:
        down: whether it is out of reach.
        opened: the locators that were opened, in order.
        fetched: how many bytes were read from it.
        put_items: the items that were put.
        open_gate: cleared, it makes puts wait.
        at_gate: set when a put waits there, or has gone through.
        refuses: the keys of objects that it does not take.
        loses_answers: whether the next put fails although it is done.
    """

    capabilities = StorageCapabilities(
        splice=True, conditional_create=True, presigned_url=True, key_locators=True
    )

    def __init__(self, objects: dict[str, tuple[bytes, float]] | None = None) -> None:
        super().__init__(objects)
        self.down = False
        self.opened: list[str] = []
        self.fetched = 0
        self.put_items: list[PutItem] = []
        self.open_gate = threading.Event()
        self.open_gate.set()
        self.at_gate = threading.Event()
        self.refuses: set[str] = set()
        self.loses_answers = False

    @property
    def keys(self) -> set[str]:
        return set(self._objects)

    def check(self) -> None:
        if self.down:
            raise StorageError("storage distant: out of reach: wait")

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        self.check()
        items = [replace(item, source=b"".join(buffers(item.source))) for item in items]
        self.at_gate.set()
        assert self.open_gate.wait(PATIENCE)
        if self.refuses & {item.key for item in items}:
            raise StorageError("storage distant: does not like this one")
        stored = super().put_many(items)
        self.put_items += items
        if self.loses_answers:
            self.loses_answers = False
            raise StorageError("storage distant: the answer was lost")
        return stored

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        self.check()
        self.opened.append(locator)
        data, _ = self._get(locator)
        start, end = (byte_range or ByteRange()).within(len(data))
        return io.BufferedReader(_Fetched(self, data[start:end]))

    def stat(self, locator: str) -> Stored:
        self.check()
        return super().stat(locator)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        if self.down:
            return [Deletion(locator, StorageError("storage distant: out of reach")) for locator in locators]
        return super().delete(locators)

    def presigned_url(self, locator: str, seconds: int) -> str:
        return f"https://distant.example/{locator}?for={seconds}&there={locator in self._objects}"

    def list(self, prefix: str = "") -> Iterator[Stored]:
        self.check()
        return super().list(prefix)


class _Fetched(io.BytesIO):
    """Bytes that are counted."""

    name = ""

    def __init__(self, distant: Distant, data: bytes) -> None:
        super().__init__(data)
        self._distant = distant

    def readinto(self, buffer: Any) -> int:
        self._distant.check()
        size = super().readinto(buffer)
        self._distant.fetched += size
        return size

    def read(self, size: int | None = -1) -> bytes:
        self._distant.check()
        data = super().read(size)
        self._distant.fetched += len(data)
        return data


def cache_of(behind: MemoryStorage, folder: Path, **options: Any) -> CacheStorage:
    """Open a cache before a storage, in a folder."""
    return CacheStorage(lambda: behind, folder, **{"max_bytes": SIZE, **options})


def copies_in(folder: Path) -> list[Path]:
    """Return the files of copies in a cache's folder, those in the making too."""
    return sorted(path for path in (folder / "copies").rglob("*") if path.is_file())


def bytes_in(folder: Path) -> int:
    """Return how many bytes the copies in a cache's folder have, of which some may go meanwhile."""
    size = 0
    for path in copies_in(folder):
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def waiting_in(folder: Path) -> set[str]:
    """Return the keys of objects that wait in a cache's folder."""
    return {path.name for path in (folder / "pending").glob("????????-*")}


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread or process does.

    Raises:
        AssertionError: it does not.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.005)
