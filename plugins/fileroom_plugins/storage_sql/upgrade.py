"""Creating the tables, and bringing those of an older version up to date, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import insert, inspect, select, update

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
        CatalogError: the database failed; what had been upgraded until then is undone, where it can be.
    """
    newest = len(UPGRADES) + 1
    with database.read() as connection:
        if _version(connection) == newest:
            return
    database.write(lambda connection: _write(database, connection, newest))


def _write(database: Database, connection: Connection, newest: int) -> None:
    with database.alone(connection, "storage"):
        there = {name for name in inspect(connection).get_table_names() if name.startswith(STORAGE_TABLES)}
        found = _version(connection)
        if found is None:
            # Where each table is made by itself, somebody may have died among them.
            if there and (database.transactional_ddl or not there.issubset(catalog.tables)):
                raise SchemaError(
                    f"{database.name} holds tables called {STORAGE_TABLES}…, but not those of a storage: "
                    "point [storage] to another database, or rename them"
                )
            catalog.create_all(connection)
            connection.execute(insert(info), {"name": _SCHEMA, "value": str(newest)})
            return
        if found > newest:
            raise SchemaError(f"{database.name} was written by a newer version of Fileroom: upgrade this one")
        for step in UPGRADES[found - 1 :]:
            step(connection)
        connection.execute(update(info).where(info.c.name == _SCHEMA).values(value=str(newest)))


def _version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(info.name):
        return None
    value = connection.execute(select(info.c.value).where(info.c.name == _SCHEMA)).scalar()
    return None if value is None else int(value)
