"""Older files are brought up to date in one step or not at all; newer ones are left alone."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from fileroom.errors import SchemaError
from fileroom.model import Level
from fileroom.query import Query
from fileroom.query_parse import parse_query
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom.testing.index_case import all_records, state
from fileroom_plugins.index_sql import upgrade
from fileroom_plugins.index_sql.sqlite import Options, open_index

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

TAGS = TagSet.default()
TABLES_OF_VERSION_1 = "490248312e9827d2"


@pytest.fixture
def old(path: Path) -> Path:
    """An index with some instances, as a version would have left it that lacked an index and a column."""
    index = open_index(Options(path), TAGS)
    index.commit([entry(instance="1"), entry("Q", "2", SeriesDescription="Thorax")])
    index.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP INDEX series_SeriesDescription_form")
        connection.execute("ALTER TABLE series DROP COLUMN SeriesDescription_form")
    return path


def add_column(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE series ADD COLUMN SeriesDescription_form TEXT"))
    connection.execute(text("UPDATE series SET SeriesDescription_form = lower(SeriesDescription)"))


def add_index(connection: Connection) -> None:
    connection.execute(text("CREATE INDEX series_SeriesDescription_form ON series (SeriesDescription_form)"))


def fail(connection: Connection) -> None:
    connection.execute(text("DROP TABLE change"))
    raise RuntimeError("power cut")


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_an_older_file_is_upgraded_step_by_step_when_it_is_opened(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "UPGRADES", (add_column, add_index))
    index = open_index(Options(old), TAGS)
    found = index.find(parse_query("series", {"SeriesDescription": "thorax"}, TAGS).query)
    assert [record.tags["SeriesDescription"] for record in found.records] == ["Thorax"]
    before = state(index)
    index.close()
    index = open_index(Options(old), TAGS)
    assert state(index) == before
    index.close()
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT value FROM info WHERE name = 'schema'").fetchall() == [("3",)]


def test_an_upgrade_that_fails_midway_leaves_the_file_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(old)
    monkeypatch.setattr(upgrade, "UPGRADES", (add_column, fail, add_index))
    with pytest.raises(RuntimeError, match="power cut"):
        open_index(Options(old), TAGS)
    assert dump(old) == before
    monkeypatch.setattr(upgrade, "UPGRADES", (add_column, add_index))
    index = open_index(Options(old), TAGS)
    assert len(all_records(index, Query(Level.SERIES))) == 2
    index.close()


def test_a_file_of_a_newer_version_is_refused_and_left_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(upgrade, "UPGRADES", (lambda _: None,))
        open_index(Options(path), TAGS).close()
    before = dump(path)
    with pytest.raises(SchemaError, match="written by a newer version of Fileroom: upgrade"):
        open_index(Options(path), TAGS)
    assert dump(path) == before


def test_comparable_forms_are_made_anew_when_folding_has_changed(path: Path) -> None:
    index = open_index(Options(path), TAGS)
    names = ["Müller^Jörg", "Doe\\Roe", "a=b=c"]
    index.commit([entry(str(number), str(number), PatientName=name) for number, name in enumerate(names)])
    before = state(index)
    index.close()
    forms = "SELECT * FROM patient ORDER BY id", "SELECT * FROM term ORDER BY 1, 2, 3, 4, 5"
    with closing(sqlite3.connect(path)) as connection, connection:
        right = [connection.execute(statement).fetchall() for statement in forms]
        connection.execute("UPDATE patient SET PatientName_form = 'as it was folded once'")
        connection.execute("UPDATE term SET value = value || 'x'")
        connection.execute("UPDATE info SET value = '0' WHERE name = 'folding'")
    index = open_index(Options(path), TAGS)
    assert state(index) == before
    index.close()
    with closing(sqlite3.connect(path)) as connection:
        assert [connection.execute(statement).fetchall() for statement in forms] == right


def test_a_file_that_was_folded_by_a_newer_version_is_refused(path: Path) -> None:
    open_index(Options(path), TAGS).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE info SET value = '999' WHERE name = 'folding'")
    with pytest.raises(SchemaError, match="newer version"):
        open_index(Options(path), TAGS)


def test_opening_a_current_file_writes_nothing(path: Path) -> None:
    open_index(Options(path), TAGS).close()
    before = path.read_bytes()
    open_index(Options(path), TAGS).close()
    assert path.read_bytes() == before


def test_the_tables_have_not_changed_without_a_new_version(path: Path) -> None:
    open_index(Options(path), TAGS).close()
    with closing(sqlite3.connect(path)) as connection:
        columns = "SELECT t.name, c.* FROM sqlite_schema t, pragma_table_info(t.name) c ORDER BY 1, cid"
        indexes = "SELECT i.name, c.* FROM sqlite_schema i, pragma_index_info(i.name) c ORDER BY 1, seqno"
        tables = [connection.execute(statement).fetchall() for statement in (columns, indexes)]
    digest = hashlib.sha256(repr(tables).encode()).hexdigest()[:16]
    assert (len(upgrade.UPGRADES), digest) == (0, TABLES_OF_VERSION_1), (
        "the tables have changed: append to UPGRADES what makes older ones the same, then note the digest"
    )
