"""Fixtures: storages in databases without anything in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from fileroom_plugins.databases.opening import open_database, open_sqlite
from fileroom_plugins.storage_sql.schema import catalog
from fileroom_plugins.storage_sql.storage import SqlStorage
from tests.servers import mariadb, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.servers.folder import ServerFolder

CHUNK_SIZE = 16
"""Bytes of a chunk where tests want many of them."""


@pytest.fixture(scope="session")
def _filled_postgres(_postgres: str) -> Iterator[str]:
    with postgres.database(_postgres) as url:
        yield url


@pytest.fixture
def postgres_storage_url(_filled_postgres: str) -> str:
    """A PostgreSQL database with a storage without anything in it: emptying is quicker than making one."""
    return _emptied(_filled_postgres)


@pytest.fixture(scope="session")
def _filled_mariadb(server_folder: ServerFolder) -> Iterator[str]:
    if not mariadb.available():
        pytest.skip(f"not installed: mariadb ({mariadb.HINT})")
    with mariadb.database(server_folder) as url:
        yield url


@pytest.fixture
def mariadb_storage_url(_filled_mariadb: str) -> str:
    """A MariaDB database with a storage without anything in it, likewise."""
    return _emptied(_filled_mariadb)


def _emptied(url: str) -> str:
    storage = SqlStorage(open_database(url), chunk_size=CHUNK_SIZE)
    storage.database.write(_empty)
    storage.close()
    return url


def _empty(connection: Connection) -> None:
    for table in catalog.sorted_tables:
        if table.name != "storage_info":
            connection.execute(delete(table))


@pytest.fixture(params=["sqlite", "postgres", pytest.param("mariadb", marks=pytest.mark.slow)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStorage]:
    """A storage with small chunks."""
    if request.param == "sqlite":
        database = open_sqlite(tmp_path / "objects.sqlite", "normal")
    else:
        database = open_database(request.getfixturevalue(f"{request.param}_storage_url"))
    opened = SqlStorage(database, chunk_size=CHUNK_SIZE)
    yield opened
    opened.close()
