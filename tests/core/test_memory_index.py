"""The reference index keeps every promise; so does one that has nothing but the contract's defaults."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from fileroom.index import Index, IndexCapabilities
from fileroom.testing.index import IndexContract
from fileroom.testing.index_machine import index_machine
from fileroom.testing.index_restore import RestoreContract, WithoutHistoryContract
from fileroom.testing.index_upkeep import AgeContract, CompactContract
from fileroom.testing.memory_index import MemoryIndex

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.testing.index_case import OpenIndex


class TestMemoryIndex(IndexContract):
    @pytest.fixture
    def open_index(self) -> OpenIndex:
        store = MemoryIndex.Store()
        return lambda tags: MemoryIndex(tags, store)


class IndexWithoutHistory(MemoryIndex):
    """The reference index with the defaults of the contract in the place of what it can do."""

    capabilities = IndexCapabilities()
    restore = Index.restore


class TestDefaults(RestoreContract, WithoutHistoryContract, AgeContract, CompactContract):
    @pytest.fixture
    def open_index(self) -> OpenIndex:
        store = MemoryIndex.Store()
        return lambda tags: IndexWithoutHistory(tags, store)


_stores: dict[Path, MemoryIndex.Store] = defaultdict(MemoryIndex.Store)

TestMemoryIndexLife = index_machine(lambda folder, tags: MemoryIndex(tags, _stores[folder]))
TestDefaultsLife = index_machine(lambda folder, tags: IndexWithoutHistory(tags, _stores[folder]))
