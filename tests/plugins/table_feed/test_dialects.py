"""What is asked of databases that the tests have no server for; nobody has run these statements there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import BLOB, VARCHAR, Dialect, Integer, Select
from sqlalchemy.dialects.mssql import IMAGE
from sqlalchemy.dialects.mssql.pyodbc import MSDialect_pyodbc
from sqlalchemy.dialects.oracle.oracledb import OracleDialect_oracledb
from sqlalchemy.types import NullType, TypeEngine

from fileroom.errors import ConfigError
from fileroom_plugins.table_feed import statements
from fileroom_plugins.table_feed.connecting import sort_as_compared
from fileroom_plugins.table_feed.naming import Table, described


class Inspected:
    """A database with one table, as SQLAlchemy's inspector tells of it."""

    def __init__(self, dialect: Dialect, columns: Mapping[str, TypeEngine[Any]], schema: str | None) -> None:
        self.dialect = dialect
        self._columns = columns
        self._schema = schema

    def has_table(self, name: str, schema: str | None = None) -> bool:
        return (schema, name) == (self._schema, "images")

    def get_columns(self, name: str, schema: str | None) -> list[dict[str, Any]]:
        return [{"name": name, "type": type_} for name, type_ in self._columns.items()]

    def get_pk_constraint(self, name: str, schema: str | None) -> dict[str, Any]:
        return {"constrained_columns": ["id"]}


def table_of(
    dialect: Dialect, type_: TypeEngine[Any], data: str = "image", schema: str | None = None
) -> Table:
    column = data if " " in data else "image"
    inspected: Any = Inspected(dialect, {"id": Integer(), column: type_}, schema)
    return described(inspected, f"{schema}.images" if schema else "images", "id", data)


def text(statement: Select[Any], dialect: Dialect) -> str:
    compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return " ".join(str(compiled).split())


@pytest.fixture
def mssql() -> Dialect:
    return MSDialect_pyodbc()  # type: ignore[no-untyped-call]


@pytest.fixture
def oracle() -> Dialect:
    return OracleDialect_oracledb()  # type: ignore[no-untyped-call]


def test_sql_server_is_asked_for_a_page(mssql: Dialect) -> None:
    table = table_of(mssql, IMAGE(), schema="dbo")
    assert text(statements.page(table, 7, 256), mssql) == (
        "SELECT TOP 256 source_.id AS key_, datalength(source_.image) AS size_ "
        "FROM dbo.images AS source_ WHERE source_.id > 7 ORDER BY source_.id"
    )


def test_sql_server_is_asked_for_the_long_type_since_the_old_one_is_cut_at_8000_bytes(mssql: Dialect) -> None:
    table = table_of(mssql, IMAGE(), schema="dbo")
    assert text(statements.block(table, 7, 99, 1000, 64), mssql) == (
        "SELECT source_.id AS key_, CASE WHEN (datalength(source_.image) <= 1000) "
        "THEN CAST(source_.image AS VARBINARY(max)) "
        "ELSE substring(CAST(source_.image AS VARBINARY(max)), 1, 64) END AS data_ "
        "FROM dbo.images AS source_ WHERE source_.id > 7 AND source_.id <= 99"
    )
    assert text(statements.piece(table, 8, 1000, 500), mssql) == (
        "SELECT datalength(source_.image) AS datalength_1, "
        "substring(CAST(source_.image AS VARBINARY(max)), 1001, 500) AS substring_1 "
        "FROM dbo.images AS source_ WHERE source_.id = 8"
    )


def test_oracle_is_asked_for_an_attribute_of_an_object(oracle: Dialect) -> None:
    table = table_of(oracle, NullType(), "image.source.localdata")
    assert text(statements.page(table, None, 256), oracle) == (
        "SELECT source_.id AS key_, "
        "CAST(dbms_lob.getlength(source_.image.source.localdata) AS NUMBER(19)) AS size_ "
        "FROM images source_ ORDER BY source_.id FETCH FIRST 256 ROWS ONLY"
    )
    assert text(statements.block(table, 7, 99, 1000, 64), oracle) == (
        "SELECT source_.id AS key_, "
        "CASE WHEN (CAST(dbms_lob.getlength(source_.image.source.localdata) AS NUMBER(19)) <= 1000) "
        "THEN source_.image.source.localdata ELSE NULL END AS data_ "
        "FROM images source_ WHERE source_.id > 7 AND source_.id <= 99"
    )


def test_oracle_is_asked_for_as_many_bytes_as_a_function_returns_several_times_at_once(
    oracle: Dialect,
) -> None:
    table = table_of(oracle, BLOB())
    assert text(statements.piece(table, 8, 1000, 4100), oracle) == (
        "SELECT CAST(dbms_lob.getlength(source_.image) AS NUMBER(19)) AS getlength_1, "
        "dbms_lob.substr(source_.image, 2000, 1001) AS substr_1, "
        "dbms_lob.substr(source_.image, 2000, 3001) AS substr_2, "
        "dbms_lob.substr(source_.image, 100, 5001) AS substr_3 "
        "FROM images source_ WHERE source_.id = 8"
    )
    assert text(statements.piece(table, 8, 0, table.value.longest), oracle).count("dbms_lob.substr") == 32


def test_names_are_quoted_where_a_database_needs_that(oracle: Dialect, mssql: Dialect) -> None:
    for dialect, name in ((oracle, '"Pixel Data"'), (mssql, "[Pixel Data]")):
        table = table_of(dialect, BLOB(), "Pixel Data")
        assert f"(source_.{name})" in text(statements.page(table, None, 1), dialect)


def test_a_path_of_attributes_is_refused_where_it_can_only_be_a_slip(mssql: Dialect) -> None:
    with pytest.raises(
        ConfigError, match=r"images has no column 'image.source.localdata'; there are: id, im"
    ):
        table_of(mssql, BLOB(), "image.source.localdata")


def test_the_object_itself_is_no_bytes(mssql: Dialect) -> None:
    with pytest.raises(ConfigError, match="of the type VARCHAR, and holds no bytes"):
        table_of(mssql, VARCHAR())


def test_oracle_sorts_texts_as_it_compares_them() -> None:
    """Else rows would be skipped where the session's language sorts otherwise."""
    told: list[str] = []

    class Cursor:
        execute = told.append

        def close(self) -> None:
            told.append("closed")

    class Session:
        cursor = Cursor

    sort_as_compared(Session(), None)
    assert told == ["ALTER SESSION SET NLS_SORT = BINARY NLS_COMP = BINARY", "closed"]
