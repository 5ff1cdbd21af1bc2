"""The SQL storage."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import bindparam, select

from fileroom.plugin import (
    AlreadyExistsError,
    ByteRange,
    ConfigError,
    Deletion,
    FileroomError,
    InvalidValueError,
    PutItem,
    Storage,
    StorageCapabilities,
    StorageError,
    Stored,
    buffers,
)
from fileroom_plugins.databases.errors import OutcomeUnknownError
from fileroom_plugins.storage_sql import loose
from fileroom_plugins.storage_sql.binary import prepare_for_bytes
from fileroom_plugins.storage_sql.chunks import read
from fileroom_plugins.storage_sql.deleting import AT_ONCE, delete_objects
from fileroom_plugins.storage_sql.extents import cut
from fileroom_plugins.storage_sql.failures import translated
from fileroom_plugins.storage_sql.locators import (
    between,
    existing_key_of,
    key_bytes,
    key_of,
    locator_of,
    not_found,
)
from fileroom_plugins.storage_sql.objects import find, insert_whole
from fileroom_plugins.storage_sql.reading import BUFFER, ObjectFile
from fileroom_plugins.storage_sql.schema import objects
from fileroom_plugins.storage_sql.splicing import splice
from fileroom_plugins.storage_sql.upgrade import prepare
from fileroom_plugins.storage_sql.writing import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from fileroom.plugin import Source
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.storage_sql.objects import Object

_WHOLE = ByteRange()
_PAGE = 1_000
_LISTED = (
    select(objects.c.key, objects.c.size, objects.c.created)
    .where(objects.c.key >= bindparam("lowest"), objects.c.key <= bindparam("highest"))
    .order_by(objects.c.key)
    .limit(_PAGE)
)


_ESCAPED = 2  # bytes of a statement, at most, for a byte of a chunk
_BESIDE = 1024  # bytes of a statement beside the chunk, or fewer


class SqlStorage(Storage):
    """Objects in tables of a database, which an index may share.

    Args:
        database: where the tables are, or come to be. It is closed with the storage.
        chunk_size: bytes of an object in one row.

    Raises:
        ConfigError: the server does not take chunks of this size.
        StorageError: the database failed, or its tables are a newer version's, or somebody else's.
    """

    capabilities = StorageCapabilities(splice=True, conditional_create=True, key_locators=True)

    def __init__(self, database: Database, *, chunk_size: int) -> None:
        self.database: Database = database
        self._chunk_size = chunk_size
        self._closed = False
        prepare_for_bytes(database.engine)
        try:
            with translated():
                prepare(database)
            _check(chunk_size, database)
        except BaseException:
            database.close()
            raise

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects: in one transaction, save for what does not fit into memory."""
        if not items:
            return []
        if len({item.key for item in items}) < len(items):
            raise AlreadyExistsError(
                "storage: two objects of one call have one key: use a fresh key for each"
            )
        segment = Segment(self.database, self._chunk_size)
        try:
            written = [(key_bytes(item.key), segment.add(buffers(item.source))) for item in items]
            segment.finish(lambda connection: insert_whole(connection, written))
        except BaseException as error:
            self._take_back(segment, [item.key for item in items], error)
            raise
        return [Stored(item.key, extent.length) for item, (_, extent) in zip(items, written, strict=True)]

    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        """Store an object that shares the chunks of another one."""
        with self._found(locator) as (_, old):
            pass
        start = old.size if offset is None else offset
        if not 0 <= start <= old.size or (delete_length is not None and delete_length < 0):
            raise InvalidValueError(
                f"cannot splice {delete_length} at {start}: the object has {old.size} bytes"
            )
        end = old.size if delete_length is None else min(start + delete_length, old.size)
        new = key_bytes(PutItem(key, data).key)
        segment = Segment(self.database, self._chunk_size)
        try:
            size = splice(self.database, segment, old, new, replaced=(start, end), pieces=buffers(data))
        except BaseException as error:
            self._take_back(segment, [key], error)
            raise
        return Stored(key, size)

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object, or a range of it; its chunks are read as they are needed."""
        with self._found(locator) as (connection, found):
            start, end = (byte_range or _WHOLE).within(found.size)
            beginning = read(connection, cut(found.extents, start, min(start + BUFFER, end)))

        def more(position: int, size: int) -> bytes:
            with translated(), self.database.read() as connection:
                return read(connection, cut(found.extents, position, position + size))

        return io.BufferedReader(ObjectFile(more, start, end, beginning), BUFFER)

    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges, as one state of the database holds them."""
        with self._found(locator) as (connection, found):
            bounds = [each.within(found.size) for each in ranges]
            return [read(connection, cut(found.extents, start, end)) for start, end in bounds]

    def stat(self, locator: str) -> Stored:
        """Return an object's size, and when it was put."""
        with self._found(locator) as (_, found):
            return Stored(locator, found.size, found.created / 1000)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete objects, many in one transaction."""
        failed: dict[str, FileroomError] = {}
        keys = {key: locator for locator in locators if (key := key_of(locator))}
        ours = list(keys)
        for start in range(0, len(ours), AT_ONCE):
            some = ours[start : start + AT_ONCE]
            try:
                self._delete(some)
            except StorageError as error:
                failed |= dict.fromkeys((keys[key] for key in some), error)
        return [Deletion(locator, failed.get(locator)) for locator in locators]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield objects in the order of their keys; no transaction lasts while the listing stands still."""
        bounds = between(prefix)
        if bounds is None:
            return
        lowest, highest = bounds
        while True:
            with translated(), self.database.read() as connection:
                rows = connection.execute(_LISTED, {"lowest": lowest, "highest": highest}).all()
            yield from (Stored(locator_of(row.key), row.size, row.created / 1000) for row in rows)
            if len(rows) < _PAGE or rows[-1].key == highest:
                return
            lowest = (int.from_bytes(rows[-1].key, "big") + 1).to_bytes(16, "big")

    def discard_unfinished(self, older_than: float) -> int:
        """Remove chunks of objects that were never finished, and of deleted ones whose removal was not."""
        with translated():
            return loose.clear(self.database, older_than)

    def close(self) -> None:
        """Close the database, unless others still use it in this process."""
        if not self._closed:
            self._closed = True
            self.database.close()

    @contextlib.contextmanager
    def _found(self, locator: str) -> Iterator[tuple[Connection, Object]]:
        """Enter a transaction that only reads, with an object that is there."""
        key = existing_key_of(locator)
        with translated(), self.database.read() as connection:
            found = find(connection, key)
            if found is None:
                raise not_found(locator)
            yield connection, found

    def _delete(self, keys: Sequence[bytes]) -> None:
        def work(connection: Connection) -> None:
            if delete_objects(connection, keys):
                self.database.once_committed(self._clear)

        with translated():
            self.database.write(work)

    def _take_back(self, segment: Segment, keys: Sequence[str], error: BaseException) -> None:
        segment.take_back()
        if isinstance(error.__cause__, OutcomeUnknownError):  # they may be there
            self.delete(keys)

    def _clear(self) -> None:
        """Remove the chunks of what was deleted; what fails here is left to `discard_unfinished`."""
        with contextlib.suppress(FileroomError):
            loose.clear(self.database)


def _check(chunk_size: int, database: Database) -> None:
    """Refuse chunks that some day the server would not take.

    Raises:
        ConfigError: they are too large.
    """
    limit = database.largest_statement
    if limit is not None and chunk_size * _ESCAPED + _BESIDE > limit:
        raise ConfigError(
            f"storage: {database.name} takes {limit:,} bytes at once, and a chunk may need twice its size: "
            f"lower chunk_size to {(limit - _BESIDE) // _ESCAPED:,} at most, or raise its max_allowed_packet"
        )
