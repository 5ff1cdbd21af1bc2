"""SQLite as it is used here: write-ahead log, one writer at a time, errors with a way out."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, UnaryExpression, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.operators import custom_op

from fileroom.errors import CatalogError, SchemaError
from fileroom_plugins.databases.database import Database
from fileroom_plugins.databases.errors import DatabaseFullError
from fileroom_plugins.databases.explaining import Explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection, Select
    from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")

_PLUS: custom_op[Any] = custom_op("+")
_PAGE_CACHE = 16_000  # KiB for each connection
_LOG_KEPT = 64 * 1024 * 1024  # bytes of the write-ahead log that are not given back
_INDEX = re.compile(r"USING (?:COVERING )?INDEX (\w+)")
_STATEMENTS = 256  # prepared ones for each connection
_RETRY = 0.01  # seconds
_CONNECTIONS = 8  # kept open; more are opened when more threads ask

_WAY_OUT = {
    sqlite3.SQLITE_BUSY: "another process is writing to it: wait for that, or raise busy_timeout",
    sqlite3.SQLITE_READONLY: "it may not be written to: check the permissions of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check that its folder is there and may be written to",
    sqlite3.SQLITE_PERM: "access was denied: check the permissions of the file and its folder",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write: check the disk, then try again",
}
_DAMAGED = {
    sqlite3.SQLITE_NOTADB: "is not an SQLite database",
    sqlite3.SQLITE_CORRUPT: "is damaged",
}


class SqliteDatabase(Database):
    """One SQLite file.

    Args:
        path: the file; it is created if there is none, for its owner alone; its folder is not.
        synchronous: ``"full"`` or ``"normal"``, as in SQLite's pragma.
        busy_timeout: seconds to wait for another writer.
        page_size: bytes of a page, if the file is yet to be made; None for SQLite's own choice.

    Not to be carried across a fork: a child process opens its own.
    """

    takes_turns = True

    def __init__(
        self, path: Path, synchronous: str, busy_timeout: float, page_size: int | None = None
    ) -> None:
        path = Path(path).absolute()
        super().__init__()
        self.name = f"database {path}"
        self._files = (path, path.with_name(f"{path.name}-wal"))
        self._synchronous = synchronous
        self._busy_timeout = busy_timeout
        self._page_size = page_size
        # Threads of one process queue here, since SQLite would let them poll for the lock.
        self._turn = threading.Lock()
        self.engine = create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"timeout": busy_timeout, "cached_statements": _STATEMENTS},
            pool_size=_CONNECTIONS,
            max_overflow=-1,
            hide_parameters=True,  # they are patients' data, and errors get logged
        )
        event.listen(self.engine, "do_connect", self._make_private)
        event.listen(self.engine, "connect", self._configure)
        event.listen(self.engine, "begin", _begin)
        self._writer = self.engine.execution_options(begin="BEGIN IMMEDIATE")
        self._bare = self.engine.execution_options(begin="")

    def _make_private(self, *_: object) -> None:
        """Make the file before SQLite does, which would let everybody read it; its logs get the same mode."""
        with suppress(OSError):  # it is there, or SQLite says better why it cannot be made
            os.close(os.open(self._files[0], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def _configure(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `_begin` says, not where sqlite3 guesses
        flush_the_drive = int(self._synchronous == "full")
        if self._page_size:
            connection.execute(f"PRAGMA page_size = {self._page_size}")  # before anything makes the file
        self._keep_a_log(connection)
        for pragma in (
            f"synchronous = {self._synchronous}",
            f"fullfsync = {flush_the_drive}",  # macOS: fsync alone leaves the bytes in the drive's cache
            f"checkpoint_fullfsync = {flush_the_drive}",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            f"cache_size = -{_PAGE_CACHE}",
            f"journal_size_limit = {_LOG_KEPT}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def _keep_a_log(self, connection: sqlite3.Connection) -> None:
        """Turn on the write-ahead log; SQLite does not wait by itself while another process does the same."""
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY)
            else:
                return

    def matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        """Return a test with GLOB, in which a bracket would be special too."""
        return column.op("GLOB", is_comparison=True)(pattern.replace("[", "[[]"))

    def unindexed(self, column: ColumnElement[T]) -> ColumnElement[T]:
        """Return the column behind a plus sign, SQLite's way to say so."""
        return UnaryExpression(column, operator=_PLUS, type_=column.type)

    def sorted(
        self, column: ColumnElement[Any], *, descending: bool, optional: bool = True
    ) -> ColumnElement[Any]:
        """Return the order without words about NULL: it is SQLite's own, and older ones do not know them."""
        del optional
        return column.desc() if descending else column.asc()

    def indexes_for(self, connection: Connection, statement: Select[Any]) -> list[str]:
        """Return the indexes that ``EXPLAIN QUERY PLAN`` names."""
        lines = connection.execute(Explain("EXPLAIN QUERY PLAN", statement)).all()
        found = (_INDEX.search(line[-1]) for line in lines)
        return list(dict.fromkeys(match[1] for match in found if match))

    def compact(self) -> int:
        """Write the file anew without gaps, by way of a temporary one, and empty the write-ahead log."""
        with self._translated(), self._alone(), self._bare.connect() as connection:
            before = self._size()
            connection.exec_driver_sql("PRAGMA temp_store = FILE")  # the copy may be larger than the memory
            try:
                connection.exec_driver_sql("VACUUM")
            finally:
                connection.exec_driver_sql("PRAGMA temp_store = MEMORY")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return max(0, before - self._size())

    def _size(self) -> int:
        return sum(file.stat().st_size for file in self._files if file.exists())

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._alone(), self._writer.connect() as connection:
            connection.begin()
            yield connection

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait for the turn of this thread among those of the process."""
        if not self._turn.acquire(timeout=self._busy_timeout):
            raise CatalogError(
                f"{self.name}: another thread has been writing to it for {self._busy_timeout:g} s: "
                "write in smaller batches, or raise busy_timeout"
            )
        try:
            yield
        finally:
            self._turn.release()

    def _explain(self, error: SQLAlchemyError) -> CatalogError:
        cause = error.orig if isinstance(error, DBAPIError) else None
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        if code in _DAMAGED:
            return SchemaError(
                f"{self.name} {_DAMAGED[code]}: point the configuration elsewhere, or restore a backup; an "
                "index can be made anew from the stored files: move it away and run 'fileroom rebuild'"
            )
        if code == sqlite3.SQLITE_FULL:
            return DatabaseFullError(f"{self.name}: no space is left for it: free some, then try again")
        way_out = _WAY_OUT.get(code, f"{cause or error}")
        return CatalogError(f"{self.name}: {way_out}")


def _begin(connection: Connection) -> None:
    # A transaction that read first and wrote later could find that another one had written in between.
    if begin := connection.get_execution_options().get("begin", "BEGIN"):
        connection.exec_driver_sql(begin)
