"""Inserting many rows at once."""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Dialect, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, two or more; values go to the driver as they are.

    SQLAlchemy writes the statement once and then stays out of the way: its handling of each row's values
    would take about as long as the database takes to store them. PostgreSQL gets them by ``COPY``.
    """
    if not rows:
        return
    if connection.dialect.driver == "psycopg" and len(rows) > 1:
        _copy(connection, table, rows)
        return
    statement, values = _prepared(table, connection.dialect, tuple(rows[0]))
    if values is None:
        connection.execute(insert(table), rows)
    else:
        connection.exec_driver_sql(statement, [values(row) for row in rows])


@lru_cache(maxsize=128)
def _prepared(
    table: Table, dialect: Dialect, columns: tuple[str, ...]
) -> tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]] | None]:
    """Return an insert statement, and what puts a row's values in its order; None if they go by name."""
    compiled = insert(table).compile(dialect=dialect, column_keys=list(columns))
    order = compiled.positiontup
    return str(compiled), itemgetter(*order) if order else None


def _copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    import psycopg  # noqa: PLC0415 - not there without PostgreSQL

    names = tuple(rows[0])
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    statement = f"COPY {quote(table.name)} ({columns}) FROM STDIN"
    values = itemgetter(*names)
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(values(row))
    except psycopg.Error as error:
        # SQLAlchemy does not see what goes past it.
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
