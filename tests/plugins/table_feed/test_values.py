"""Images of all sizes, and rows that change while they are read."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from fileroom.testing.feed import sample
from fileroom_plugins.table_feed.feed import INLINE
from tests.plugins.table_feed.tables import Database, Statements

MEGABYTE = 1 << 20
LARGE = 24 * MEGABYTE
CHANGED = "the row was deleted or changed meanwhile"


def test_bytes_come_whole_whatever_their_number(database: Database) -> None:
    sizes = [
        1,
        131,
        64 << 10,
        (64 << 10) + 1,
        INLINE - 1,
        INLINE,
        INLINE + 1,
        INLINE + MEGABYTE,
        3 * MEGABYTE,
    ]
    database.put(database.table(), {size: sample(size, size) for size in sizes})
    with database.feed() as feed:
        assert [(item.size, item.open().read()) for item in feed] == [(n, sample(n, n)) for n in sizes]


def test_null_and_empty_values_have_no_bytes(database: Database) -> None:
    database.put(database.table(), {1: None, 2: b"", 3: b"x"})
    with database.feed() as feed:
        assert [(item.size, item.open().read()) for item in feed] == [(0, b""), (0, b""), (1, b"x")]


def test_small_images_cost_two_statements_for_many(database: Database) -> None:
    database.put(database.table(), {n: sample(n) for n in range(200)})
    with database.feed() as feed, Statements() as run:
        assert sum(len(item.open().read()) for item in feed) == 200_000
    assert len(run.texts) == 3  # a page, a block, and a page of nothing


def test_the_header_of_a_large_image_costs_no_statement_more(postgres: Database, mariadb: Database) -> None:
    for database in (postgres, mariadb):
        database.put(database.table(), {1: sample(1, LARGE)})
        with database.feed() as feed:
            (item,) = feed
            with Statements() as run, item.open() as file:
                assert file.read(132) == sample(1, LARGE)[:132]
                assert len(file.read(60_000)) == 60_000
            assert run.texts == []


def test_a_large_image_is_read_in_pieces_each_once(postgres: Database, mariadb: Database) -> None:
    for database in (postgres, mariadb):
        data = sample(1, LARGE)
        database.put(database.table(), {1: data})
        with database.feed() as feed:
            (item,) = feed
            with Statements() as run, item.open() as file:
                assert b"".join(iter(lambda: file.read(8192), b"")) == data
            assert len(run.texts) == LARGE // MEGABYTE


def test_a_large_image_of_sqlite_is_read_without_being_copied_by_statements(sqlite: Database) -> None:
    data = sample(1, LARGE)
    sqlite.put(sqlite.table(), {1: data})
    with sqlite.feed() as feed:
        (item,) = feed
        with Statements() as run, item.open() as file:
            assert file.read() == data
        assert [text.split()[1] for text in run.texts] == ["source_.rowid"]


_MEASURE = """
import resource, sys
from fileroom_plugins.table_feed.feed import TableFeed
unit = 1 << (20 if sys.platform == "darwin" else 10)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
with TableFeed(sys.argv[1], "images", "id", "image") as feed:
    before = peak()
    (item,) = feed
    with item.open() as file:
        total = sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b""))
    print(total == item.size == 950_000_000, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak this way")
def test_almost_a_gigabyte_of_sqlite_is_read_in_a_few_megabytes(sqlite: Database) -> None:
    """In a process of its own, where SQLite's memory shows, too."""
    sqlite.run(
        "CREATE TABLE images (id INTEGER PRIMARY KEY, image BLOB)",
        "INSERT INTO images VALUES (1, zeroblob(950000000))",
    )
    command = [sys.executable, "-c", _MEASURE, sqlite.url]
    whole, megabytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert whole == "True"
    assert int(megabytes) < 32


def test_text_of_sqlite_is_bytes(sqlite: Database) -> None:
    sqlite.run("CREATE TABLE images (id INTEGER PRIMARY KEY, image TEXT)")
    with closing(sqlite3.connect(str(sqlite.engine.url.database))) as connection:
        for key, data in ((1, b"\x80\xff\x00\x01"), (2, b"\xe4" * 2_000_000)):
            connection.execute("INSERT INTO images VALUES (?, CAST(? AS TEXT))", (key, data))
        connection.execute("INSERT INTO images VALUES (3, 'Müller'), (4, 17)")
        connection.commit()
    with sqlite.feed() as feed:
        assert [(item.size, item.open().read()) for item in feed] == [
            (4, b"\x80\xff\x00\x01"),
            (2_000_000, b"\xe4" * 2_000_000),
            (7, "Müller".encode()),
            (2, b"17"),
        ]


@pytest.mark.parametrize("change", ["UPDATE images SET image = 'other'", "DELETE FROM images"])
@pytest.mark.parametrize("view", [False, True])
def test_a_row_that_changes_before_it_is_read_is_an_error_of_its_own(
    database: Database, change: str, *, view: bool
) -> None:
    database.put(database.table(), {1: sample(1, 2 * MEGABYTE)})
    if view:
        database.run("CREATE VIEW seen AS SELECT * FROM images")
    with database.feed("seen" if view else "images") as feed:
        (item,) = feed
        database.run(change)
        with (
            pytest.raises(OSError, match="the row was deleted or changed meanwhile") as caught,
            item.open() as file,
        ):
            file.read()
        assert caught.value.strerror


@pytest.mark.parametrize("change", ["UPDATE images SET image = 'other'", "DELETE FROM images"])
def test_a_row_that_changes_while_it_is_read_is_an_error_of_its_own(
    postgres: Database, mariadb: Database, change: str
) -> None:
    data = sample(1, 4 * MEGABYTE)
    for database in (postgres, mariadb):
        database.put(database.table(), {1: data})
        with database.feed() as feed, next(iter(feed)).open() as file:
            assert file.read(1000) == data[:1000]
            database.run(change)
            with pytest.raises(OSError) as caught:
                file.read()
            assert caught.value.strerror == CHANGED


@pytest.mark.parametrize("change", ["UPDATE images SET image = 'other'", "DELETE FROM images"])
def test_a_row_of_sqlite_that_changes_while_it_is_read_is_read_as_it_was(
    sqlite: Database, change: str
) -> None:
    data = sample(1, 4 * MEGABYTE)
    sqlite.put(sqlite.table(), {1: data})
    sqlite.run("PRAGMA journal_mode = WAL")  # else the writer waits for the reader
    with sqlite.feed() as feed, next(iter(feed)).open() as file:
        assert file.read(1000) == data[:1000]
        sqlite.run(change)
        assert file.read() == data[1000:]


def test_rows_that_are_deleted_between_two_looks_are_errors_of_their_own(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = database.table()
    database.put(table, {n: sample(n) for n in range(5)})
    with database.feed() as feed:
        page = feed._page

        def deleting(last: object) -> object:
            rows = page(last)
            database.remove(table, 2)
            return rows

        monkeypatch.setattr(feed, "_page", deleting)
        items = list(feed)
        assert [item.size for item in items] == [1000] * 5
        with pytest.raises(OSError, match="deleted or changed"):
            items[2].open()
        assert [items[n].open().read() for n in (0, 1, 3, 4)] == [sample(n) for n in (0, 1, 3, 4)]


def test_rows_that_are_inserted_behind_come_too(database: Database) -> None:
    table = database.table()
    database.put(table, {n: sample(n) for n in range(3)})
    with database.feed() as feed:
        items = iter(feed)
        next(items)
        database.put(table, {1000: b"x"})
        assert len(list(items)) in (2, 3)
        assert len(list(feed)) == 4


def test_a_seek_goes_nowhere_before_the_start(database: Database) -> None:
    database.put(database.table(), {1: sample(1, 2 * MEGABYTE)})
    with database.feed() as feed, next(iter(feed)).open() as file:
        with pytest.raises((ValueError, OSError)):
            file.seek(-1)
        assert file.seek(2 * MEGABYTE + 5) == 2 * MEGABYTE + 5
        assert file.read(10) == b""


def test_files_that_are_not_closed_do_not_keep_others_from_being_read(database: Database) -> None:
    database.put(database.table(), {n: sample(n, 2 * MEGABYTE) for n in range(8)})
    with database.feed() as feed:
        files = [item.open() for item in feed]
        assert [file.read() for file in files] == [sample(n, 2 * MEGABYTE) for n in range(8)]
        for file in files:
            file.close()
            file.close()
