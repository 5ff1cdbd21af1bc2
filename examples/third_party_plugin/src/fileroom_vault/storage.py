"""All objects in one SQLite file: one thing to copy, to move, and to back up.

It keeps every promise of the storage contract with the standard library alone. SQLite has one writer at a
time, and a writer waits while the sources of another one are read, so choose it for archives that are small
or that one process fills.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from fileroom.plugin import (
    AlreadyExistsError,
    ByteRange,
    Deletion,
    NotFoundError,
    Storage,
    StorageError,
    StoragePlugin,
    Stored,
    buffers,
    hookimpl,
)
from fileroom_vault.database import Database, rows
from fileroom_vault.reader import PIECE, open_pieces

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from fileroom.plugin import PutItem

_PAGE = 1000  # rows that a listing fetches at a time


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
        self._database = Database(options.path, options.timeout)

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        with self._database.connected() as connection:
            rows(connection, "BEGIN IMMEDIATE")
            stored = [_put(connection, item) for item in items]
            rows(connection, "COMMIT")  # durable when this returns: synchronous is FULL
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
        with self._database.connected() as connection:
            found = rows(connection, sql, object_id, position, length)
        if not found:
            raise StorageError("vault: the object was deleted while it was open")
        return cast("bytes", found[0][0])

    def stat(self, locator: str) -> Stored:
        _, size, modified = self._find(locator)
        return Stored(locator, size, modified)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        try:
            with self._database.connected() as connection:
                rows(connection, "BEGIN IMMEDIATE")
                for locator in filter(str.isascii, locators):
                    rows(connection, "DELETE FROM object WHERE locator = ?", locator)
                rows(connection, "COMMIT")
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
            with self._database.connected() as connection:
                page = rows(connection, sql, after, len(prefix), prefix, _PAGE)
            yield from (Stored(*row) for row in page)
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def close(self) -> None:
        self._database.close()

    def _find(self, locator: str) -> tuple[int, int, float]:
        found = []
        if locator.isascii():  # all our own are; and SQLite refuses lone surrogates
            with self._database.connected() as connection:
                found = rows(connection, "SELECT id, size, modified FROM object WHERE locator = ?", locator)
        if not found:
            raise NotFoundError("vault: no such object: it was deleted, or is in another file")
        return cast("tuple[int, int, float]", found[0])


def _put(connection: sqlite3.Connection, item: PutItem) -> Stored:
    sql = "INSERT INTO object (locator, modified) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id"
    new = rows(connection, sql, item.key, time.time())
    if not new:
        raise AlreadyExistsError(f"vault: the key {item.key} has an object already")
    id_, size = new[0][0], 0
    for buffer in buffers(item.source):  # what reading it raises is not ours, and passes as it is
        view = memoryview(buffer).cast("B")
        for start in range(0, len(view), PIECE):
            piece = view[start : start + PIECE]
            rows(connection, "INSERT INTO piece VALUES (?, ?, ?)", id_, size, piece)
            size += len(piece)
    rows(connection, "UPDATE object SET size = ? WHERE id = ?", size, id_)
    return Stored(item.key, size)


@hookimpl
def fileroom_storage() -> StoragePlugin:
    """Offer the storage."""
    return StoragePlugin("vault", Options, VaultStorage, "Objects in one SQLite file")
