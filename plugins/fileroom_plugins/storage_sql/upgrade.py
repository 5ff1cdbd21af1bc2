"""Creating the tables, and bringing those of an older version up to date, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import func, insert, inspect, select, update

from fileroom.plugin import SchemaError
from fileroom_plugins.databases import STORAGE_TABLES
from fileroom_plugins.storage_sql.schema import catalog, info

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fileroom_plugins.databases.database import Database

    Step: TypeAlias = Callable[[Connection], None]

UPGRADES: tuple[Step, ...] = ()
"""The n-th step, counted from 1, makes a schema of version n one of version n + 1. Append only."""

_SCHEMA = "schema"


def prepare(database: Database) -> None:
    """Make sure that the tables are there, and of this version.

    Raises:
        SchemaError: they are of a newer version, or somebody else's.
        CatalogError: the database failed; what had been upgraded until then is undone.
    """
    newest = len(UPGRADES) + 1
    with database.read() as connection:
        if inspect(connection).has_table(info.name) and _version(connection) == newest:
            return
    database.write(lambda connection: _write(connection, newest, database.name))


def _write(connection: Connection, newest: int, name: str) -> None:
    if connection.dialect.name == "postgresql":  # others may be opening the same
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("fileroom.schema"))))
    there = {table for table in inspect(connection).get_table_names() if table.startswith(STORAGE_TABLES)}
    if not there:
        catalog.create_all(connection, checkfirst=False)
        connection.execute(insert(info), {"name": _SCHEMA, "value": str(newest)})
        return
    found = _version(connection) if info.name in there else None
    if found is None:
        raise SchemaError(
            f"{name} holds tables called {STORAGE_TABLES}…, but not those of a storage: point [storage] to "
            "another database, or rename them"
        )
    if found > newest:
        raise SchemaError(f"{name} was written by a newer version of Fileroom: upgrade this one")
    for step in UPGRADES[found - 1 :]:
        step(connection)
    connection.execute(update(info).where(info.c.name == _SCHEMA).values(value=str(newest)))


def _version(connection: Connection) -> int | None:
    value = connection.execute(select(info.c.value).where(info.c.name == _SCHEMA)).scalar()
    return None if value is None else int(value)
