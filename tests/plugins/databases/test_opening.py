"""Databases that cannot be opened, and how they are called in messages."""

from __future__ import annotations

import sys

import pytest
from sqlalchemy.engine import make_url

from fileroom.errors import ConfigError, MissingDependencyError
from fileroom_plugins.databases.opening import open_database, open_postgres
from fileroom_plugins.databases.urls import named, parse_url


@pytest.mark.parametrize(
    ("url", "module", "message"),
    [
        ("mysql+pymysql://u:secret@h/d", "pymysql", r"pip install 'fileroom\[mariadb\]'"),
        ("mssql+pyodbc://u:secret@h/d", "pyodbc", "needs the driver pyodbc: pip install pyodbc"),
        ("postgresql://u:secret@h/d", "psycopg", r"pip install 'fileroom\[postgres\]'"),
    ],
)
def test_a_missing_driver_is_named_with_its_package(
    url: str, module: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "fileroom_plugins.databases.postgres", raising=False)
    with pytest.raises(MissingDependencyError, match=message) as caught:
        open_database(url)
    assert "secret" not in repr(caught.value)


@pytest.mark.parametrize("url", ["nosuch://u:secret@h/d", "mysql+nosuch://u:secret@h/d"])
def test_a_database_that_nobody_knows_is_an_error_of_the_configuration(url: str) -> None:
    with pytest.raises(ConfigError, match="SQLAlchemy knows no database") as caught:
        open_database(url)
    assert "secret" not in repr(caught.value)


def test_a_url_of_another_database_is_none_of_postgresql() -> None:
    with pytest.raises(ConfigError, match="not a PostgreSQL URL"):
        open_postgres("mysql+pymysql://u:secret@h/d")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql+psycopg://u:secret@h/d?sslmode=require", "postgresql://h:5432/d"),
        ("postgresql://u:secret@/d?host=a:1&host=b:2", "postgresql://a:1,b:2/d"),
        ("postgresql:///d", "postgresql:///d"),
        ("mysql+pymysql://u:secret@h:33/d", "mysql://h:33/d"),
    ],
)
def test_messages_name_a_database_without_user_password_and_parameters(url: str, name: str) -> None:
    assert named(make_url(url)) == name


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bob:se@cret@h/d",
        "postgresql://bob:se@cret@127.0.0.1:1/d",
        "postgresql://bob:se@cret/more@h/d",
        "postgresql://bob:se@cret?more@h/d",
        "postgresql://bob:12@cret:more@h/d",
        "postgresql://:se@cret@h/d",
        "postgresql://bo/b:se@cret@h/d",
        "mysql+pymysql://bo/b:cret@h/d",
    ],
)
def test_a_password_with_an_at_sign_is_refused_and_no_part_of_it_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="not a database URL") as caught:
        open_database(url)
    assert "cret" not in repr(caught.value) + repr(caught.value.__cause__)


@pytest.mark.parametrize(
    ("url", "user", "password", "host", "database"),
    [
        ("postgresql://bob:se%40cret@h/d%40e", "bob", "se@cret", "h", "d@e"),
        ("postgresql://bob@corp:secret@h/d", "bob@corp", "secret", "h", "d"),
        ("postgresql://bob@h/d", "bob", None, "h", "d"),
        ("postgresql://bob:se/c?r:et@[::1]:1/d?a=%40", "bob", "se/c?r:et", "::1", "d"),
        ("sqlite:////here/me@home/x.sqlite", None, None, None, "/here/me@home/x.sqlite"),
    ],
)
def test_other_urls_are_read(
    url: str, user: str | None, password: str | None, host: str | None, database: str
) -> None:
    parsed = parse_url(url)
    assert (parsed.username, parsed.password, parsed.host, parsed.database) == (
        user,
        password,
        host,
        database,
    )


def test_two_urls_of_one_postgresql_database_share_it() -> None:
    first = open_database("postgresql://u@h/d")
    second = open_postgres("postgresql+psycopg://u@h/d")
    assert second is first
    second.close()
    first.close()
