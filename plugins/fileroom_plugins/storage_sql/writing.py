"""Writing a segment: what one `put_many` or `splice` brings."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import IntegrityError

from fileroom.plugin import AlreadyExistsError, FileroomError
from fileroom_plugins.storage_sql import loose
from fileroom_plugins.storage_sql.chunks import chunked, delete_chunks, insert_chunks
from fileroom_plugins.storage_sql.extents import Extent
from fileroom_plugins.storage_sql.failures import translated
from fileroom_plugins.storage_sql.schema import new_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from fileroom_plugins.databases.database import Database

T = TypeVar("T")

_HELD = 8 << 20  # bytes that are held in memory, and written in one transaction


class Segment:
    """A segment being written, of which nobody knows until its objects are there.

    What fits into memory is written along with the objects, in one transaction. Of the rest, each stretch is
    written in a transaction of its own, so that a slow or a large source holds nobody up.

    Args:
        database: where to.
        chunk_size: in bytes.
    """

    def __init__(self, database: Database, chunk_size: int) -> None:
        self._database = database
        self._chunk_size = chunk_size
        self._name = new_name()
        self._next = 0
        self._rows: list[dict[str, object]] = []
        self._held = 0
        self._begun = False

    def add(self, pieces: Iterable[bytes | memoryview]) -> Extent:
        """Add the bytes of one object; return where they lie, which is nowhere if the length is 0.

        Raises:
            StorageError: the database failed.
            Exception: whatever reading the source raised.
        """
        first, size = self._next, 0
        for data in chunked(pieces, self._chunk_size):
            self._rows.append({"segment": self._name, "number": self._next, "data": data})
            self._next += 1
            self._held += len(data)
            size += len(data)
            if self._held >= _HELD:
                self._write_what_is_held()
        return Extent(0, self._name, first * self._chunk_size, size, self._chunk_size)

    def finish(self, work: Callable[[Connection], T]) -> T:
        """Write the rest, and do the work that makes objects of it, in one transaction.

        Raises:
            AlreadyExistsError: the work inserted an object whose key has one.
            StorageError: the database failed.
        """

        def all_of_it(connection: Connection) -> T:
            insert_chunks(connection, self._rows)
            if self._begun:
                loose.finish(connection, self._name)
            try:
                return work(connection)
            except IntegrityError as error:
                raise AlreadyExistsError(
                    "storage: a key has an object already, which was kept: use a fresh key"
                ) from error

        with translated():
            return self._database.write(all_of_it)

    def take_back(self) -> None:
        """Remove what was written, as far as the database still works; the rest stays unfinished."""
        if self._begun:
            with contextlib.suppress(FileroomError):
                self._database.write_aside(self._remove)

    def _write_what_is_held(self) -> None:
        with translated():
            self._database.write_aside(self._write)
        self._begun = True
        self._rows = []
        self._held = 0

    def _write(self, connection: Connection) -> None:
        if self._begun:
            loose.go_on(connection, self._name)
        else:
            loose.begin(connection, self._name)
        insert_chunks(connection, self._rows)

    def _remove(self, connection: Connection) -> None:
        loose.finish(connection, self._name)
        delete_chunks(connection, [(self._name, 0, self._next)])
