"""The storage contract, kept on every database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from fileroom.testing.storage import StorageContract
from fileroom.testing.storage_machine import storage_machine
from fileroom_plugins.databases.opening import open_database, open_sqlite
from fileroom_plugins.storage_sql.storage import SqlStorage

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.testing.storage_case import OpenStorage

CHUNK_SIZE = 262_144


class TestSqlite(StorageContract):
    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: SqlStorage(open_sqlite(tmp_path / "objects.sqlite", "normal"), chunk_size=CHUNK_SIZE)


class TestPostgres(StorageContract):
    @pytest.fixture
    def open_storage(self, postgres_storage_url: str) -> OpenStorage:
        return lambda: SqlStorage(open_database(postgres_storage_url), chunk_size=CHUNK_SIZE)


@pytest.mark.slow
class TestMariadb(StorageContract):
    @pytest.fixture
    def open_storage(self, mariadb_storage_url: str) -> OpenStorage:
        return lambda: SqlStorage(open_database(mariadb_storage_url), chunk_size=CHUNK_SIZE)


TestLife = storage_machine(
    lambda folder: SqlStorage(open_sqlite(folder / "objects.sqlite", "normal"), chunk_size=1_000)
)
TestLife.settings = settings(TestLife.settings, max_examples=10)  # type: ignore[attr-defined]
