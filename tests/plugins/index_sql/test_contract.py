"""The SQL indexes keep every promise of the index contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.testing.index import IndexContract
from fileroom_plugins.index_sql import sqlite
from tests.plugins.index_sql.servers import ServerIndex

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.testing.index_case import OpenIndex


class TestSqliteIndex(IndexContract):
    @pytest.fixture
    def open_index(self, tmp_path: Path) -> OpenIndex:
        options = sqlite.Options(path=tmp_path / "index.sqlite", synchronous="normal")
        return lambda tags: sqlite.open_index(options, tags)


class TestPostgresIndex(IndexContract):
    @pytest.fixture
    def open_index(self, postgres_index: ServerIndex) -> OpenIndex:
        return postgres_index.open


class TestMariadbIndex(IndexContract):
    @pytest.fixture
    def open_index(self, mariadb_index: ServerIndex) -> OpenIndex:
        return mariadb_index.open
