"""All objects in one SQLite file: one thing to copy, to move, and to back up.

It keeps every promise of the storage contract with the standard library alone. SQLite has one writer at a
time, and a writer waits while the sources of another one are read, so choose it for archives that are small
or that one process fills.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from fileroom.plugin import (
    AlreadyExistsError,
    ByteRange,
    Deletion,
    NotFoundError,
    Storage,
    StorageError,
    StorageFullError,
    StoragePlugin,
    Stored,
    buffers,
    hookimpl,
)
from fileroom_vault.reader import PIECE, open_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.plugin import PutItem

_PAGE = 1000  # rows that a listing fetches at a time

# Ids are never used again, so that a file that is open never reads another object's bytes.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    id INTEGER PRIMARY KEY AUTOINCREMENT, locator TEXT NOT NULL UNIQUE, size INTEGER, modified REAL
);
CREATE TABLE IF NOT EXISTS piece (
    object INTEGER NOT NULL REFERENCES object ON DELETE CASCADE, start INTEGER NOT NULL, data BLOB NOT NULL,
    UNIQUE (object, start)
);
"""


@dataclass(frozen=True)
class Options:
    """The keys of ``[storage]`` with ``backend = "vault"``.

    Attributes:
        path: the file; its folder must be there, on a local disk.
        timeout: seconds that a writer waits for another one.
    """

    path: Path = Path("vault.sqlite")
    timeout: float = 60.0


class VaultStorage(Storage):
    """Objects as rows of one SQLite file; a locator is the key."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._idle: list[sqlite3.Connection] = []
        with _translated("open the file"), self._connected() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        with self._connected() as connection:
            _rows(connection, "BEGIN IMMEDIATE")
            stored = [_put(connection, item) for item in items]
            _rows(connection, "COMMIT")  # durable when this returns: synchronous is FULL
        return stored

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        id_, size, _ = self._find(locator)
        start, end = (byte_range or ByteRange()).within(size)
        return open_pieces(lambda position, length: self._read(id_, start + position, length), end - start)

    def _read(self, object_id: int, position: int, length: int) -> bytes:
        sql = (
            "SELECT substr(data, ?2 - start + 1, ?3) FROM piece "
            "WHERE object = ?1 AND start <= ?2 ORDER BY start DESC LIMIT 1"
        )
        with self._connected() as connection:
            rows = _rows(connection, sql, object_id, position, length)
        if not rows:
            raise StorageError("vault: the object was deleted while it was open")
        return cast("bytes", rows[0][0])

    def stat(self, locator: str) -> Stored:
        _, size, modified = self._find(locator)
        return Stored(locator, size, modified)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        try:
            with self._connected() as connection:
                _rows(connection, "BEGIN IMMEDIATE")
                for locator in filter(str.isascii, locators):
                    _rows(connection, "DELETE FROM object WHERE locator = ?", locator)
                _rows(connection, "COMMIT")
        except StorageError as error:
            return [Deletion(locator, error) for locator in locators]
        return [Deletion(locator) for locator in locators]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        sql = (
            "SELECT locator, size, modified FROM object WHERE locator > ? AND substr(locator, 1, ?) = ? "
            "ORDER BY locator LIMIT ?"
        )
        after = ""
        while prefix.isascii():
            with self._connected() as connection:
                page = _rows(connection, sql, after, len(prefix), prefix, _PAGE)
            yield from (Stored(*row) for row in page)
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _find(self, locator: str) -> tuple[int, int, float]:
        rows = []
        if locator.isascii():  # all our own are; and SQLite refuses lone surrogates
            with self._connected() as connection:
                rows = _rows(connection, "SELECT id, size, modified FROM object WHERE locator = ?", locator)
        if not rows:
            raise NotFoundError("vault: no such object: it was deleted, or is in another file")
        return cast("tuple[int, int, float]", rows[0])

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
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
                self._options.path, self._options.timeout, isolation_level=None, check_same_thread=False
            )
            for pragma in ("synchronous = FULL", "fullfsync = ON", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
            return connection


def _put(connection: sqlite3.Connection, item: PutItem) -> Stored:
    sql = "INSERT INTO object (locator, modified) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id"
    rows = _rows(connection, sql, item.key, time.time())
    if not rows:
        raise AlreadyExistsError(f"vault: the key {item.key} has an object already")
    id_, size = rows[0][0], 0
    for buffer in buffers(item.source):  # what reading it raises is not ours, and passes as it is
        view = memoryview(buffer).cast("B")
        for start in range(0, len(view), PIECE):
            piece = view[start : start + PIECE]
            _rows(connection, "INSERT INTO piece VALUES (?, ?, ?)", id_, size, piece)
            size += len(piece)
    _rows(connection, "UPDATE object SET size = ? WHERE id = ?", size, id_)
    return Stored(item.key, size)


def _rows(connection: sqlite3.Connection, sql: str, *values: object) -> list[Any]:
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


@hookimpl
def fileroom_storage() -> StoragePlugin:
    """Offer the storage."""
    return StoragePlugin("vault", Options, VaultStorage, "Objects in one SQLite file")
