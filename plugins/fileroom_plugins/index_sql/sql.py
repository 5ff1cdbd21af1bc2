"""The index in any database that SQLAlchemy reaches: MariaDB and MySQL, tested; others, not."""

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
    """The keys of ``[index] backend = "sql"``.

    Attributes:
        url: the database as SQLAlchemy names it: ``mysql+pymysql://user:password@host/database``. One of
            SQLite or PostgreSQL is opened as the backends of these names would.
        pool_size: connections that one process opens at most. Threads that find none free wait for one.
        connect_timeout: seconds to wait for the server when connecting, where the driver can be told.
    """

    url: Secret
    pool_size: int = 10
    connect_timeout: int = 10

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if not 1 <= self.pool_size <= _MOST_CONNECTIONS:
            raise ValueError(f"pool_size is a number of connections from 1 to {_MOST_CONNECTIONS}")
        if not 1 <= self.connect_timeout <= _LONGEST_WAIT:
            raise ValueError(f"connect_timeout is a number of seconds from 1 to {_LONGEST_WAIT}")


def open_index(options: Options, tags: TagSet) -> Index:
    """Open the index, making its tables if there are none and upgrading those of an older version.

    Raises:
        ConfigError: the URL is none, or SQLAlchemy does not know the database.
        MissingDependencyError: the database's driver is not installed.
        CatalogError: the server cannot be reached, or refuses.
        SchemaError: a newer version of Fileroom made the tables, or they are those of something else.
    """
    from fileroom_plugins.databases.opening import open_database  # noqa: PLC0415 - SQLAlchemy is slow to import
    from fileroom_plugins.databases.settings import Settings  # noqa: PLC0415 - likewise
    from fileroom_plugins.index_sql.index import SqlIndex  # noqa: PLC0415 - likewise

    settings = Settings(pool_size=options.pool_size, connect_timeout=options.connect_timeout)
    return SqlIndex(open_database(options.url.reveal(), settings), tags)


@hookimpl
def fileroom_index() -> IndexPlugin:
    """Offer the backend ``sql``."""
    return IndexPlugin("sql", Options, open_index, "Index in MariaDB, MySQL, or any database of SQLAlchemy's")
