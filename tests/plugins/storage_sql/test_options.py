"""The options, and what they open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from fileroom.errors import ConfigError
from fileroom.options import build_options
from fileroom.plugin import Storage
from fileroom.testing.storage_case import content, new_key, sample
from fileroom_plugins.databases.opening import open_database, open_sqlite
from fileroom_plugins.storage_sql import Options, fileroom_storage
from fileroom_plugins.storage_sql.storage import SqlStorage
from tests.plugins.storage_sql.looking import rows

if TYPE_CHECKING:
    from pathlib import Path


def open_with(base: Path, **table: object) -> Storage:
    plugin = fileroom_storage()
    return plugin.open(build_options(plugin.options, table, "storage", base))


def test_a_path_and_a_url_name_one_database(tmp_path: Path) -> None:
    by_path = open_with(tmp_path, path="objects.sqlite")
    by_url = open_with(tmp_path, url=f"sqlite:///{(tmp_path / 'objects.sqlite').as_posix()}")
    assert by_path.database is by_url.database
    assert content(by_url, by_path.put(new_key(), b"one").locator) == b"one"
    by_path.close()
    by_url.close()


@pytest.mark.parametrize(("given", "chunks"), [(1_024, 4), ("2kb", 2), ("1 MB", 1)])
def test_the_size_of_chunks_is_a_number_or_a_text(tmp_path: Path, given: object, chunks: int) -> None:
    storage = open_with(tmp_path, path="objects.sqlite", chunk_size=given)
    storage.put(new_key(), sample(4_000))
    assert rows(storage)["chunk"] == chunks  # type: ignore[arg-type]
    storage.close()


def test_what_is_stored_keeps_its_size_of_chunks(tmp_path: Path) -> None:
    storage = open_with(tmp_path, path="objects.sqlite", chunk_size="1kb")
    first = storage.put(new_key(), sample(5_000)).locator
    storage.close()
    storage = open_with(tmp_path, path="objects.sqlite", chunk_size="3kb")
    second = storage.splice(first, new_key(), 2_000, 10, sample(4_000, 1)).locator
    assert content(storage, first) == sample(5_000)
    assert content(storage, second) == sample(5_000)[:2_000] + sample(4_000, 1) + sample(5_000)[2_010:]
    storage.close()


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({}, "url or path: give one of them"),
        ({"url": "sqlite:///x", "path": "x"}, "url or path: give one of them"),
        ({"path": "x", "chunk_size": 1_023}, "chunk_size: expected 1024 to 4194304 bytes"),
        ({"path": "x", "chunk_size": "5mb"}, "chunk_size: expected 1024 to 4194304 bytes"),
        ({"path": "x", "chunk_size": "some"}, "a size is a whole number"),
        ({"path": "x", "busy_timeout": -1.0}, "busy_timeout is a number of seconds from 0"),
        ({"url": "x", "connect_timeout": 0}, "connect_timeout is a number of seconds from 1"),
        ({"url": "x", "statement_timeout": -0.5}, "statement_timeout is a number of seconds from 0"),
        ({"url": "x", "pool_size": 0}, "pool_size is a number of connections from 1 to 1000"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, table: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        build_options(Options, table, "storage", tmp_path)


def test_a_url_is_never_shown(tmp_path: Path) -> None:
    options = build_options(Options, {"url": "nosuch://me:hidden@host/base"}, "storage", tmp_path)
    assert "hidden" not in repr(options)
    with pytest.raises(ConfigError) as caught:
        fileroom_storage().open(options)
    assert "hidden" not in repr(caught.value)


def page_size(storage: Storage) -> int:
    assert isinstance(storage, SqlStorage)
    with storage.database.read() as connection:
        return int(connection.execute(text("PRAGMA page_size")).scalar_one())


def test_a_file_that_the_storage_makes_has_larger_pages_and_one_that_is_there_keeps_its_own(
    tmp_path: Path,
) -> None:
    database = open_sqlite(tmp_path / "there.sqlite")
    database.write(lambda connection: connection.execute(text("CREATE TABLE one (id INTEGER)")))
    database.close()
    made = open_with(tmp_path, path="made.sqlite")
    there = open_with(tmp_path, path="there.sqlite")
    by_url = open_with(tmp_path, url=f"sqlite:///{(tmp_path / 'url.sqlite').as_posix()}")
    assert [page_size(each) for each in (made, there, by_url)] == [16_384, 4_096, 16_384]
    for each in (made, there, by_url):
        each.close()


def test_chunks_that_the_server_would_not_take_some_day_are_refused(mariadb_storage_url: str) -> None:
    with pytest.raises(
        ConfigError, match="lower chunk_size to 8,388,096 at most, or raise its max_allowed_packet"
    ):
        SqlStorage(open_database(mariadb_storage_url), chunk_size=8 << 20)
    SqlStorage(open_database(mariadb_storage_url), chunk_size=8_388_096).close()
