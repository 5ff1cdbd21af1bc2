"""Fixtures: an index in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.tags import TagSet
from fileroom_plugins.index_sql.sqlite import Options, open_index
from tests.plugins.index_sql.servers import empty_postgres_index, postgres_index

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
def _postgres_index(_postgres: str) -> Iterator[str]:
    with postgres_index(_postgres) as url:
        yield url


@pytest.fixture
def postgres_index_url(_postgres_index: str) -> str:
    """A PostgreSQL database with an index without anything in it."""
    empty_postgres_index(_postgres_index)
    return _postgres_index
