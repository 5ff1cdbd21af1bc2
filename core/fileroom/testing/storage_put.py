"""The part of the storage kit about storing.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import io
import tracemalloc
import unicodedata
from array import array
from typing import TYPE_CHECKING

import pytest

from fileroom.storage import CHUNK
from fileroom.testing.storage_case import NAMINGS, SIZES, StorageCase, content, new_item, new_key, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fileroom.storage import Source, Storage


def _file_at_7(folder: Path, data: bytes) -> Source:
    path = folder / "longer"
    path.write_bytes(b"skipped" + data)
    file = path.open("rb")
    file.seek(7)
    return file


def _path(folder: Path, data: bytes) -> Source:
    path = folder / "source"
    path.write_bytes(data)
    return path


SOURCES: Mapping[str, Callable[[Path, bytes], Source]] = {
    "bytes": lambda _, data: data,
    "memoryview": lambda _, data: memoryview(data),
    "memoryview of numbers": lambda _, data: memoryview(array("H", data)),
    "path": _path,
    "open file": lambda _, data: io.BytesIO(data),
    "open file, from where it stands": _file_at_7,
    "list of buffers": lambda _, data: [data[:5], b"", data[5:]],
    "generator of odd buffers": lambda _, data: (data[i : i + 4_999] for i in range(0, len(data), 4_999)),
    "one huge buffer in a list": lambda _, data: [data],
    "memoryviews in a list": lambda _, data: [memoryview(array("H", data))],  # type: ignore[list-item]
}


class PutContract(StorageCase):
    """Storing objects."""

    @pytest.mark.parametrize("size", SIZES)
    def test_bytes_come_back_as_they_were_put(self, storage: Storage, size: int) -> None:
        stored = storage.put(new_key(), sample(size))
        assert stored.size == size
        assert content(storage, stored.locator) == sample(size)

    @pytest.mark.parametrize("kind", SOURCES)
    def test_every_kind_of_source_is_stored(self, storage: Storage, tmp_path: Path, kind: str) -> None:
        data = sample(2 * CHUNK + 12)
        source = SOURCES[kind](tmp_path, data)
        stored = storage.put(new_key(), source)
        if isinstance(source, io.IOBase):
            source.close()
        assert (stored.size, content(storage, stored.locator)) == (len(data), data)

    @pytest.mark.parametrize("kind", SOURCES)
    def test_every_kind_of_empty_source_is_stored(self, storage: Storage, tmp_path: Path, kind: str) -> None:
        source = SOURCES[kind](tmp_path, b"")
        stored = storage.put(new_key(), source)
        if isinstance(source, io.IOBase):
            source.close()
        assert (stored.size, content(storage, stored.locator)) == (0, b"")

    def test_an_open_file_is_left_open_where_it_ends(self, storage: Storage) -> None:
        file = io.BytesIO(sample(100))
        storage.put(new_key(), file)
        assert not file.closed
        assert file.tell() == 100

    def test_a_source_is_read_once(self, storage: Storage) -> None:
        readings = []

        class Counted:
            def __iter__(self) -> Iterator[bytes]:
                readings.append(1)
                yield b"once"

        storage.put_many([new_item(Counted()) for _ in range(5)])
        assert len(readings) == 5

    def test_results_have_the_order_of_the_items(self, storage: Storage) -> None:
        sizes = [5_000, 0, 300_000, 1, 70, 69, 2, 40_000] * 3
        stored = storage.put_many([new_item(sample(size, i)) for i, size in enumerate(sizes)])
        assert [one.size for one in stored] == sizes
        for i, one in enumerate(stored):
            assert content(storage, one.locator) == sample(sizes[i], i)

    def test_putting_nothing_returns_nothing(self, storage: Storage) -> None:
        assert storage.put_many([]) == []

    def test_locators_are_distinct_text_without_control_characters(self, storage: Storage) -> None:
        items = [new_item(b"same", naming) for naming in NAMINGS for _ in range(2)]
        locators = [one.locator for one in storage.put_many(items)]
        assert len(set(locators)) == len(items)
        for locator in locators:
            assert locator
            assert locator.encode("utf-8")
            assert not any(unicodedata.category(character) == "Cc" for character in locator)

    def test_an_unnamed_object_has_its_key_for_a_locator_where_that_is_told(self, storage: Storage) -> None:
        items = [new_item(b"same") for _ in range(3)]
        locators = [one.locator for one in storage.put_many(items)]
        if storage.capabilities.key_locators:
            assert locators == [item.key for item in items]

    def test_objects_with_equal_bytes_are_kept_apart(self, storage: Storage) -> None:
        one, other = storage.put_many([new_item(b"same"), new_item(b"same")])
        storage.delete([one.locator])
        assert content(storage, other.locator) == b"same"

    @pytest.mark.parametrize("naming", NAMINGS, ids=lambda naming: ascii(naming["PatientID"])[:20])
    def test_naming_is_a_hint_that_objects_may_share(
        self, storage: Storage, naming: Mapping[str, str]
    ) -> None:
        first = storage.put(new_key(), b"first", naming)
        second, third = storage.put_many([new_item(b"second", naming), new_item(b"third", naming)])
        found = [content(storage, one.locator) for one in (first, second, third)]
        assert found == [b"first", b"second", b"third"]

    def test_a_large_source_is_never_held_whole(self, storage: Storage) -> None:
        if self.holds_in_memory:
            pytest.skip("this storage keeps its objects in memory")
        piece = bytes(CHUNK)
        tracemalloc.start()
        try:
            stored = storage.put(new_key(), (piece for _ in range(48)))
            with storage.open(stored.locator) as file:
                while file.read(CHUNK):
                    pass
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert stored.size == 48 * CHUNK
        assert peak < 16 * CHUNK
