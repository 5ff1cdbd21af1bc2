"""What can happen to an SQLite file, and what the index says then."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import CatalogError, SchemaError
from fileroom.index import AddLabel
from fileroom.model import Level
from fileroom.query import Query
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom.testing.index_case import ids_of, state
from fileroom_plugins.index_sql.sqlite import Options, open_index

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.index import Index

TAGS = TagSet.default()


def test_a_file_that_is_no_database_is_refused_with_the_way_to_a_new_one(path: Path) -> None:
    path.write_bytes(b"this was an index once\n" * 1000)
    with pytest.raises(SchemaError, match=r"not an SQLite database.*fileroom rebuild"):
        open_index(Options(path), TAGS)
    assert path.read_bytes().startswith(b"this was")


def test_a_damaged_page_is_an_error_with_the_way_to_a_new_index(path: Path) -> None:
    index = open_index(Options(path), TAGS)
    index.commit([entry(instance=str(number)) for number in range(500)])
    index.close()
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    with pytest.raises(SchemaError, match=r"damaged.*fileroom rebuild"):
        list(open_index(Options(path), TAGS).attachments())


def test_another_programs_database_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(SchemaError, match="not those of an index"):
        open_index(Options(path), TAGS)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("notes",)]


def test_a_missing_folder_is_named(path: Path) -> None:
    with pytest.raises(CatalogError, match="cannot be opened: check that its folder is there"):
        open_index(Options(path / "no" / "index.sqlite"), TAGS)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_read_only_file_can_be_read_and_refuses_to_be_written(path: Path) -> None:
    open_index(Options(path), TAGS).close()
    path.chmod(0o400)
    index = open_index(Options(path), TAGS)
    assert index.statistics().instances == 0
    with pytest.raises(CatalogError, match="may not be written to: check the permissions"):
        index.commit([entry()])
    index.close()


def test_a_writer_in_the_way_is_waited_for_and_then_named(path: Path) -> None:
    index = open_index(Options(path, busy_timeout=0.1), TAGS)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogError, match=r"another process is writing to it.*busy_timeout"):
            index.commit([entry()])
        assert index.find(Query(Level.INSTANCE)).records == ()
        other.execute("ROLLBACK")
    assert index.commit([entry()])[0].status == "stored"
    index.close()


def test_a_thread_in_the_way_is_waited_for_and_then_named(path: Path) -> None:
    index = open_index(Options(path, busy_timeout=0.1), TAGS)
    writing, done = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        writing.set()
        done.wait()

    thread = threading.Thread(target=lambda: index._database.write(hold))  # type: ignore[attr-defined]
    thread.start()
    writing.wait()
    with pytest.raises(CatalogError, match=r"another thread has been writing to it for 0\.1 s"):
        index.commit([entry()])
    done.set()
    thread.join()
    assert index.commit([entry()])[0].status == "stored"
    index.close()


def test_a_full_disk_is_one_clear_error_and_nothing_is_half_there(path: Path) -> None:
    index = open_index(Options(path), TAGS)
    index.commit([entry(instance=str(number)) for number in range(10)])
    before = state(index)
    limit_pages(index, path)
    with pytest.raises(CatalogError, match="no space is left for it"):
        index.commit([entry(instance=f"9.{number}", ImageComments="x" * 3000) for number in range(500)])
    with pytest.raises(CatalogError, match="no space is left for it"):
        index.edit([AddLabel(ids_of(entry()).study, "x" * 10**6)])
    assert state(index) == before
    index.close()
    index = open_index(Options(path), TAGS)
    assert state(index) == before
    assert index.commit([entry(instance="9.1")])[0].status == "stored"
    index.close()


def limit_pages(index: Index, path: Path) -> None:
    """Let the database of an open index grow no more, as on a full disk."""
    with index._database.engine.connect() as connection:  # type: ignore[attr-defined]
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        assert connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar_one() == pages


@pytest.mark.parametrize(("option", "level"), [("full", 2), ("normal", 1)])
def test_commits_wait_for_the_disk_as_the_option_says(path: Path, option: str, level: int) -> None:
    index = open_index(Options(path, synchronous=option), TAGS)  # type: ignore[arg-type]
    with index._database.engine.connect() as connection:  # type: ignore[attr-defined]
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == level
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    index.close()


def test_errors_and_their_causes_show_no_value(index: Index) -> None:
    with pytest.raises(CatalogError) as caught:
        index.commit([entry("Secret^Name\udcff")])
    chain: list[BaseException | None] = [caught.value]
    while chain[-1] is not None:
        chain.append(chain[-1].__cause__)
    assert "Secret" not in repr(chain)
    assert index.statistics().instances == 0
