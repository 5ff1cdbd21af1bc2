"""Objects as rows of chunks in an SQL database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fileroom.plugin import Secret, StoragePlugin, hookimpl, parse_size

if TYPE_CHECKING:
    from fileroom.plugin import Storage

_SMALLEST, _LARGEST = 1 << 10, 4 << 20
_PAGE_SIZE = 1 << 14
"""Of SQLite files that the storage makes: chunks are written 1.4 times as fast as with SQLite's own 4 KB, and
an index in the same file is as fast as ever, which it would not be with the largest."""

_MOST_CONNECTIONS = 1000
_LONGEST_WAIT = 86_400


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[storage]`` with ``backend = "sql"``.

    Attributes:
        url: the database, as SQLAlchemy names it: ``postgresql://user:password@host/database``. With an index
            that is told the same URL, one transaction holds both.
        path: an SQLite file instead, as ``[index] backend = "sqlite"`` names it; its folder must be there.
            With an index in the same file, one transaction holds both.
        chunk_size: bytes of an object in one row, a number or a text such as ``"256kb"``, from 1 kb to 4 mb.
            It may change at any time; what is stored keeps its own.
        pool_size: connections to a server that one process opens at most. Threads that find none free wait
            for one. This and the next three hold for an index too that shares the database.
        connect_timeout: seconds to wait for a server when connecting.
        statement_timeout: seconds after which a server gives a statement up; 0 leaves that to the server.
        prepare: whether a server is to remember statements that are repeated.
        synchronous: of an SQLite file that ``path`` names: ``full`` makes each commit wait for the disk, so
            that it survives loss of power; ``normal`` is faster and may lose the last commits then.
        busy_timeout: of such a file, likewise: seconds that a writer waits for another one.

    Raises:
        ValueError: a value is out of range, or not exactly one of ``url`` and ``path`` is given.
    """

    url: Secret | None = None
    path: Path | None = None
    chunk_size: int | str = 262_144
    pool_size: int = 10
    connect_timeout: int = 10
    statement_timeout: float = 0.0
    prepare: bool = True
    synchronous: Literal["full", "normal"] = "full"
    busy_timeout: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if (self.url is None) == (self.path is None):
            raise ValueError("url or path: give one of them, to say which database")
        if not _SMALLEST <= self.chunk_bytes <= _LARGEST:
            raise ValueError(f"chunk_size: expected {_SMALLEST} to {_LARGEST} bytes, 1kb to 4mb")
        if not 1 <= self.pool_size <= _MOST_CONNECTIONS:
            raise ValueError(f"pool_size is a number of connections from 1 to {_MOST_CONNECTIONS}")
        for name, lowest in (("connect_timeout", 1), ("statement_timeout", 0), ("busy_timeout", 0)):
            if not lowest <= getattr(self, name) <= _LONGEST_WAIT:
                raise ValueError(f"{name} is a number of seconds from {lowest} to {_LONGEST_WAIT}")

    @property
    def chunk_bytes(self) -> int:
        """``chunk_size`` in bytes."""
        return parse_size(self.chunk_size) if isinstance(self.chunk_size, str) else self.chunk_size

    @property
    def place(self) -> Path | str:
        """The database, without user, password and parameters."""
        if self.path is not None:
            return self.path
        from fileroom_plugins.databases.urls import named, parse_url  # noqa: PLC0415 - SQLAlchemy is slow

        assert self.url is not None
        return named(parse_url(self.url.reveal()))


def _open(options: Options) -> Storage:
    # SQLAlchemy is slow to import.
    from fileroom_plugins.databases.opening import open_database, open_sqlite  # noqa: PLC0415
    from fileroom_plugins.databases.settings import Settings  # noqa: PLC0415
    from fileroom_plugins.storage_sql.storage import SqlStorage  # noqa: PLC0415

    if options.path is not None:
        database = open_sqlite(options.path, options.synchronous, options.busy_timeout, _PAGE_SIZE)
    else:
        assert options.url is not None
        settings = Settings(
            pool_size=options.pool_size,
            connect_timeout=options.connect_timeout,
            statement_timeout=options.statement_timeout,
            prepare=options.prepare,
        )
        database = open_database(options.url.reveal(), settings, page_size=_PAGE_SIZE)
    return SqlStorage(database, chunk_size=options.chunk_bytes)


@hookimpl
def fileroom_storage() -> StoragePlugin:
    """Offer the storage."""
    return StoragePlugin("sql", Options, _open, "Rows of chunks in an SQL database")
