"""Creating the tables, and bringing those of an older version up to date, in one transaction.

The steps are a list of functions of our own instead of a migration framework: see decision 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import delete, insert, inspect

from fileroom.errors import SchemaError
from fileroom.tags import FOLDING_VERSION
from fileroom_plugins.databases import STORAGE_TABLES
from fileroom_plugins.index_sql import state
from fileroom_plugins.index_sql.refold import fold_anew
from fileroom_plugins.index_sql.schema import STRIPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.schema import Schema

    Step: TypeAlias = Callable[[Connection], None]

UPGRADES: tuple[Step, ...] = ()
"""The n-th step, counted from 1, makes a schema of version n one of version n + 1. Append only."""


def prepare(database: Database, schema: Schema) -> None:
    """Make sure that the tables are there, of this version, and know which tags they are opened with.

    Where tables are not made in a transaction, what was interrupted is gone on with.

    Raises:
        SchemaError: they are of a newer version, or the database is something else than an index.
        CatalogError: the database failed; what had been upgraded until then is undone.
    """
    with database.read() as connection:
        if _is_current(connection, schema, len(UPGRADES) + 1):
            return

    def work(connection: Connection) -> None:
        with database.alone(connection, "schema of the index"):
            _write(connection, schema, database)

    database.write(work)


def _write(connection: Connection, schema: Schema, database: Database) -> None:
    tables = {name for name in inspect(connection).get_table_names() if not name.startswith(STORAGE_TABLES)}
    half_made = not database.transactional_ddl and tables.issubset(schema.catalog.tables)
    if schema.info.name in tables and state.version(connection, schema, state.SCHEMA):
        _upgrade(connection, schema, database.name)
    elif not tables or half_made:
        _create(connection, schema, database)
    else:
        raise SchemaError(
            f"{database.name} holds tables, but not those of an index: point [index] to another place"
        )
    state.set_complete_tags(connection, schema, _complete(connection, schema))


def _is_current(connection: Connection, schema: Schema, newest: int) -> bool:
    """Say whether there is nothing to write, so that what may only be read can be opened."""
    return (
        inspect(connection).has_table(schema.info.name)
        and state.version(connection, schema, state.SCHEMA) == newest
        and state.version(connection, schema, state.FOLDING) == FOLDING_VERSION
        and state.complete_tags(connection, schema) == _complete(connection, schema)
    )


def _create(connection: Connection, schema: Schema, database: Database) -> None:
    schema.catalog.create_all(connection)
    database.index_insides(connection, schema.searched_within())
    stripes = STRIPES if schema.several_writers else 1
    connection.execute(delete(schema.total))
    connection.execute(insert(schema.total), [{"id": number + 1} for number in range(stripes)])
    state.set_version(connection, schema, state.SCHEMA, len(UPGRADES) + 1)
    state.set_version(connection, schema, state.FOLDING, FOLDING_VERSION)


def _upgrade(connection: Connection, schema: Schema, name: str) -> None:
    found, newest = state.version(connection, schema, state.SCHEMA), len(UPGRADES) + 1
    folding = state.version(connection, schema, state.FOLDING)
    if found > newest or folding > FOLDING_VERSION:
        raise SchemaError(
            f"{name} was written by a newer version of Fileroom: upgrade this one, or point [index] to "
            "another place and run 'fileroom rebuild'"
        )
    for number, step in enumerate(UPGRADES[found - 1 :], start=found + 1):
        step(connection)
        state.set_version(connection, schema, state.SCHEMA, number)
    if folding < FOLDING_VERSION:
        fold_anew(connection, schema)
        state.set_version(connection, schema, state.FOLDING, FOLDING_VERSION)


def _complete(connection: Connection, schema: Schema) -> frozenset[str]:
    """Return the extra tags that are kept of every instance, now that the index is opened with its own."""
    names = schema.extra_tags
    return names if state.is_empty(connection, schema) else names & state.complete_tags(connection, schema)
