"""A table and two of its columns, as a user names them, in the words of each kind of database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    LargeBinary,
    Numeric,
    cast,
    column,
    func,
    inspect,
    literal_column,
    table,
)
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import Integer

from fileroom.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Engine, FromClause
    from sqlalchemy.types import TypeEngine

_ORACLE_PIECE = 2000  # bytes: what a function may return in a statement of Oracle's


@dataclass(frozen=True, slots=True)
class Described:
    """The table.

    Attributes:
        source: what to select from.
        key: the column that orders the rows.
        data: the bytes.
        size: how many they are; NULL where there are none.
        piece: makes the expression for so many bytes from a position on, 0 for the first.
    """

    source: FromClause
    key: ColumnElement[Any]
    data: ColumnElement[bytes]
    size: ColumnElement[int]
    piece: Callable[[int, int], ColumnElement[bytes]]

    def key_of(self, text: str) -> object:
        """Return the value of a key that a user has typed.

        Raises:
            ConfigError: the key is a number, and this is none.
        """
        if not isinstance(self.key.type, Integer | Numeric):
            return text
        try:
            return int(text)
        except ValueError:
            raise ConfigError(f"'after': the keys in {self.key.name} are numbers") from None


def described(engine: Engine, name: str, key: str, data: str) -> Described:
    """Look a table up.

    Raises:
        ConfigError: the table or a column is not there.
    """
    schema, _, plain = name.rpartition(".")
    types = _types(engine, name, schema or None, plain)
    source = table(plain, schema=schema or None).alias("source_")
    names = {each.lower(): each for each in types}
    for wanted in (key, data.partition(".")[0]):
        if wanted.lower() not in names:
            listed = ", ".join(sorted(types))
            raise ConfigError(f"{name} has no column {wanted!r}: there are {listed}")
    key = names[key.lower()]
    ordering: ColumnElement[Any] = column(key, types[key], _selectable=source)
    value = _value(engine, source.name, [names[data.partition(".")[0].lower()], *data.split(".")[1:]])
    return Described(source, ordering, value, *_measuring(engine.dialect.name, value))


def _types(engine: Engine, name: str, schema: str | None, plain: str) -> dict[str, TypeEngine[Any]]:
    inspector = inspect(engine)
    try:
        return {each["name"]: each["type"] for each in inspector.get_columns(plain, schema)}
    except NoSuchTableError:
        tables = ", ".join(sorted(inspector.get_table_names(schema))[:20]) or "none"
        raise ConfigError(f"no table {name!r} in this database; there are: {tables}") from None


def _value(engine: Engine, source: str, path: list[str]) -> ColumnElement[bytes]:
    """Return the column, or the attribute of an object in it: Oracle wants the table's name before those."""
    quote = engine.dialect.identifier_preparer.quote
    return literal_column(".".join([source, *map(quote, path)]), LargeBinary())


def _measuring(
    dialect: str, value: ColumnElement[bytes]
) -> tuple[ColumnElement[int], Callable[[int, int], ColumnElement[bytes]]]:
    """Return how a kind of database measures bytes, and cuts pieces out of them."""
    whole: ColumnElement[bytes] = value
    match dialect:
        case "sqlite":
            whole = cast(value, LargeBinary)  # a text may have been stored in the column
            size, cut = func.length(whole), func.substr
        case "mssql":
            size, cut = func.datalength(value), func.substring
        case "oracle":
            size = func.dbms_lob.getlength(value)

            def oracle_piece(start: int, count: int) -> ColumnElement[bytes]:
                return func.dbms_lob.substr(value, min(count, _ORACLE_PIECE), start + 1, type_=LargeBinary())

            return cast(size, BigInteger), oracle_piece
        case _:
            size, cut = func.octet_length(value), func.substring
    return size, lambda start, count: cut(whole, start + 1, count, type_=LargeBinary())
