"""The feed keeps the contract, over a table in each kind of database."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import delete

from fileroom.plugin import Feed
from fileroom.testing.feed import FeedContract
from tests.plugins.table_feed.tables import Database


class TablePlace:
    """A table of images."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = database.table()
        self.secrets = [database.password] if database.password else []

    def fill(self, objects: Sequence[bytes]) -> None:
        self._database.put(self._table, dict(enumerate(objects)))

    def open(self) -> Feed:
        return self._database.feed()

    def remove(self, data: bytes) -> None:
        with self._database.engine.begin() as connection:
            connection.execute(delete(self._table).where(self._table.c.image == data))

    def fail(self) -> None:
        self._table.drop(self._database.engine)

    def state(self) -> object:
        return self._database.rows(self._table)


class _Contract(FeedContract):
    @pytest.fixture
    def place(self, database: Database) -> TablePlace:
        return TablePlace(database)


class TestSqlite(_Contract):
    @pytest.fixture
    def database(self, sqlite: Database) -> Database:
        return sqlite


class TestPostgres(_Contract):
    @pytest.fixture
    def database(self, postgres: Database) -> Database:
        return postgres


class TestMariaDb(_Contract):
    @pytest.fixture
    def database(self, mariadb: Database) -> Database:
        return mariadb
