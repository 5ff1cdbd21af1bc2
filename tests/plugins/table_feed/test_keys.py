"""Every row comes once, whatever its key is, and however the database sorts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BINARY, CHAR, BigInteger, DateTime, Numeric, Uuid
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.types import TypeEngine

from fileroom.errors import ConfigError
from fileroom_plugins.table_feed import feed as feed_module
from tests.plugins.table_feed.tables import TEXT, Database, Statements, names, sqlite_database

WORDS = [
    "a",
    "A2",
    "b-c",
    "bc",
    "b c",
    "B-d",
    "É",
    "eclair",
    "ß",
    "ss2",
    "Z",
    "_",
    "10",
    "9",
    "o'n\\",
    "%(x)s:",
]
"""Texts that languages sort otherwise than code points do."""


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a table of a few rows read in several pages, and pages in several blocks."""
    monkeypatch.setattr(feed_module, "PAGE", 3)
    monkeypatch.setattr(feed_module, "BLOCK", 5)


def fill(database: Database, key: TypeEngine[Any] | None, keys: list[Any], **more: Any) -> None:
    table = database.table(key=key, **more)
    database.put(table, [(one, f"image of {one}".encode()) for one in keys])


def images(database: Database, **more: Any) -> dict[str, bytes]:
    with database.feed(**more) as feed:
        items = [(item.name.removeprefix("images "), item.open().read()) for item in feed]
        assert len(items) == len(dict(items)) == feed.count()
    return dict(items)


def test_whole_numbers_come_in_their_order(database: Database) -> None:
    keys = [-(2**62), -1, 0, 1, 2, 10, 100, 2**31, 2**62]
    fill(database, BigInteger(), keys[::-1])
    with database.feed() as feed:
        assert names(feed) == [str(key) for key in keys]


def test_texts_come_once_in_whatever_order_the_database_has(database: Database) -> None:
    fill(database, TEXT, WORDS)
    assert images(database) == {word: f"image of {word}".encode() for word in WORDS}


@pytest.mark.parametrize("collation", ["general_ci", "unicode_ci", "swedish_ci", "nopad_bin"])
def test_texts_of_mariadb_come_once_whatever_their_collation(mariadb: Database, collation: str) -> None:
    fill(mariadb, VARCHAR(50, collation=f"utf8mb4_{collation}"), WORDS)
    assert images(mariadb).keys() == set(WORDS)


def test_texts_of_mariadb_in_another_character_set_come_once(mariadb: Database) -> None:
    fill(mariadb, VARCHAR(50, charset="latin1", collation="latin1_german2_ci"), WORDS)
    assert images(mariadb).keys() == set(WORDS)


def test_texts_of_postgres_come_once_whatever_their_collation(postgres: Database) -> None:
    with postgres.engine.connect() as connection:
        there = set(connection.exec_driver_sql("SELECT collname FROM pg_collation").scalars())
    usable = sorted(there & {"C", "C.utf8", "pg_c_utf8", "en_US.utf8", "de_DE.utf8", "und-x-icu", "de-x-icu"})
    assert usable
    for collation in usable:
        postgres.run("DROP TABLE IF EXISTS images")
        fill(postgres, VARCHAR(50, collation=collation), WORDS)
        assert images(postgres).keys() == set(WORDS), collation


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    keys=st.lists(st.one_of(st.text(max_size=4), st.integers(-9, 9), st.binary(max_size=2)), max_size=12),
    collation=st.sampled_from(["BINARY", "NOCASE", "RTRIM"]),
)
def test_sqlite_s_keys_of_any_kind_come_once_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, keys: list[Any], collation: str
) -> None:
    sqlite = sqlite_database(tmp_path_factory.mktemp("keys"))
    keys = [key for key in keys if not (isinstance(key, str) and any("\ud800" <= c <= "\udfff" for c in key))]
    with sqlite.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE images (id COLLATE {collation}, image BLOB)")
        for key in keys:
            connection.exec_driver_sql("INSERT INTO images VALUES (?, ?)", (key, repr(key).encode()))
        different = connection.exec_driver_sql("SELECT count(DISTINCT id) FROM images").scalar_one()
    if different < len(keys):
        with pytest.raises(ConfigError, match="have the same id"):
            sqlite.feed()
        return
    with sqlite.feed() as feed:
        assert sorted(item.open().read() for item in feed) == sorted(repr(key).encode() for key in keys)
    sqlite.engine.dispose()


def test_bytes_are_keys_and_are_shown_and_typed_as_hexadecimal_digits(mariadb: Database) -> None:
    keys = [bytes([n]) * 16 for n in (1, 0x5C, 0x27, 255)]
    fill(mariadb, BINARY(16), keys)
    assert images(mariadb).keys() == {key.hex() for key in keys}
    assert images(mariadb, after=keys[2].hex()).keys() == {keys[1].hex(), keys[3].hex()}


def test_uuids_are_keys(database: Database) -> None:
    keys = [uuid.UUID(int=n << 100) for n in (1, 2, 77, 300, 3000)]
    fill(database, Uuid(), keys)
    shown = [key.hex if database.backend == "sqlite" else str(key) for key in keys]
    assert list(images(database)) == shown
    assert list(images(database, after=shown[2])) == shown[3:]


def test_numbers_with_decimals_and_moments_are_keys(postgres: Database, mariadb: Database) -> None:
    moments = [datetime(2020, 1, day, 1, 2, 3) for day in range(1, 6)]  # noqa: DTZ001 - as columns have them
    decimals = [Decimal(f"{n}.10") for n in range(5)]
    for database in (postgres, mariadb):
        for type_, keys in ((DateTime(), moments), (Numeric(10, 2), decimals)):
            table = database.table(key=type_)
            database.put(table, [(key, b"x") for key in keys])
            assert list(images(database)) == [str(key) for key in keys]
            assert list(images(database, after=str(keys[2]))) == [str(key) for key in keys[3:]]
            table.drop(database.engine)


def test_texts_of_a_fixed_length_are_keys(postgres: Database, mariadb: Database) -> None:
    for database in (postgres, mariadb):
        fill(database, CHAR(8), ["a", "b", "ab", "A2", "z"])
        assert {key.strip() for key in images(database)} == {"a", "b", "ab", "A2", "z"}


def test_it_goes_on_after_a_key(database: Database) -> None:
    fill(database, None, [1, 5, 9, 20])
    assert list(images(database, after="5")) == ["9", "20"]
    assert list(images(database, after="6")) == ["9", "20"]
    assert images(database, after="20") == {}


def test_a_key_to_go_on_after_that_cannot_be_one_is_refused(database: Database) -> None:
    fill(database, None, [1])
    with pytest.raises(ConfigError, match=r"'after': the keys in id are numbers"):
        database.feed(after="Müller")


def test_rows_with_the_same_key_are_refused(database: Database) -> None:
    fill(database, None, [1, 2, 2], primary=False)
    with pytest.raises(
        ConfigError, match="several rows of images have the same id: name a column that is diff"
    ):
        database.feed()


def test_texts_that_differ_in_case_are_the_same_key_where_the_database_says_so(mariadb: Database) -> None:
    fill(mariadb, TEXT, ["abc", "ABC"], primary=False)
    with pytest.raises(ConfigError, match="have the same id"):
        mariadb.feed()


def test_rows_without_a_key_are_refused(database: Database) -> None:
    fill(database, None, [1, None, None], primary=False)
    with pytest.raises(ConfigError, match="2 rows of images have no id: name a column that is filled"):
        database.feed()


def test_a_primary_key_of_sqlite_that_is_null_is_refused(sqlite: Database) -> None:
    sqlite.run(
        "CREATE TABLE images (id TEXT PRIMARY KEY, image BLOB)", "INSERT INTO images VALUES (NULL, 'x')"
    )
    with pytest.raises(ConfigError, match="1 rows of images have no id"):
        sqlite.feed()


REFUSED: list[tuple[str, str]] = [
    ("mariadb", "ENUM('b', 'a')"),
    ("mariadb", "SET('b', 'a')"),
    ("mariadb", "FLOAT"),
    ("postgres", "mood"),
    ("postgres", "real"),
]


@pytest.mark.parametrize(("backend", "type_"), REFUSED)
def test_keys_that_are_sorted_otherwise_than_compared_are_refused(
    backend: str, type_: str, request: pytest.FixtureRequest
) -> None:
    database: Database = request.getfixturevalue(backend)
    if backend == "postgres":
        database.run("CREATE TYPE mood AS ENUM ('sad', 'happy')")
    blob = "bytea" if backend == "postgres" else "LONGBLOB"
    database.run(f"CREATE TABLE images (id {type_}, image {blob})")
    with pytest.raises(ConfigError, match="the column 'id' cannot be the key: name one of whole numbers"):
        database.feed()


def test_a_key_that_comes_back_otherwise_ends_in_an_error_and_not_in_a_loop(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite, None, [1, 2, 3, 4])
    never: Callable[..., Any] = lambda statement, table, key: statement  # noqa: E731
    monkeypatch.setattr("fileroom_plugins.table_feed.statements._behind", never)
    with (
        sqlite.feed() as feed,
        pytest.raises(ConfigError, match="its values differ when they are looked for"),
    ):
        list(feed)


def test_no_table_is_searched_for_what_its_primary_key_rules_out(database: Database) -> None:
    fill(database, None, [1, 2])
    with Statements() as run:
        database.feed().close()
    assert not [text for text in run.texts if "GROUP BY" in text and "images" in text]
