"""The SQLite file: its tables, its connections, and its errors as Fileroom knows them."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fileroom.plugin import StorageError, StorageFullError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Ids are never used again, so that a file that is open never reads another object's bytes.
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS object (
    id INTEGER PRIMARY KEY AUTOINCREMENT, locator TEXT NOT NULL UNIQUE, size INTEGER, modified REAL
);
CREATE TABLE IF NOT EXISTS piece (
    object INTEGER NOT NULL REFERENCES object ON DELETE CASCADE, start INTEGER NOT NULL, data BLOB NOT NULL,
    UNIQUE (object, start)
);
COMMIT;
"""
_PAUSE = 0.01


class Database:
    """One SQLite file, which is made if it is not there.

    Args:
        path: the file.
        timeout: seconds that a writer waits for another one.

    Raises:
        StorageError: it cannot be opened.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._idle: list[sqlite3.Connection] = []
        with _translated("open the file"), self.connected() as connection:
            self._choose_journal(connection)
            connection.executescript(_SCHEMA)

    def _choose_journal(self, connection: sqlite3.Connection) -> None:
        """Let readers read on while somebody writes."""
        last = time.monotonic() + self._timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > last:
                    raise
                time.sleep(_PAUSE)  # for this alone, SQLite does not wait for others by itself
            else:
                return

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; after a failure it is closed, which rolls its transaction back."""
        connection = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        with _translated("open the file"):
            connection = sqlite3.connect(
                self._path, self._timeout, isolation_level=None, check_same_thread=False
            )
            for pragma in ("synchronous = FULL", "fullfsync = ON", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
            return connection

    def close(self) -> None:
        """Close all connections that are not in use."""
        while self._idle:
            self._idle.pop().close()


def rows(connection: sqlite3.Connection, sql: str, *values: object) -> list[Any]:
    """Run a statement, and return its rows."""
    with _translated("read or write"):
        return connection.execute(sql, values).fetchall()


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        if code == sqlite3.SQLITE_FULL:
            raise StorageFullError("vault: no space is left: free some, and try again") from error
        raise StorageError(f"vault: cannot {doing}: {error}") from error
