"""A server of a test's own may be stopped, killed and started again, and keeps what it acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.servers.folder import ServerFolder
from tests.servers.postgres import VARIABLE, PostgresServer, database, shared
from tests.servers.proxy import Proxy


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.execute(statement)


def count(url: str) -> int:
    with psycopg.connect(url) as connection:
        (number,) = connection.execute("SELECT count(*) FROM kept").fetchone() or (0,)
        return int(number)


@pytest.mark.parametrize("end", [PostgresServer.stop, PostgresServer.kill])
def test_what_was_acknowledged_is_there_when_the_server_starts_again(
    own_postgres: PostgresServer, end: Callable[[PostgresServer], None]
) -> None:
    execute(own_postgres.url(), "CREATE TABLE kept AS SELECT 1")
    end(own_postgres)
    with pytest.raises(psycopg.OperationalError):
        execute(own_postgres.url(), "SELECT 1")
    own_postgres.start()
    assert count(own_postgres.url()) == 1


def test_the_server_that_the_environment_names_is_used(
    own_postgres: PostgresServer, server_folder: ServerFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, own_postgres.url())
    with database(shared(server_folder)) as url:
        assert urlsplit(url).port == urlsplit(own_postgres.url()).port
        execute(url, "CREATE TABLE kept (number integer)")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        execute(url, "SELECT 1")


def test_a_server_of_its_own_writes_through(own_postgres: PostgresServer) -> None:
    with psycopg.connect(own_postgres.url()) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_a_commit_whose_answer_is_lost_is_kept(postgres_url: str) -> None:
    execute(postgres_url, "CREATE TABLE kept (number integer)")
    with Proxy(postgres_url) as proxy:
        proxy.cut("client", once=b"COMMIT")
        with pytest.raises(psycopg.OperationalError):
            execute(proxy.url, "INSERT INTO kept VALUES (1)")
    assert count(postgres_url) == 1


def test_a_commit_that_never_arrives_is_undone(postgres_url: str) -> None:
    execute(postgres_url, "CREATE TABLE kept (number integer)")
    with Proxy(postgres_url) as proxy:
        proxy.cut("server", once=b"COMMIT")
        with pytest.raises(psycopg.OperationalError):
            execute(proxy.url, "INSERT INTO kept VALUES (1)")
    assert count(postgres_url) == 0
