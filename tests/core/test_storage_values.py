"""The value objects of the storage contract, and how sources are read."""

from __future__ import annotations

import io
from array import array
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.storage import CHUNK, ByteRange, PutItem, buffers
from fileroom.testing.storage_case import new_key, sample

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("start", "end"), [(-1, None), (0, -1), (5, 4)])
def test_a_range_that_no_object_could_answer_is_refused(start: int, end: int | None) -> None:
    with pytest.raises(ValueError, match="not a byte range"):
        ByteRange(start, end)


@given(st.integers(0, 50), st.none() | st.integers(0, 50), st.integers(0, 40))
def test_a_range_within_an_object_selects_what_a_slice_selects(
    start: int, length: int | None, size: int
) -> None:
    byte_range = ByteRange(start, None if length is None else start + length)
    data = sample(size)
    first, last = byte_range.within(size)
    assert 0 <= first <= last <= size
    assert data[first:last] == data[byte_range.start : byte_range.end]


@pytest.mark.parametrize(
    "key",
    [
        *("", "key", "../../etc/passwd", "*", "00000000-0000-4000-8000-00000000000", "0" * 36, "0" * 32),
        *("ABCDEFAB-0000-4000-8000-000000000000", "{00000000-0000-4000-8000-000000000000}"),
        *("00000000-0000-4000-8000-000000000000\n", "\u06600000000-0000-4000-8000-000000000000"),
    ],
)
def test_what_is_no_uuid_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="not a storage key"):
        PutItem(key, b"")


def test_a_uuid_is_a_key() -> None:
    key = new_key()
    assert PutItem(key, b"").key == key


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_sources_are_read_in_pieces(tmp_path: Path, size: int) -> None:
    data = sample(size)
    path = tmp_path / "source"
    path.write_bytes(data)
    for source in (data, memoryview(data), path, io.BytesIO(data)):
        pieces = [bytes(piece) for piece in buffers(source)]
        assert b"".join(pieces) == data
        assert all(0 < len(piece) <= CHUNK for piece in pieces)


def test_a_view_of_numbers_is_read_as_bytes() -> None:
    numbers = array("I", range(CHUNK // 2))
    assert b"".join(buffers(memoryview(numbers))) == numbers.tobytes()


def test_a_source_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(buffers(tmp_path / "missing"))
