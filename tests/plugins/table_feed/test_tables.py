"""Tables, views and columns by whatever name they go, and what is said of those that are not there."""

from __future__ import annotations

import pytest
from sqlalchemy import MetaData, Table

from fileroom.errors import ConfigError, FeedError
from tests.plugins.table_feed.tables import Database, names

ODD = ['im"ages', "im`ages", "im ages", "Ïmages", "im%ages", "im:ages", "SELECT", "im.ages", "im'ages"]


def feed_of_one(database: Database, table: str, key: str = "id", data: str = "image") -> list[bytes]:
    with database.feed(table, key, data) as feed:
        return [item.open().read() for item in feed]


@pytest.mark.parametrize("name", ODD)
def test_a_table_may_have_any_name(database: Database, name: str) -> None:
    database.put(database.table(name), {1: b"x"})
    assert feed_of_one(database, name) == [b"x"]


@pytest.mark.parametrize("name", ODD)
def test_columns_may_have_any_name(database: Database, name: str) -> None:
    if database.backend == "mysql" and "`" in name:
        pytest.skip("SQLAlchemy takes such a name for another one")
    table = database.table()
    database.put(table, {1: b"x" * 2_000_000})
    for old, new in (("id", f"key {name}"), ("image", name)):
        database.run(f"ALTER TABLE images RENAME COLUMN {old} TO {database.quote(new)}")
    assert feed_of_one(database, "images", f"key {name}", name) == [b"x" * 2_000_000]


def test_a_table_of_another_schema_is_named_with_it(postgres: Database) -> None:
    postgres.run("CREATE SCHEMA IF NOT EXISTS pacs")
    try:
        postgres.put(postgres.table(schema="pacs"), {1: b"x"})
        assert feed_of_one(postgres, "pacs.images") == [b"x"]
        with pytest.raises(
            ConfigError, match=r"no table 'images' that the user may see; this database has: none"
        ):
            postgres.feed("images")
        with pytest.raises(ConfigError, match=r"no table 'pacs.image' .*; the schema 'pacs' has: images"):
            postgres.feed("pacs.image")
    finally:
        postgres.run("DROP SCHEMA pacs CASCADE")


def test_a_table_of_another_database_of_mariadb_is_named_with_it(mariadb: Database) -> None:
    mariadb.put(mariadb.table(), {1: b"x"})
    assert feed_of_one(mariadb, f"{mariadb.engine.url.database}.images") == [b"x"]


def test_a_table_of_sqlite_s_main_schema_may_be_named_so(sqlite: Database) -> None:
    sqlite.put(sqlite.table(), {1: b"x" * 2_000_000})
    assert feed_of_one(sqlite, "main.images") == [b"x" * 2_000_000]


def test_a_view_is_read_as_a_table(database: Database) -> None:
    database.put(database.table("base"), {1: b"x" * 2_000_000, 2: None, 3: b"y"})
    database.run("CREATE VIEW images AS SELECT id, image FROM base WHERE id <> 3")
    with database.feed() as feed:
        assert [(item.name, item.open().read()) for item in feed] == [
            ("images 1", b"x" * 2_000_000),
            ("images 2", b""),
        ]


def test_upper_and_lower_case_of_columns_do_not_matter_where_one_is_meant(database: Database) -> None:
    database.put(database.table(), {1: b"x"})
    assert feed_of_one(database, "images", "ID", "Image") == [b"x"]


def test_upper_and_lower_case_of_columns_matter_where_both_are_there(postgres: Database) -> None:
    postgres.run(
        'CREATE TABLE images (id integer, image bytea, "Image" bytea)',
        r"INSERT INTO images VALUES (1, 'a', 'b')",
    )
    assert feed_of_one(postgres, "images", "id", "Image") == [b"b"]
    with pytest.raises(ConfigError, match="no column 'IMAGE'; there are: Image, id, image"):
        postgres.feed(data="IMAGE")


def test_a_column_that_is_not_there_is_told_with_those_that_are(database: Database) -> None:
    database.table()
    for wrong in ({"key": "nr"}, {"data": "nr"}):
        with pytest.raises(ConfigError, match="images has no column 'nr'; there are: id, image"):
            database.feed(**wrong)


def test_columns_that_hold_no_bytes_are_refused(postgres: Database, mariadb: Database) -> None:
    for database, type_ in (
        (postgres, "text"),
        (postgres, "oid"),
        (postgres, "integer"),
        (mariadb, "LONGTEXT"),
    ):
        database.run(f"CREATE TABLE images (id integer PRIMARY KEY, image {type_})")
        with pytest.raises(ConfigError, match=r"the column 'image' is of the type .*, and holds no bytes"):
            database.feed()
        database.run("DROP TABLE images")


def test_large_objects_of_postgres_are_read_by_a_view(postgres: Database) -> None:
    postgres.run(
        "CREATE TABLE scans (id integer PRIMARY KEY, image oid)",
        "INSERT INTO scans VALUES (1, lo_from_bytea(0, repeat('x', 3000000)::bytea)), (2, NULL)",
        "CREATE VIEW images AS SELECT id, lo_get(image) AS image FROM scans",
    )
    assert feed_of_one(postgres, "images") == [b"x" * 3_000_000, b""]
    postgres.run("SELECT lo_unlink(image) FROM scans")


def test_columns_of_types_that_are_not_known_do_no_harm(postgres: Database) -> None:
    postgres.run(
        "CREATE TYPE pair AS (a integer, b integer)",
        "CREATE TABLE images (id integer PRIMARY KEY, image bytea, one pair, two point)",
        "INSERT INTO images VALUES (1, 'x')",
    )
    assert feed_of_one(postgres, "images") == [b"x"]


def test_a_domain_over_bytes_is_bytes(postgres: Database) -> None:
    postgres.run(
        "CREATE DOMAIN picture AS bytea",
        "CREATE DOMAIN number AS integer",
        "CREATE TABLE images (id number PRIMARY KEY, image picture)",
        "INSERT INTO images VALUES (1, 'x'), (2, repeat('x', 2000000)::bytea)",
    )
    assert feed_of_one(postgres, "images") == [b"x", b"x" * 2_000_000]


def test_a_table_that_may_not_be_read_is_an_error_that_says_so(postgres: Database) -> None:
    postgres.put(postgres.table(), {1: b"x"})
    postgres.run("DROP ROLE IF EXISTS nobody_much", "CREATE ROLE nobody_much LOGIN PASSWORD 'geheim'")
    postgres.run("GRANT USAGE ON SCHEMA public TO nobody_much")
    try:
        url = postgres.engine.url.set(username="nobody_much", password="geheim", drivername="postgresql")
        outsider = Database(url.render_as_string(hide_password=False))
        with pytest.raises(FeedError) as caught:
            outsider.feed()
        assert (
            "images cannot be read (InsufficientPrivilege 42501): check that the server still runs, and that"
            in str(caught.value)
        )
        assert "geheim" not in str(caught.value)
    finally:
        postgres.run("DROP OWNED BY nobody_much", "DROP ROLE nobody_much")


def test_a_table_of_sqlite_without_row_ids_is_read(sqlite: Database) -> None:
    sqlite.run("CREATE TABLE images (id INTEGER PRIMARY KEY, image BLOB) WITHOUT ROWID")
    sqlite.put(Table("images", MetaData(), autoload_with=sqlite.engine), {1: b"x" * 3_000_000})
    assert feed_of_one(sqlite, "images") == [b"x" * 3_000_000]


def test_a_table_of_sqlite_whose_columns_are_called_like_row_ids_is_read(sqlite: Database) -> None:
    sqlite.run("CREATE TABLE images (id, image, rowid TEXT, _rowid_ TEXT, OID TEXT)")
    sqlite.run("INSERT INTO images VALUES (1, CAST(zeroblob(3000000) AS TEXT), 'a', 'b', 'c')")
    sqlite.run("CREATE TABLE scans (id, image, rowid TEXT)")
    sqlite.run("INSERT INTO scans VALUES (7, zeroblob(2000000), 'a')")
    assert feed_of_one(sqlite, "images") == [bytes(3_000_000)]
    assert feed_of_one(sqlite, "scans") == [bytes(2_000_000)]


def test_an_empty_table_yields_nothing(database: Database) -> None:
    database.table()
    with database.feed() as feed:
        assert (names(feed), feed.count()) == ([], 0)
    with database.feed(after="5") as feed:
        assert names(feed) == []
