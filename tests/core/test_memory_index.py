"""The reference index keeps every promise."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.index import IndexContract
from fileroom.testing.index_machine import index_machine
from fileroom.testing.memory_index import MemoryIndex

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.testing.index_case import OpenIndex


class TestMemoryIndex(IndexContract):
    @pytest.fixture
    def open_index(self) -> OpenIndex:
        store = MemoryIndex.Store()
        return lambda tags: MemoryIndex(tags, store)


_stores: dict[Path, MemoryIndex.Store] = defaultdict(MemoryIndex.Store)

TestMemoryIndexLife = index_machine(lambda folder, tags: MemoryIndex(tags, _stores[folder]))
