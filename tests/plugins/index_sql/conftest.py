"""Fixtures: an index in a file of its own."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from fileroom.tags import TagSet
from fileroom_plugins.index_sql.sqlite import Options, open_index
from tests.plugins.index_sql.servers import MakeServerIndex, ServerIndex
from tests.servers import mariadb, postgres

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
def make_server_index(request: pytest.FixtureRequest) -> Iterator[MakeServerIndex]:
    """Make an index in a database of its own, on the server of this name; it lasts as long as the run."""
    with ExitStack() as made:

        def make(name: str) -> ServerIndex:
            if name == "postgres":
                database = postgres.database(request.getfixturevalue("_postgres"))
            elif mariadb.available():
                database = mariadb.database(request.getfixturevalue("server_folder"))
            else:
                pytest.skip(f"not installed: mariadb ({mariadb.HINT})")
            index = ServerIndex.made(made.enter_context(database))
            made.callback(index.database.close)
            return index

        yield make


@pytest.fixture(scope="session")
def _postgres_index(make_server_index: MakeServerIndex) -> ServerIndex:
    return make_server_index("postgres")


@pytest.fixture
def postgres_index(_postgres_index: ServerIndex) -> ServerIndex:
    """An index without anything in it, in PostgreSQL."""
    _postgres_index.empty()
    return _postgres_index


@pytest.fixture(scope="session")
def _mariadb_index(make_server_index: MakeServerIndex) -> ServerIndex:
    return make_server_index("mariadb")


@pytest.fixture
def mariadb_index(_mariadb_index: ServerIndex) -> ServerIndex:
    """An index without anything in it, in MariaDB."""
    _mariadb_index.empty()
    return _mariadb_index
