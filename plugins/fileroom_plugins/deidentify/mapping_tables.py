"""The tables of a mapping store. All that identifies anybody in them is sealed, see `sealing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select

from fileroom.plugin import ConfigError, SchemaError
from fileroom_plugins.databases.types import Bytes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fileroom_plugins.databases.database import Database

catalog = MetaData()

info = Table(
    "deidentify_info",
    catalog,
    Column("name", String(32), primary_key=True),
    Column("value", String(255), nullable=False),
)
"""The schema's version, and the mark of the key that the store belongs to."""

pairs = Table(
    "deidentify_pair",
    catalog,
    Column("old", Bytes(32), primary_key=True),
    Column("given", Bytes(32), nullable=False, unique=True),
    Column("sealed", Bytes, nullable=False),
    sqlite_with_rowid=False,
)
"""What was given for what: the digests of both, and the pair itself, encrypted."""

_VERSION = "1"


def prepare(database: Database, mark: bytes) -> None:
    """Make the tables where they are missing, and make sure that they belong to a key.

    Raises:
        ConfigError: they belong to another key.
        SchemaError: a newer version made them.
        CatalogError: the database failed.
    """
    with database.read() as connection:
        found = _info(connection) if inspect(connection).has_table(info.name) else {}
    if not found:
        found = database.write(lambda connection: _make(database, connection, mark.hex()))
    if found.get("schema") != _VERSION:
        raise SchemaError(f"{database.name} was written by a newer version of Fileroom: upgrade this one")
    if found.get("key") != mark.hex():
        raise ConfigError("the mapping store belongs to another key: give the key that it was begun with")


def _make(database: Database, connection: Connection, mark: str) -> dict[str, str]:
    with database.alone(connection, "deidentify"):
        catalog.create_all(connection)
        found = _info(connection)
        if not found:
            found = {"schema": _VERSION, "key": mark}
            connection.execute(insert(info), [{"name": name, "value": found[name]} for name in found])
        return found


def _info(connection: Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(select(info.c.name, info.c.value))}
