"""Rows of a table, page after page in the order of the key, and their bytes, piece after piece."""

from __future__ import annotations

import functools
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import case, func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from fileroom.errors import CatalogError, ConfigError
from fileroom.plugin import Feed, FeedItem
from fileroom_plugins.table_feed.connecting import connect, shown
from fileroom_plugins.table_feed.naming import described
from fileroom_plugins.table_feed.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row, Select

PAGE = 64
"""Rows that are looked at in one statement."""

INLINE = 256 * 1024
"""Bytes up to which an image comes with its row, and not by statements of its own."""


class TableFeed(Feed):
    """Images in a table.

    Args:
        url: the database.
        table: the table, with or without a schema.
        key: the column that orders the rows, different in each.
        data: the column with the bytes.
        after: only rows with a greater key.

    Raises:
        ConfigError: it is no URL, or the table or one of the columns is not there.
        CatalogError: the database cannot be reached.
        MissingDependencyError: its driver is not installed.
    """

    def __init__(self, url: str, table: str, key: str, data: str, after: str | None = None) -> None:
        self._engine = connect(url)
        self.name = f"database {shown(self._engine.url)}"
        self._label = table
        try:
            with self._translated():
                self._table = described(self._engine, table, key, data)
                self._after = None if after is None else self._table.key_of(after)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[FeedItem]:
        """Yield the rows, ordered by key; without the bytes of large ones."""
        self._refuse_rows_without_key()
        last = self._after
        while rows := self._page(last):
            for row in rows[:PAGE]:
                if last is not None and row.key == last:
                    raise ConfigError(
                        f"two rows of {self._label} have the same {self._table.key.name}: name a column that "
                        "is different in every row, such as the primary key"
                    )
                last = row.key
                yield FeedItem(f"{self._label} {row.key}", row.size or 0, functools.partial(self._open, row))
            if len(rows) <= PAGE:
                return

    def count(self) -> int | None:
        """Return the number of rows behind ``after``."""
        counted = self._behind(select(func.count()).select_from(self._table.source), self._after)
        with self._connected() as connection:
            return int(connection.execute(counted).scalar_one())

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _page(self, last: object) -> list[Row[Any]]:
        """Return a page behind a key, and one row more if there is one."""
        table = self._table
        few = case((table.size <= INLINE, table.data), else_=None)
        page = select(table.key.label("key"), table.size.label("size"), few.label("data"))
        page = self._behind(page.select_from(table.source), last).order_by(table.key).limit(PAGE + 1)
        with self._connected() as connection:
            return list(connection.execute(page).all())

    def _behind(self, statement: Select[Any], last: object) -> Select[Any]:
        return statement if last is None else statement.where(self._table.key > last)

    def _refuse_rows_without_key(self) -> None:
        table = self._table
        without = select(func.count()).select_from(table.source).where(table.key.is_(None))
        with self._connected() as connection:
            if count := connection.execute(without).scalar_one():
                raise ConfigError(
                    f"{count} rows of {self._label} have no {table.key.name}: name a column that is filled "
                    "in every row, such as the primary key"
                )

    def _open(self, row: Row[Any]) -> BinaryIO:
        if row.data is not None or not row.size:
            return io.BufferedReader(_Bytes(bytes(row.data or b"")))
        read = functools.partial(self._piece, row.key)
        return io.BufferedReader(Pieces(row.size, read), INLINE)

    def _piece(self, key: object, start: int, size: int) -> bytes:
        """Return bytes of one row from ``start`` on, at least one and at most ``size``.

        Raises:
            OSError: the row is gone, or was made shorter.
        """
        table = self._table
        piece = select(table.piece(start, size)).select_from(table.source).where(table.key == key)
        with self._connected() as connection:
            found = connection.execute(piece).scalar()
        if not found:
            raise OSError("the row was deleted or changed while it was read")
        return bytes(found)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            kind = type(error.orig if isinstance(error, DBAPIError) else error).__name__
            raise CatalogError(
                f"{self.name} cannot be read ({kind}): check that the server runs and that the user may read "
                f"{self._label}, then import again to go on"
            ) from error


class _Bytes(io.BytesIO):
    name = ""  # pydicom asks a buffered reader for it
