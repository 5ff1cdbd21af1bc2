"""Fixtures: databases of somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.table_feed.tables import Database, sqlite_database
from tests.servers import mariadb as mariadb_server
from tests.servers import postgres as postgres_server
from tests.servers.folder import ServerFolder

BACKENDS = ("sqlite", "postgres", "mariadb")


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """An SQLite file of a test's own."""
    database = sqlite_database(tmp_path)
    yield database
    database.engine.dispose()


@pytest.fixture(scope="session")
def _postgres_of_all(_postgres: str) -> Iterator[str]:
    with postgres_server.database(_postgres) as url:
        yield url


@pytest.fixture
def postgres(_postgres_of_all: str) -> Iterator[Database]:
    """A PostgreSQL database without anything in it: emptying one is quicker than making one."""
    database = Database(_postgres_of_all)
    yield database
    database.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


@pytest.fixture(scope="session")
def _mariadb_of_all(server_folder: ServerFolder) -> Iterator[str]:
    if not mariadb_server.available():
        pytest.skip(f"not installed: mariadb ({mariadb_server.HINT})")
    with mariadb_server.database(server_folder) as url:
        yield url


@pytest.fixture
def mariadb(_mariadb_of_all: str) -> Iterator[Database]:
    """A MariaDB database without anything in it, likewise."""
    database = Database(_mariadb_of_all)
    yield database
    database.clear()


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest) -> Database:
    """A database of each kind that the tests can have."""
    database: Database = request.getfixturevalue(request.param)
    return database
