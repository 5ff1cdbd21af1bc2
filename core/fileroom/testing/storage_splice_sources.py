"""The part of the storage kit about what is spliced in.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from fileroom.storage import CHUNK
from fileroom.testing.storage_case import BrokenSource, StorageCase, content, listed, new_key, sample
from fileroom.testing.storage_put import SOURCES
from fileroom.testing.storage_splice import SIZE, needs_splice

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.storage import Storage


class SpliceSourcesContract(StorageCase):
    """Splicing in whatever can be put."""

    @pytest.mark.parametrize("kind", SOURCES)
    def test_every_kind_of_source_is_spliced_in(self, storage: Storage, tmp_path: Path, kind: str) -> None:
        needs_splice(storage)
        data = sample(CHUNK + 12, 9)
        source = SOURCES[kind](tmp_path, data)
        old = storage.put(new_key(), sample(1_000))
        spliced = storage.splice(old.locator, new_key(), 500, 250, source)
        if isinstance(source, io.IOBase):
            source.close()
        assert content(storage, spliced.locator) == sample(1_000)[:500] + data + sample(1_000)[750:]

    def test_an_object_can_be_spliced_into_itself(self, storage: Storage) -> None:
        needs_splice(storage)
        old = storage.put(new_key(), sample(SIZE))
        with storage.open(old.locator) as file:
            spliced = storage.splice(old.locator, new_key(), 3, 0, file)
        assert content(storage, spliced.locator) == sample(SIZE)[:3] + sample(SIZE) + sample(SIZE)[3:]

    @pytest.mark.parametrize("after", [0, 10, 2 * CHUNK], ids=["at once", "soon", "late"])
    def test_a_source_that_fails_while_spliced_in_leaves_nothing(self, storage: Storage, after: int) -> None:
        needs_splice(storage)
        key, old = new_key(), storage.put(new_key(), sample(SIZE))
        error = RuntimeError("broken")
        with pytest.raises(RuntimeError) as raised:
            storage.splice(old.locator, key, 5, 5, BrokenSource(error, after))
        assert raised.value is error
        assert listed(storage) == {old.locator: SIZE}
        assert content(storage, old.locator) == sample(SIZE)
        again = storage.splice(old.locator, key, None, 0, b"the key is as good as new")
        assert content(storage, again.locator) == sample(SIZE) + b"the key is as good as new"

    def test_what_is_spliced_in_is_never_held_whole(self, storage: Storage) -> None:
        needs_splice(storage)
        if self.holds_in_memory:
            pytest.skip("this storage keeps its objects in memory")
        piece = bytes(CHUNK)
        old = storage.put(new_key(), (piece for _ in range(24)))
        tracemalloc.start()
        try:
            spliced = storage.splice(old.locator, new_key(), 5, CHUNK, (piece for _ in range(48)))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert spliced.size == 71 * CHUNK
        assert peak < 16 * CHUNK
