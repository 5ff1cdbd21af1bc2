"""Indexes on database servers for tests: made once per run, emptied for each test, which is quicker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import delete, update

from fileroom.options import Secret
from fileroom.tags import TagSet
from fileroom_plugins.databases.opening import open_database
from fileroom_plugins.index_sql import postgres, sql, state
from fileroom_plugins.index_sql.schema import LAST_IDS, TOTALS, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fileroom.index import Index
    from fileroom_plugins.databases.database import Database

MakeServerIndex: TypeAlias = "Callable[[str], ServerIndex]"

TAGS = TagSet.default()


@dataclass
class ServerIndex:
    """An index on a server. It stays open, so that connections and statements serve one test after another.

    Attributes:
        url: where it is.
        database: it.
    """

    url: str
    database: Database

    @classmethod
    def made(cls, url: str) -> ServerIndex:
        """Make the tables of an index in an empty database."""
        made = cls(url, open_database(url))
        made.open(TAGS).close()
        return made

    def open(self, tags: TagSet) -> Index:
        """Open the index, as often as is wanted."""
        if self.url.startswith("postgresql"):
            return postgres.open_index(postgres.Options(Secret(self.url)), tags)
        return sql.open_index(sql.Options(Secret(self.url)), tags)

    def empty(self) -> None:
        """Make it what it was when it was new."""
        self.database.write(self._empty)

    def _empty(self, connection: Connection) -> None:
        schema = schema_of(TAGS, self.database)
        for table in reversed(schema.catalog.sorted_tables):
            if table not in (schema.info, schema.total):
                connection.execute(delete(table))
        connection.execute(update(schema.total).values(dict.fromkeys((*TOTALS, *LAST_IDS), 0)))
        state.set_complete_tags(connection, schema, ())
