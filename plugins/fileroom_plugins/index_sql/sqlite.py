"""The index in one SQLite file: no server, no set-up, many threads and several processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fileroom.plugin import IndexPlugin, hookimpl

if TYPE_CHECKING:
    from fileroom.index import Index
    from fileroom.tags import TagSet


_LONGEST_WAIT = 86_400


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[index] backend = "sqlite"``.

    Attributes:
        path: the database file; its folder must be there. Two files beside it, ``-wal`` and ``-shm``, belong
            to it while it is open. It must lie on a local disk: SQLite's locks do not reach across networks.
        synchronous: ``full`` makes each commit wait for the disk, so that it survives loss of power;
            ``normal`` is faster and may lose the last commits then, though never tear one or damage the file.
        busy_timeout: seconds that a writer waits for another one before it gives up.
    """

    path: Path = Path("index.sqlite")
    synchronous: Literal["full", "normal"] = "full"
    busy_timeout: float = 30.0

    def __post_init__(self) -> None:
        """Refuse a time that SQLite cannot wait."""
        if not 0 <= self.busy_timeout <= _LONGEST_WAIT:
            raise ValueError(f"busy_timeout is a number of seconds from 0 to {_LONGEST_WAIT}")


def open_index(options: Options, tags: TagSet) -> Index:
    """Open the index, creating the file if there is none and upgrading it if an older version wrote it.

    Raises:
        CatalogError: the file cannot be opened, or another process holds it.
        SchemaError: a newer version of Fileroom wrote it, or it is no index.
    """
    from fileroom_plugins.databases.opening import open_sqlite  # noqa: PLC0415 - SQLAlchemy is slow to import
    from fileroom_plugins.index_sql.index import SqlIndex  # noqa: PLC0415 - likewise

    return SqlIndex(open_sqlite(options.path, options.synchronous, options.busy_timeout), tags)


@hookimpl
def fileroom_index() -> IndexPlugin:
    """Offer the backend ``sqlite``."""
    return IndexPlugin("sqlite", Options, open_index, "Index in one SQLite file")
