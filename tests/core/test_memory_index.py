"""The reference index keeps every promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.testing.index import IndexContract
from fileroom.testing.memory_index import MemoryIndex

if TYPE_CHECKING:
    from fileroom.testing.index_case import OpenIndex


class TestMemoryIndex(IndexContract):
    @pytest.fixture
    def open_index(self) -> OpenIndex:
        store = MemoryIndex.Store()
        return lambda tags: MemoryIndex(tags, store)
