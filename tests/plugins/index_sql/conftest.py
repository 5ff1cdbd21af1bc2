"""Fixtures: an index in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.tags import TagSet
from fileroom_plugins.index_sql.sqlite import Options, open_index
from tests.plugins.index_sql.servers import ServerIndex
from tests.servers import mariadb, postgres
from tests.servers.folder import ServerFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom.index import Index


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.sqlite"


@pytest.fixture
def index(path: Path) -> Iterator[Index]:
    opened = open_index(Options(path), TagSet.default())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def _postgres_index(_postgres: str) -> Iterator[ServerIndex]:
    with postgres.database(_postgres) as url:
        made = ServerIndex.made(url)
        yield made
        made.database.close()


@pytest.fixture
def postgres_index(_postgres_index: ServerIndex) -> ServerIndex:
    """An index without anything in it, in PostgreSQL."""
    _postgres_index.empty()
    return _postgres_index


@pytest.fixture(scope="session")
def _mariadb_index(server_folder: ServerFolder) -> Iterator[ServerIndex]:
    if not mariadb.available():
        pytest.skip(f"not installed: mariadb ({mariadb.HINT})")
    with mariadb.database(server_folder) as url:
        made = ServerIndex.made(url)
        yield made
        made.database.close()


@pytest.fixture
def mariadb_index(_mariadb_index: ServerIndex) -> ServerIndex:
    """An index without anything in it, in MariaDB."""
    _mariadb_index.empty()
    return _mariadb_index
