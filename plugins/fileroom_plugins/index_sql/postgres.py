"""The index in a PostgreSQL database: many writers at once, from many machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import IndexPlugin, Secret, hookimpl

if TYPE_CHECKING:
    from fileroom.index import Index
    from fileroom.tags import TagSet

_MOST_CONNECTIONS = 1000
_LONGEST_WAIT = 86_400


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[index] backend = "postgres"``.

    Attributes:
        url: ``postgresql://user:password@host:port/database?sslmode=verify-full``: what libpq takes as
            parameters may stand behind the question mark. Without a password, libpq looks for one in the
            environment and in its password file.
        pool_size: connections that one process opens at most. Threads that find none free wait for one.
        connect_timeout: seconds to wait for the server when connecting.
        statement_timeout: seconds after which the server gives a statement up; 0 leaves that to the server.
        prepare: whether the server is to remember statements that are repeated, which is faster; a pooler
            that gives each transaction another connection may not be able to.
    """

    url: Secret
    pool_size: int = 10
    connect_timeout: int = 10
    statement_timeout: float = 0.0
    prepare: bool = True

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if not 1 <= self.pool_size <= _MOST_CONNECTIONS:
            raise ValueError(f"pool_size is a number of connections from 1 to {_MOST_CONNECTIONS}")
        if not 1 <= self.connect_timeout <= _LONGEST_WAIT:
            raise ValueError(f"connect_timeout is a number of seconds from 1 to {_LONGEST_WAIT}")
        if not 0 <= self.statement_timeout <= _LONGEST_WAIT:
            raise ValueError(f"statement_timeout is a number of seconds from 0 to {_LONGEST_WAIT}")


def open_index(options: Options, tags: TagSet) -> Index:
    """Open the index, making its tables if there are none and upgrading those of an older version.

    Raises:
        ConfigError: the URL is none of PostgreSQL's.
        MissingDependencyError: psycopg is not installed.
        CatalogError: the server cannot be reached, or refuses.
        SchemaError: a newer version of Fileroom made the tables, or they are those of something else.
    """
    from fileroom_plugins.databases.opening import open_postgres  # noqa: PLC0415 - SQLAlchemy is slow to import
    from fileroom_plugins.databases.settings import Settings  # noqa: PLC0415 - likewise
    from fileroom_plugins.index_sql.index import SqlIndex  # noqa: PLC0415 - likewise

    settings = Settings(
        pool_size=options.pool_size,
        connect_timeout=options.connect_timeout,
        statement_timeout=options.statement_timeout,
        prepare=options.prepare,
    )
    return SqlIndex(open_postgres(options.url.reveal(), settings), tags)


@hookimpl
def fileroom_index() -> IndexPlugin:
    """Offer the backend ``postgres``."""
    return IndexPlugin("postgres", Options, open_index, "Index in a PostgreSQL database")
