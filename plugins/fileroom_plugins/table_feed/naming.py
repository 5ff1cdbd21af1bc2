"""A table and two of its columns, as a user names them, in the words of a database."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sqlalchemy import Enum, Float, LargeBinary, column, literal_column, table
from sqlalchemy.types import NullType

from fileroom.errors import ConfigError
from fileroom_plugins.table_feed import statements
from fileroom_plugins.table_feed.measuring import Measures, measures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import ColumnElement, Connection, FromClause, Inspector
    from sqlalchemy.types import TypeEngine

_LISTED = 20
SOURCE = "source_"
"""The name of the table in all statements."""


@dataclass(frozen=True, slots=True)
class Table:
    """The table.

    Attributes:
        label: how messages call it.
        name, schema: what it is called; no schema where it is the user's own.
        source: what to select from.
        key: the column that orders the rows.
        data: the name of the column with the bytes.
        value: expressions of the bytes.
        columns: the names of all columns.
        unique: whether the database sees to it that no two rows have the same key.
    """

    label: str
    name: str
    schema: str | None
    source: FromClause
    key: ColumnElement[Any]
    data: str
    value: Measures
    columns: tuple[str, ...]
    unique: bool

    def refuse_bad_keys(self, connection: Connection) -> None:
        """Make sure that the key is different in every row, and filled.

        Raises:
            ConfigError: a row has no key, or two have the same.
        """
        name, instead = self.key.name, "in every row, such as the primary key"
        if count := connection.execute(statements.without_key(self)).scalar_one():
            raise ConfigError(
                f"{count} rows of {self.label} have no {name}: name a column that is filled {instead}"
            )
        # A primary key may be NULL in SQLite, and a table may be too large to look for what cannot be.
        if not self.unique and connection.execute(statements.shared_key(self)).first():
            raise ConfigError(
                f"several rows of {self.label} have the same {name}: name a column that is different "
                f"{instead}"
            )

    def key_of(self, text: str, connection: Connection) -> object:
        """Return the key that a user has typed, as the database has keys.

        Raises:
            ConfigError: no key looks like that.
        """
        example = connection.execute(statements.first_key(self)).scalar()
        if example is None:  # there are no rows
            return None
        convert = next((one for kind, one in _KINDS.items() if isinstance(example, kind)), str)
        try:
            return convert(text)
        except (ValueError, InvalidOperation):
            kind = type(example).__name__
            raise ConfigError(f"'after': the keys in {self.key.name} are {_KEYS.get(kind, kind)}") from None


_KINDS: Mapping[type, Callable[[str], object]] = {
    int: int,
    Decimal: Decimal,
    uuid.UUID: uuid.UUID,
    bytes: bytes.fromhex,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}
_KEYS = {"int": "numbers", "Decimal": "numbers", "bytes": "bytes: write them as hexadecimal digits"}


def shown(key: object) -> str:
    """Return a key as reports show it, and as it can be typed."""
    return key.hex() if isinstance(key, bytes) else str(key)


def described(inspector: Inspector, label: str, key: str, data: str) -> Table:
    """Look a table up.

    Raises:
        ConfigError: the table or a column is not there, or holds what cannot be used.
    """
    dialect = inspector.dialect
    schema, name = _located(inspector, label)
    types: dict[str, TypeEngine[Any]] = {
        # Of a domain, the type that it narrows.
        each["name"]: getattr(each["type"], "data_type", each["type"])
        for each in inspector.get_columns(name, schema)
    }
    key = _column(types, key, label)
    path = [data]
    if dialect.name == "oracle" and data not in types:
        path = data.split(".")
    path[0] = _column(types, path[0], label)
    _refuse_types(dialect.name, key, types[key], path, types[path[0]])
    # SQLite's columns hold what they like, whatever type they say they are of.
    key_type = NullType() if dialect.name == "sqlite" else types[key]
    columns = [column(key, key_type), column(path[0], LargeBinary())]
    source = table(name, *columns, schema=schema).alias(SOURCE)
    value: ColumnElement[bytes] = source.c[path[0]]
    if len(path) > 1:
        # Oracle wants the table's name before attributes of an object.
        quoted = ".".join(map(dialect.identifier_preparer.quote, path))
        value = literal_column(f"{SOURCE}.{quoted}", LargeBinary())
    primary = inspector.get_pk_constraint(name, schema).get("constrained_columns")
    return Table(
        label=label,
        name=name,
        schema=schema,
        source=source,
        key=source.c[key],
        data=path[0],
        value=measures(dialect.name, value),
        columns=tuple(types),
        unique=primary == [key],
    )


def _located(inspector: Inspector, label: str) -> tuple[str | None, str]:
    if inspector.has_table(label):
        return None, label
    schema, _, name = label.rpartition(".")
    if schema and inspector.has_table(name, schema):
        return schema, name
    there = inspector.get_table_names(schema or None) + inspector.get_view_names(schema or None)
    where = f"the schema {schema!r}" if schema else "this database"
    raise ConfigError(f"there is no table {label!r} that the user may see; {where} has: {_listed(there)}")


def _column(types: Mapping[str, object], name: str, label: str) -> str:
    """Return a column's name as the database writes it; upper and lower case matter where both are there."""
    if name in types:
        return name
    alike = [each for each in types if each.lower() == name.lower()]
    if len(alike) != 1:
        raise ConfigError(f"{label} has no column {name!r}; there are: {_listed(types)}")
    return alike[0]


def _refuse_types(
    dialect: str, key: str, key_type: TypeEngine[Any], path: list[str], data_type: TypeEngine[Any]
) -> None:
    if dialect == "sqlite":
        return
    if isinstance(key_type, Enum | Float) or key_type.__visit_name__ in ("ENUM", "SET"):
        # Sorted otherwise than compared, or not the same when they come back.
        raise ConfigError(f"the column {key!r} cannot be the key: name one of whole numbers, or of text")
    if len(path) == 1 and not _may_be_bytes(data_type):
        raise ConfigError(
            f"the column {path[0]!r} is of the type {data_type}, and holds no bytes: name another, or a view "
            "in which it is bytes"
        )


def _may_be_bytes(type_: TypeEngine[Any]) -> bool:
    if type_.__visit_name__ == "OID":  # PostgreSQL's large objects
        return False
    try:
        return issubclass(
            getattr(type_, "data_type", type_).python_type, bytes
        )  # of a domain, what it is over
    except NotImplementedError:  # a type of the database's own
        return True


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = ", …" if len(ordered) > _LISTED else ""
    return f"{', '.join(ordered[:_LISTED]) or 'none'}{more}"
