"""The statements by which a table is read; all of them only read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, null, select

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from fileroom_plugins.table_feed.naming import Table


def count(table: Table, after: object) -> Select[Any]:
    """Count the rows that follow a key; None for all."""
    return _behind(select(func.count()).select_from(table.source), table, after)


def without_key(table: Table) -> Select[Any]:
    """Count the rows whose key is NULL."""
    return select(func.count()).select_from(table.source).where(table.key.is_(None))


def shared_key(table: Table) -> Select[Any]:
    """Find a key that several rows have; what is the same, the database decides: 'a' and 'A' may be."""
    keys = select(table.key.label("key_")).select_from(table.source).group_by(table.key)
    return keys.having(func.count() > 1).limit(1)


def first_key(table: Table) -> Select[Any]:
    """Find the lowest key."""
    return select(table.key.label("key_")).select_from(table.source).order_by(table.key).limit(1)


def page(table: Table, after: object, rows: int) -> Select[Any]:
    """List ``key_`` and ``size_`` of so many rows that follow a key, in order."""
    listed = select(table.key.label("key_"), table.value.size.label("size_")).select_from(table.source)
    return _behind(listed, table, after).order_by(table.key).limit(rows)


def block(table: Table, after: object, last: object, inline: int, head: int) -> Select[Any]:
    """Fetch ``key_`` and ``data_`` of rows that follow a key, up to the last one.

    The data of rows with more than ``inline`` bytes are the first ``head`` of them, or NULL.
    """
    value = table.value
    first = value.pieces(0, head)[0] if value.head else null()
    data = case((value.size <= inline, value.whole), else_=first)
    rows = select(table.key.label("key_"), data.label("data_")).select_from(table.source)
    return _behind(rows, table, after).where(table.key <= last)


def piece(table: Table, key: object, start: int, size: int) -> Select[Any]:
    """Fetch the size of one row's data, and the pieces of them that make so many bytes from ``start`` on."""
    columns: list[ColumnElement[Any]] = [table.value.size, *table.value.pieces(start, size)]
    return select(*columns).select_from(table.source).where(table.key == key)


def whole(table: Table, key: object) -> Select[Any]:
    """Fetch one row's data."""
    return select(table.value.whole).select_from(table.source).where(table.key == key)


def _behind(statement: Select[Any], table: Table, key: object) -> Select[Any]:
    return statement if key is None else statement.where(table.key > key)
