"""Reading large values of SQLite bit by bit.

Statements do not: SQLite reads the whole of a value for each piece that one asks for.
"""

from __future__ import annotations

import contextlib
import errno
import io
import sqlite3
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import literal_column, select
from sqlalchemy.exc import OperationalError

from fileroom.plugin import RangeFile
from fileroom_plugins.table_feed import statements
from fileroom_plugins.table_feed.naming import SOURCE
from fileroom_plugins.table_feed.pieces import gone

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from fileroom_plugins.table_feed.connecting import Reader
    from fileroom_plugins.table_feed.naming import Table

_BUFFER = 256 << 10
_ROW_IDS = ("rowid", "_rowid_", "oid")


def open_value(reader: Reader, table: Table, key: object, size: int) -> BinaryIO:
    """Open one row's bytes.

    Of a view, or a table without row ids, they are read whole: SQLite holds no more than 1 GB in a value.

    Raises:
        OSError: the row is gone, or was changed.
        FeedError: the database cannot be read.
    """
    with ExitStack() as stack:
        stack.enter_context(reader.translated(table.label))
        connection = stack.enter_context(reader.connect())
        blob = _blob(connection, table, key)
        if blob is None:
            return _whole(connection, table, key, size)
        if len(blob) != size:
            raise gone()
        stack.pop_all()
    return io.BufferedReader(_Value(connection, blob, size), _BUFFER)


def _whole(connection: Connection, table: Table, key: object, size: int) -> BinaryIO:
    data: bytes | None = connection.execute(statements.whole(table, key)).scalar()
    if data is None or len(data) != size:
        raise gone()
    return io.BytesIO(data)


def _blob(connection: Connection, table: Table, key: object) -> sqlite3.Blob | None:
    """Return a handle on a row's bytes, or None where SQLite gives none: of views, for example."""
    taken = {name.lower() for name in table.columns}
    row_id = next((name for name in _ROW_IDS if name not in taken), None)
    if row_id is None:
        return None
    row: ColumnElement[int] = literal_column(f"{SOURCE}.{row_id}")
    select_row = select(row).select_from(table.source)
    try:
        found = connection.execute(select_row.where(table.key == key)).first()
    except OperationalError:  # there are no row ids
        return None
    if found is None:
        raise gone()
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    try:
        return driver.blobopen(table.name, table.data, found[0], readonly=True, name=table.schema or "main")
    except (TypeError, sqlite3.OperationalError):  # a view, whose row ids are NULL; neither bytes nor text
        return None


class _Value(RangeFile):
    """A value that a handle is open on; the handle and its connection are closed with it."""

    def __init__(self, connection: Connection, blob: sqlite3.Blob, size: int) -> None:
        super().__init__(size)
        self._connection = connection
        self._blob = blob

    def fetch(self, position: int, size: int) -> bytes:
        """Return what is asked for; the row has not changed since it was found."""
        try:
            self._blob.seek(position)
            return self._blob.read(size)
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_ABORT:
                raise gone() from error
            raise OSError(errno.EIO, f"the row cannot be read ({error.sqlite_errorname})") from error

    def close(self) -> None:
        """Close the handle, and give the connection back."""
        if not self.closed:
            with contextlib.suppress(sqlite3.Error):  # the row was changed
                self._blob.close()
            self._connection.close()
        super().close()
