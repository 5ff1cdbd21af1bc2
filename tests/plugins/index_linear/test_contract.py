"""The linear index keeps every promise of the index contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.testing.index import IndexContract
from fileroom_plugins.index_linear.index import LinearIndex

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.testing.index_case import OpenIndex


class TestLinearIndex(IndexContract):
    @pytest.fixture
    def open_index(self, tmp_path: Path) -> OpenIndex:
        return lambda tags: LinearIndex(tmp_path / "area", tags)
