"""What reading costs: only the chunks that are needed, and few statements for those that go on."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event

from fileroom.plugin import ByteRange
from fileroom.testing.storage_case import new_key, sample
from fileroom_plugins.databases.opening import open_sqlite
from fileroom_plugins.storage_sql.reading import BUFFER, ObjectFile
from fileroom_plugins.storage_sql.schema import chunks
from fileroom_plugins.storage_sql.storage import SqlStorage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEGABYTE = 1 << 20


@pytest.fixture
def large(tmp_path: Path) -> Iterator[SqlStorage]:
    storage = SqlStorage(open_sqlite(tmp_path / "objects.sqlite", "normal"), chunk_size=1 << 18)
    yield storage
    storage.close()


def statements(storage: SqlStorage) -> list[str]:
    """Return a list to which the statements are added that are run from now on."""
    seen: list[str] = []

    def note(*details: object) -> None:
        seen.append(str(details[2]))

    event.listen(storage.database.engine, "before_cursor_execute", note)
    return seen


def test_a_range_needs_only_the_chunks_it_lies_in(storage: SqlStorage) -> None:
    locator = storage.put(new_key(), sample(1_000)).locator
    others = chunks.c.number.not_in([10, 11])
    storage.database.write(lambda connection: connection.execute(delete(chunks).where(others)))
    with storage.open(locator, ByteRange(165, 190)) as file:
        assert file.read() == sample(1_000)[165:190]
    assert storage.read_ranges(locator, [ByteRange(160, 161), ByteRange(191, 192)]) == [
        sample(1_000)[160:161],
        sample(1_000)[191:192],
    ]


def test_a_small_object_is_opened_and_read_in_one_transaction(large: SqlStorage) -> None:
    locator = large.put(new_key(), sample(20_000)).locator
    begun: list[object] = []
    event.listen(large.database.engine, "begin", begun.append)
    with large.open(locator) as file:
        assert file.read() == sample(20_000)
    assert len(begun) == 1


@pytest.mark.parametrize("piece", [1_000, 100_003, MEGABYTE])
def test_what_is_read_piece_by_piece_is_read_ahead(large: SqlStorage, piece: int) -> None:
    locator = large.put(new_key(), sample(8 * MEGABYTE)).locator
    seen = statements(large)
    with large.open(locator) as file:
        while file.read(piece):
            pass
    assert len([one for one in seen if "FROM storage_chunk" in one]) <= 12


def test_what_is_read_here_and_there_is_not_read_ahead(large: SqlStorage) -> None:
    locator = large.put(new_key(), sample(8 * MEGABYTE)).locator
    with large.open(locator) as file:
        raw = file.raw  # type: ignore[attr-defined]  # BinaryIO forgets it
        for position in (5 * MEGABYTE, MEGABYTE, 7 * MEGABYTE + 3):
            file.seek(position)
            assert file.read(100) == sample(8 * MEGABYTE)[position : position + 100]
            assert len(raw._held) == BUFFER


@given(
    beginning=st.integers(0, 50),
    bounds=st.tuples(st.integers(0, 120), st.integers(0, 120)).map(sorted),
    moves=st.lists(st.tuples(st.integers(0, 130), st.one_of(st.none(), st.integers(0, 130))), max_size=8),
)
def test_a_file_reads_like_the_bytes_it_stands_for(
    beginning: int, bounds: list[int], moves: list[tuple[int, int | None]]
) -> None:
    data = bytes(range(120))
    start, end = bounds
    file = io.BufferedReader(
        ObjectFile(
            lambda position, size: data[position : position + size],
            start,
            end,
            data[start : min(start + beginning, end)],
        ),
        16,
    )
    model = io.BytesIO(data[start:end])
    for position, size in moves:
        file.seek(position)
        model.seek(position)
        assert file.read(size) == model.read(size)
        assert file.tell() == model.tell()
