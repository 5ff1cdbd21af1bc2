"""The SQL indexes and the reference index lead the same life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from fileroom.testing.index_machine import index_machine
from fileroom_plugins.index_sql.sqlite import Options, open_index
from tests.thorough import times

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.index import Index
    from fileroom.tags import TagSet
    from tests.plugins.index_sql.servers import ServerIndex

SHORT = settings(max_examples=4, stateful_step_count=15, deadline=None)
LONG = settings(max_examples=times(10), stateful_step_count=20, deadline=None)


def opened(folder: Path, tags: TagSet) -> Index:
    return open_index(Options(folder / "index.sqlite", synchronous="normal"), tags)


TestSqliteIndexLife = index_machine(opened)
TestSqliteIndexLife.settings = SHORT  # type: ignore[attr-defined]

TestSqliteIndexLongLife = pytest.mark.slow(index_machine(opened))


def live(server: ServerIndex, length: settings) -> None:
    """Lead lives in an index on a server: who opens it in a new folder finds nothing in it."""

    def opened_anew(folder: Path, tags: TagSet) -> Index:
        known = folder / "known"
        if not known.exists():
            server.empty()
            known.touch()
        return server.open(tags)

    life = index_machine(opened_anew)
    life.settings = length  # type: ignore[attr-defined]
    life("runTest").debug()


def test_the_life_of_an_index_in_postgres(postgres_index: ServerIndex) -> None:
    live(postgres_index, SHORT)


def test_the_life_of_an_index_in_mariadb(mariadb_index: ServerIndex) -> None:
    live(mariadb_index, SHORT)


@pytest.mark.slow
def test_the_long_life_of_an_index_in_postgres(postgres_index: ServerIndex) -> None:
    live(postgres_index, LONG)


@pytest.mark.slow
def test_the_long_life_of_an_index_in_mariadb(mariadb_index: ServerIndex) -> None:
    live(mariadb_index, LONG)
