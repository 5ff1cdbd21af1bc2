"""Rows of a table, block after block in the order of the key, and their bytes, piece after piece."""

from __future__ import annotations

import functools
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO

from fileroom.errors import ConfigError
from fileroom.plugin import Feed, FeedItem
from fileroom_plugins.table_feed import statements
from fileroom_plugins.table_feed.connecting import Reader
from fileroom_plugins.table_feed.naming import described, shown
from fileroom_plugins.table_feed.pieces import Pieces, gone
from fileroom_plugins.table_feed.sqlite_values import open_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Row

PAGE = 256
"""Rows whose keys and sizes are asked for at once."""

BLOCK = 4 << 20
"""Bytes about that are fetched at once, of as many rows as that takes."""

INLINE = 1 << 20
"""Bytes up to which an image comes with others, and not by statements of its own."""

_HEAD = 64 << 10
"""Bytes of a larger one that do: its header, mostly."""

_PIECE = 1 << 20
_MOST_PIECES = 64
"""Bytes of a piece, and how many an image is cut into unless they would be too long: some databases read all
that lies before a piece."""


class TableFeed(Feed):
    """Images in a table.

    Args:
        url: the database.
        table: the table, with or without a schema.
        key: the column that orders the rows, different in each.
        data: the column with the bytes.
        after: only rows with a greater key.

    Raises:
        ConfigError: it is no URL, or the table or one of the columns is not there, or cannot be used.
        FeedError: the database cannot be read.
        MissingDependencyError: its driver is not installed.
    """

    def __init__(self, url: str, table: str, key: str, data: str, after: str | None = None) -> None:
        self._reader = Reader(url)
        try:
            with self._reader.inspected(table) as inspector:
                self._table = described(inspector, table, key, data)
            with self._reader.connected(table) as connection:
                self._table.refuse_bad_keys(connection)
                self._after = None if after is None else self._table.key_of(after, connection)
                connection.execute(
                    statements.page(self._table, self._after, 1)
                ).all()  # what fails, fails now
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[FeedItem]:
        """Yield the rows, ordered by key; the next ones are fetched while these are looked at."""
        blocks = self._blocks()
        with ThreadPoolExecutor(1, "fileroom-feed") as pool:
            coming = pool.submit(next, blocks, None)
            while (block := coming.result()) is not None:
                coming = pool.submit(next, blocks, None)
                yield from block

    def count(self) -> int | None:
        """Return the number of rows behind ``after``."""
        with self._reader.connected(self._table.label) as connection:
            return int(connection.execute(statements.count(self._table, self._after)).scalar_one())

    def close(self) -> None:
        """Close all connections."""
        self._reader.close()

    def _blocks(self) -> Iterator[list[FeedItem]]:
        last = self._after
        while page := self._page(last):
            if any(row.key_ == last for row in page):
                raise ConfigError(
                    f"the column {self._table.key.name!r} cannot be the key: its values differ when they are "
                    "looked for again; name one of whole numbers, or of text"
                )
            for rows in _in_blocks(page):
                yield self._block(last, rows)
                last = rows[-1].key_

    def _page(self, last: object) -> Sequence[Row[Any]]:
        with self._reader.connected(self._table.label) as connection:
            return connection.execute(statements.page(self._table, last, PAGE)).all()

    def _block(self, last: object, rows: Sequence[Row[Any]]) -> list[FeedItem]:
        """Return rows that follow a key, with the bytes of those that are not too large."""
        block = statements.block(self._table, last, rows[-1].key_, INLINE, _HEAD)
        with self._reader.connected(self._table.label) as connection:
            fetched = {row.key_: row.data_ for row in connection.execute(block)}
        return [self._item(row.key_, row.size_ or 0, fetched.get(row.key_)) for row in rows]

    def _item(self, key: object, size: int, data: bytes | None) -> FeedItem:
        name = f"{self._table.label} {shown(key)}"
        data = bytes(data or b"")
        if size > INLINE:
            return FeedItem(name, size, functools.partial(self._open, key, size, data))
        if size and not data:
            return FeedItem(name, size, _raise_gone)
        return FeedItem(name, len(data), functools.partial(io.BytesIO, data))

    def _open(self, key: object, size: int, head: bytes) -> BinaryIO:
        if self._reader.engine.dialect.driver == "pysqlite":
            return open_value(self._reader, self._table, key, size)
        piece = min(max(_PIECE, size // _MOST_PIECES), self._table.value.longest)
        return io.BufferedReader(Pieces(size, head, piece, functools.partial(self._piece, key, size)))

    def _piece(self, key: object, size: int, start: int, count: int) -> bytes:
        with self._reader.connected(self._table.label) as connection:
            row = connection.execute(statements.piece(self._table, key, start, count)).first()
        if row is None or row[0] != size:
            raise gone()
        return b"".join(bytes(piece) for piece in row[1:] if piece is not None)


def _raise_gone() -> BinaryIO:
    raise gone()


def _in_blocks(rows: Sequence[Row[Any]]) -> Iterator[list[Row[Any]]]:
    block: list[Row[Any]] = []
    size = 0
    for row in rows:
        block.append(row)
        size += row.size_ or 0 if (row.size_ or 0) <= INLINE else _HEAD
        if size >= BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block
