"""Which driver a URL means, what is said of URLs that do not work, and that nothing is left behind."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine

from fileroom.errors import ConfigError, FeedError, FileroomError, MissingDependencyError
from fileroom.testing.feed import sample
from fileroom_plugins.table_feed.connecting import Reader
from fileroom_plugins.table_feed.feed import TableFeed
from tests.plugins.table_feed.tables import Database, names
from tests.servers.ready import free_port

SECRET = "geheim"


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://u:p@host/db", "psycopg"),
        ("mysql://u:p@host/db", "pymysql"),
        ("mariadb://u:p@host/db", "pymysql"),
        ("mysql+pymysql://u:p@host/db", "pymysql"),
        ("sqlite:///{here}", "pysqlite"),
    ],
)
def test_a_url_without_a_driver_means_the_one_that_comes_with_an_extra(url: str, driver: str) -> None:
    reader = Reader(url.replace("{here}", Path(__file__).as_posix()))
    assert reader.engine.dialect.driver == driver
    reader.close()


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("pacs.sqlite", ConfigError, "not a database URL: expected dialect://user:password@host/database"),
        (f"postgresql://u:{SECRET}@host:port/db", ConfigError, "not a database URL"),
        (
            f"postgresql://u:12@{SECRET}@host/db",
            ConfigError,
            "an @ in a user's name or password",
        ),
        (f"nonsense://u:{SECRET}@host/db", ConfigError, "no dialect 'nonsense' is installed"),
        ("sqlite://", ConfigError, "an SQLite URL names a file: sqlite:////folder/name.sqlite"),
        ("sqlite:///:memory:", ConfigError, "an SQLite URL names a file"),
        ("sqlite:////nowhere/pacs.sqlite", ConfigError, "there is no file"),
        ("sqlite:///file:/nowhere/pacs.sqlite?uri=true", FeedError, "unable to open database file"),
    ],
)
def test_a_url_that_is_none_is_refused_without_being_repeated(
    url: str, error: type[FileroomError], message: str
) -> None:
    with pytest.raises(error) as caught:
        TableFeed(url, "images", "id", "image")
    assert message in str(caught.value)
    assert SECRET not in repr(caught.value) + repr(caught.value.__cause__)


@pytest.mark.parametrize(
    ("url", "module", "remedy"),
    [
        ("postgresql://u:p@host/db", "psycopg", r"pip install 'fileroom\[postgres\]'"),
        ("mysql://u:p@host/db", "pymysql", r"pip install 'fileroom\[mariadb\]'"),
        ("mssql+pyodbc://u:p@host/db", "pyodbc", "mssql databases need pyodbc: pip install 'pyodbc'"),
        (
            "oracle+oracledb://u:p@host/db",
            "oracledb",
            "oracle databases need oracledb: pip",
        ),
    ],
)
def test_a_driver_that_is_not_installed_is_told_with_what_to_install(
    url: str, module: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=remedy):
        Reader(url)


@pytest.mark.parametrize("backend", ["postgresql", "mysql"])
def test_a_server_that_is_not_there_is_one_sentence_with_its_address(backend: str) -> None:
    port = free_port()
    with pytest.raises(FeedError) as caught:
        TableFeed(f"{backend}://me:{SECRET}@127.0.0.1:{port}/pacs?connect_timeout=3", "images", "id", "image")
    assert f"database {backend}://127.0.0.1:{port}/pacs cannot be reached (" in str(caught.value)
    assert "check the URL, and that the server runs" in str(caught.value)
    assert SECRET not in str(caught.value) + repr(caught.value.__cause__)


def test_a_wrong_password_is_told_and_not_repeated(mariadb: Database) -> None:
    url = mariadb.engine.url.set(password=SECRET).render_as_string(hide_password=False)
    with pytest.raises(FeedError, match="Access denied") as caught:
        TableFeed(url, "images", "id", "image")
    assert SECRET not in str(caught.value) + repr(caught.value.__cause__)
    assert mariadb.password not in str(caught.value)


def test_a_database_that_is_not_there_is_told(postgres: Database) -> None:
    url = postgres.engine.url.set(database="nowhere", drivername="postgresql")
    with pytest.raises(FeedError, match='database "nowhere" does not exist'):
        TableFeed(url.render_as_string(hide_password=False), "images", "id", "image")


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_reading_an_sqlite_file_leaves_its_folder_as_it_was(sqlite: Database, journal: str) -> None:
    sqlite.run(f"PRAGMA journal_mode = {journal}")
    sqlite.put(sqlite.table(), {1: sample(1), 2: sample(2, 3_000_000)})
    sqlite.engine.dispose()
    folder = Path(str(sqlite.engine.url.database)).parent
    before = files(folder)
    with sqlite.feed() as feed:
        assert [item.open().read() for item in feed] == [sample(1), sample(2, 3_000_000)]
    assert files(folder) == before


def test_an_sqlite_file_that_its_owner_is_writing_to_is_read(sqlite: Database) -> None:
    sqlite.run("PRAGMA journal_mode = WAL")
    table = sqlite.table()
    with closing(sqlite3.connect(str(sqlite.engine.url.database))) as owner:
        owner.execute("INSERT INTO images VALUES (1, x'00')")
        owner.commit()
        with sqlite.feed() as feed:
            sqlite.put(table, {2: b"x"})
            assert names(feed) == ["1", "2"]
        owner.execute("INSERT INTO images VALUES (3, x'00')")
        owner.commit()
    assert [row.id for row in sqlite.rows(table)] == [1, 2, 3]


def test_an_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for url in (
        f"sqlite:///{tmp_path.as_posix()}/no.sqlite",
        f"sqlite:///file:{tmp_path.as_posix()}/no.sqlite?uri=true",
    ):
        with pytest.raises(FileroomError):
            TableFeed(url, "images", "id", "image")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a b.sqlite", "a#b?c%41&d=e.sqlite", "Müller.sqlite"])
def test_an_sqlite_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    if os.name == "nt" and "?" in name:
        pytest.skip("no such names on Windows")
    with closing(sqlite3.connect(tmp_path / name)) as connection:
        connection.executescript("CREATE TABLE images (id, image); INSERT INTO images VALUES (1, x'2a')")
    url = create_engine("sqlite://").url.set(database=str(tmp_path / name))
    with TableFeed(url.render_as_string(), "images", "id", "image") as feed:
        assert [item.open().read() for item in feed] == [b"*"]


def test_a_damaged_sqlite_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(FeedError, match="SQLITE_NOTADB"):
        TableFeed(f"sqlite:///{tmp_path.as_posix()}/broken.sqlite", "images", "id", "image")


def test_a_password_with_odd_characters_is_written_as_in_urls(postgres: Database) -> None:
    postgres.put(postgres.table(), {1: b"x"})
    url = postgres.engine.url.set(drivername="postgresql", password="p@s/s:w%rd#?")
    text = url.render_as_string(hide_password=False)
    assert quote("p@s") in text
    with TableFeed(text, "images", "id", "image") as feed:
        assert names(feed) == ["1"]
