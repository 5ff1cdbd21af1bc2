"""The SQLite index keeps every promise of the index contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.testing.index import IndexContract
from fileroom_plugins.index_sql.sqlite import Options, open_index

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.testing.index_case import OpenIndex


class TestSqliteIndex(IndexContract):
    @pytest.fixture
    def open_index(self, tmp_path: Path) -> OpenIndex:
        options = Options(path=tmp_path / "index.sqlite", synchronous="normal")
        return lambda tags: open_index(options, tags)
