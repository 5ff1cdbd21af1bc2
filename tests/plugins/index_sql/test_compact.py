"""Giving back the space of what was removed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fileroom.errors import CatalogError
from fileroom.index import Index
from fileroom.model import Level
from fileroom.query import Query
from fileroom.tags import TagSet
from fileroom.testing.entries import entry, many_entries
from fileroom.testing.index_case import ids_of
from fileroom_plugins.index_sql.sqlite import Options, open_index

TAGS = TagSet.default()


def used(path: Path) -> int:
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))


def fill_and_empty(index: Index) -> None:
    index.commit(list(many_entries(3000)))
    index.remove([each.id for each in index.find(Query(Level.PATIENT)).records])
    index.commit([entry()])


def test_the_files_shrink_by_what_is_said(path: Path) -> None:
    index = open_index(Options(path), TAGS)
    fill_and_empty(index)
    before = used(path)
    given_back = index.compact()
    assert given_back > 1_000_000
    assert before - used(path) == given_back
    index.close()


def test_a_reader_holds_no_compaction_up(path: Path) -> None:
    index = open_index(Options(path, busy_timeout=0.1), TAGS)
    fill_and_empty(index)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM total").fetchall()
        assert index.compact() >= 0
        assert reader.execute("SELECT instances FROM total").fetchone() == (1,)
    assert index.compact() > 1_000_000
    index.close()


def test_a_writer_that_does_not_end_is_an_error_that_says_what_to_do(path: Path) -> None:
    index = open_index(Options(path, busy_timeout=0.1), TAGS)
    index.commit([entry()])
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogError, match="another process is writing"):
            index.compact()
        writer.execute("ROLLBACK")
    assert index.compact() >= 0
    assert index.get([ids_of(entry()).patient]) != [None]
    index.close()
