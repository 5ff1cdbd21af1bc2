"""Making the tables, and refusing those that are not ours, or not yet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from fileroom.plugin import StorageError
from fileroom.testing.storage_case import content, new_key
from fileroom_plugins.databases.opening import open_database, open_sqlite
from fileroom_plugins.storage_sql import upgrade
from fileroom_plugins.storage_sql.schema import chunks
from fileroom_plugins.storage_sql.storage import SqlStorage

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from fileroom_plugins.databases.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "objects.sqlite"


def opened(path: Path) -> SqlStorage:
    return SqlStorage(open_sqlite(path), chunk_size=1_024)


def run(database: Database, statement: str) -> None:
    database.write(lambda connection: connection.execute(text(statement)))
    database.close()


def test_tables_of_others_are_left_alone(path: Path) -> None:
    run(open_sqlite(path), "CREATE TABLE patient (id INTEGER)")
    storage = opened(path)
    locator = storage.put(new_key(), b"beside them").locator
    assert content(storage, locator) == b"beside them"
    storage.close()
    run(open_sqlite(path), "SELECT id FROM patient")


@pytest.mark.parametrize("table", ["storage_object (id INTEGER)", "storage_info (name TEXT, value TEXT)"])
def test_tables_with_our_names_that_are_not_ours_are_refused(path: Path, table: str) -> None:
    run(open_sqlite(path), f"CREATE TABLE {table}")
    with pytest.raises(StorageError, match="not those of a storage: point \\[storage\\] to another database"):
        opened(path)


def test_tables_of_a_newer_version_are_refused(path: Path) -> None:
    opened(path).close()
    run(open_sqlite(path), "UPDATE storage_info SET value = '99'")
    with pytest.raises(StorageError, match="newer version of Fileroom: upgrade this one"):
        opened(path)


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database " * 100)
    with pytest.raises(StorageError, match="is not an SQLite database"):
        opened(path)


def test_tables_of_an_older_version_are_brought_up_to_date_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = opened(path)
    locator = storage.put(new_key(), b"kept").locator
    storage.close()
    done = []

    def step(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE storage_object ADD COLUMN note TEXT"))
        done.append(1)

    monkeypatch.setattr(upgrade, "UPGRADES", (step,))
    for _ in range(2):
        storage = opened(path)
        assert content(storage, locator) == b"kept"
        storage.close()
    assert done == [1]


def test_an_upgrade_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(path).close()

    def step(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE storage_object ADD COLUMN note TEXT"))
        connection.execute(text("no SQL"))

    monkeypatch.setattr(upgrade, "UPGRADES", (step,))
    with pytest.raises(StorageError):
        opened(path)
    monkeypatch.undo()
    opened(path).close()
    with pytest.raises(Exception, match="note"):
        run(open_sqlite(path), "SELECT note FROM storage_object")


def test_several_who_open_a_new_database_at_once_make_the_tables_once(postgres_url: str) -> None:
    def open_and_put(number: int) -> str:
        storage = SqlStorage(open_database(postgres_url), chunk_size=1_024)
        locator = storage.put(new_key(), str(number).encode()).locator
        storage.close()
        return locator

    with ThreadPoolExecutor(4) as pool:
        locators = list(pool.map(open_and_put, range(4)))
    storage = SqlStorage(open_database(postgres_url), chunk_size=1_024)
    assert [content(storage, locator) for locator in locators] == [b"0", b"1", b"2", b"3"]
    storage.close()


def test_postgres_keeps_chunks_as_they_are_and_beside_the_rows(postgres_storage_url: str) -> None:
    database = open_database(postgres_storage_url)
    with database.read() as connection:
        found = connection.scalar(
            text(
                "SELECT attstorage FROM pg_attribute "
                "WHERE attrelid = 'storage_chunk'::regclass AND attname = 'data'"
            )
        )
    database.close()
    assert found in ("e", b"e")


@pytest.mark.slow
def test_tables_that_were_half_made_are_completed_where_each_is_made_by_itself(mariadb_url: str) -> None:
    database = open_database(mariadb_url)
    database.write(chunks.create)
    database.close()
    storage = SqlStorage(open_database(mariadb_url), chunk_size=1_024)
    assert content(storage, storage.put(new_key(), b"complete").locator) == b"complete"
    storage.close()
