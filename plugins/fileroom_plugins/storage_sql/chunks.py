"""Chunks: cutting sources into them, and reading stretches of segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, delete, func, insert, select

from fileroom.plugin import StorageError
from fileroom_plugins.storage_sql.binary import OPTION
from fileroom_plugins.storage_sql.schema import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import BindParameter, Connection

    from fileroom_plugins.storage_sql.extents import Extent

_column = chunks.c
_number = _column.number
_first: BindParameter[int] = bindparam("first")
_last: BindParameter[int] = bindparam("last")
_those = (_column.segment == bindparam("segment")) & _number.between(_first, _last)

_WHOLE = select(_number, _column.data).where(_those).order_by(_number).execution_options(**OPTION)

# What of a chunk is not asked for is cut off where it lies, and does not travel.
_skipped = case((_number == _first, bindparam("skipped")), else_=0)
_kept = case((_number == _last, bindparam("kept")), else_=bindparam("chunk_size"))
_PARTS = (
    select(_number, func.substr(_column.data, _skipped + 1, _kept - _skipped, type_=_column.data.type))
    .where(_those)
    .order_by(_number)
    .execution_options(**OPTION)
)

_ONE_RANGE = delete(chunks).where(
    _column.segment == bindparam("gone"), _number >= bindparam("start"), _number < bindparam("stop")
)


def chunked(pieces: Iterable[bytes | memoryview], size: int) -> Iterator[bytes]:
    """Yield the bytes of pieces of any sizes in chunks of one size; only the last may be smaller."""
    begun = bytearray()
    for piece in pieces:
        view = memoryview(piece).cast("B")
        start = 0
        if begun:
            start = min(size - len(begun), len(view))
            begun += view[:start]
            if len(begun) < size:
                continue
            yield bytes(begun)
            begun.clear()
        while len(view) - start >= size:
            yield bytes(view[start : start + size])
            start += size
        begun += view[start:]
    if begun:
        yield bytes(begun)


def insert_chunks(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows of the table of chunks."""
    if rows:
        connection.execute(insert(chunks), rows)


def delete_chunks(connection: Connection, ranges: Iterable[tuple[bytes, int, int]]) -> None:
    """Delete chunks, told as segment, number of the first one, number after the last one."""
    gone = [{"gone": segment, "start": start, "stop": stop} for segment, start, stop in ranges]
    if gone:
        connection.execute(_ONE_RANGE, gone)


def read(connection: Connection, stretches: Iterable[Extent]) -> bytes:
    """Return the bytes of stretches, one after another.

    Raises:
        StorageError: a chunk is missing, or too short.
    """
    return b"".join(piece for each in stretches for piece in _pieces(connection, each))


def _pieces(connection: Connection, stretch: Extent) -> list[bytes]:
    size = stretch.chunk_size
    first, last = stretch.first_chunk, stretch.stop_chunk - 1
    skipped = stretch.offset - first * size
    kept = stretch.offset + stretch.length - last * size
    asked: dict[str, object] = {"segment": stretch.segment, "first": first, "last": last}
    if skipped or kept < size:
        asked |= {"skipped": skipped, "kept": kept, "chunk_size": size}
        rows = connection.execute(_PARTS, asked).all()
    else:
        rows = connection.execute(_WHOLE, asked).all()
    pieces = [row[1] for row in rows]
    if len(pieces) != last - first + 1 or sum(map(len, pieces)) != stretch.length:
        raise StorageError(
            f"storage: chunks {first} to {last} of segment {stretch.segment.hex()} are not all there: the "
            "object was deleted while it was read, or the database is damaged; 'fileroom verify' tells which"
        )
    return pieces
