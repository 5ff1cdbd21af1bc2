"""Transactions on a database: each by itself, several held together, and one database for all who open it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from fileroom.errors import CatalogError, ConfigError
from fileroom_plugins.databases.opening import open_database, open_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from fileroom_plugins.databases.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_sqlite(tmp_path / "some.sqlite")
    opened.write(lambda connection: connection.execute(text("CREATE TABLE seen (id INTEGER PRIMARY KEY)")))
    yield opened
    opened.close()


def add(number: int) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO seen VALUES (:number)"), {"number": number})

    return work


def seen(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT id FROM seen ORDER BY id")).scalars())


def seen_by_another_thread(database: Database) -> list[int]:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.extend(seen(database)))
    thread.start()
    thread.join()
    return found


def test_what_is_written_in_a_unit_is_seen_by_its_thread_at_once_and_by_others_at_its_end(
    database: Database,
) -> None:
    with database.unit():
        database.write(add(1))
        database.write(add(2))
        assert seen(database) == [1, 2]
        assert seen_by_another_thread(database) == []
    assert seen_by_another_thread(database) == [1, 2]


def test_a_unit_that_is_left_by_an_error_has_done_nothing(database: Database) -> None:
    def fail() -> None:
        with database.unit():
            database.write(add(1))
            raise RuntimeError("lost interest")

    with pytest.raises(RuntimeError, match="lost interest"):
        fail()
    database.write(add(2))
    assert seen(database) == [2]


def test_a_write_that_fails_in_a_unit_is_undone_by_itself(database: Database) -> None:
    def two(connection: Connection) -> None:
        add(2)(connection)
        add(1)(connection)

    with database.unit():
        database.write(add(1))
        with pytest.raises(CatalogError, match="UNIQUE"):
            database.write(two)
        database.write(add(3))
    assert seen(database) == [1, 3]


def test_a_unit_in_a_unit_ends_with_the_outer_one(database: Database) -> None:
    with database.unit():
        with database.unit():
            database.write(add(1))
        assert seen_by_another_thread(database) == []
    assert seen(database) == [1]


def test_a_unit_holds_nobody_up_before_it_writes(database: Database) -> None:
    with database.unit():
        assert seen(database) == []
        thread = threading.Thread(target=lambda: database.write(add(1)))
        thread.start()
        thread.join(timeout=10)
        assert seen_by_another_thread(database) == seen(database) == [1]
        database.write(add(2))
        assert seen(database) == [1, 2]
        assert seen_by_another_thread(database) == [1]
    assert seen(database) == [1, 2]


def test_what_is_written_aside_of_a_unit_stays_when_that_comes_to_nothing(database: Database) -> None:
    def fail() -> None:
        with database.unit():
            database.write_aside(add(1))
            assert seen_by_another_thread(database) == [1]
            database.write(add(2))
            raise RuntimeError("lost interest")

    with pytest.raises(RuntimeError, match="lost interest"):
        fail()
    assert seen(database) == [1]


def test_what_is_written_aside_of_a_unit_that_has_begun_is_a_part_of_it(database: Database) -> None:
    with database.unit():
        database.write(add(1))
        database.write_aside(add(2))
        assert seen_by_another_thread(database) == []
    database.write_aside(add(3))
    assert seen(database) == [1, 2, 3]


def test_what_waits_for_the_commit_runs_behind_it_and_not_without_it(database: Database) -> None:
    told: list[tuple[int, list[int]]] = []

    def add_and_tell(number: int) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            database.once_committed(lambda: told.append((number, seen(database))))
            add(number)(connection)

        return work

    database.write(add_and_tell(1))
    with pytest.raises(CatalogError):
        database.write(add_and_tell(1))
    with database.unit():
        database.write(add_and_tell(2))
        with pytest.raises(CatalogError):
            database.write(add_and_tell(1))
        assert told == [(1, [1])]
    assert told == [(1, [1]), (2, [1, 2])]


def test_those_who_open_one_database_share_it_until_the_last_closes_it(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    first, second = open_sqlite(path), open_database(f"sqlite:///{path.as_posix()}")
    assert second is first
    first.close()
    second.write(lambda connection: connection.execute(text("CREATE TABLE seen (id INTEGER)")))
    second.close()
    third = open_sqlite(path)
    assert third is not first
    assert seen(third) == []
    third.close()


@pytest.mark.parametrize(
    "url", ["user:secret@host", "sqlite://", "sqlite:///:memory:", "nosuch://u:secret@h/d"]
)
def test_a_url_that_names_no_database_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_database(url)
    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None
