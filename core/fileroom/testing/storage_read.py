"""The part of the storage kit about reading.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import pydicom
import pytest

from fileroom.errors import NotFoundError, StorageError
from fileroom.storage import CHUNK, ByteRange, Stored
from fileroom.testing.datasets import make_instance
from fileroom.testing.storage_case import (
    FOREIGN_LOCATORS,
    RANGED_SIZE,
    RANGES,
    SIZES,
    StorageCase,
    new_key,
    sample,
)

if TYPE_CHECKING:
    from fileroom.storage import Storage

DATA = sample(RANGED_SIZE)
CLOCK_SKEW = 60.0


class OpenContract(StorageCase):
    """Opening objects."""

    @pytest.mark.parametrize("byte_range", RANGES, ids=str)
    def test_a_range_reads_as_if_it_were_the_whole_object(
        self, storage: Storage, byte_range: ByteRange
    ) -> None:
        expected = DATA[byte_range.start : byte_range.end]
        locator = storage.put(new_key(), DATA).locator
        with storage.open(locator, byte_range) as file:
            assert file.tell() == 0
            assert file.read() == expected
            assert file.read() == b""
            assert file.seek(0, io.SEEK_END) == len(expected)
            half = len(expected) // 2
            assert file.seek(half) == half
            assert file.read(10) == expected[half : half + 10]
            assert file.seek(len(expected) + 5) == len(expected) + 5
            assert file.read(1) == b""

    @pytest.mark.parametrize("size", SIZES)
    def test_reading_piece_by_piece_gives_the_whole(self, storage: Storage, size: int) -> None:
        locator = storage.put(new_key(), sample(size)).locator
        pieces = []
        with storage.open(locator) as file:
            while piece := file.read(100_003):
                pieces.append(piece)
        assert b"".join(pieces) == sample(size)

    def test_an_open_file_is_seekable_and_for_reading_only(self, storage: Storage) -> None:
        with storage.open(storage.put(new_key(), DATA).locator) as file:
            assert file.readable()
            assert file.seekable()
            assert not file.writable()
            file.seek(-10, io.SEEK_END)
            assert file.read() == DATA[-10:]
            file.seek(20)
            file.seek(-5, io.SEEK_CUR)
            buffer = bytearray(30)
            assert file.readinto(buffer) == 30  # type: ignore[attr-defined]  # BinaryIO forgets it
            assert buffer == DATA[15:45]

    def test_pydicom_takes_an_open_file_as_it_is(self, storage: Storage) -> None:
        with storage.open(storage.put(new_key(), make_instance()).locator) as file:
            assert pydicom.dcmread(file).Modality == "CT"

    def test_leaving_the_context_closes_the_file(self, storage: Storage) -> None:
        with storage.open(storage.put(new_key(), DATA).locator) as file:
            file.read(1)
        assert file.closed
        with pytest.raises(ValueError):  # noqa: PT011 - what Python's files raise
            file.read(1)

    def test_open_files_have_positions_of_their_own(self, storage: Storage) -> None:
        locator = storage.put(new_key(), DATA).locator
        with storage.open(locator) as one, storage.open(locator) as other:
            one.seek(500)
            assert other.read(10) == DATA[:10]
            assert one.read(10) == DATA[500:510]

    def test_an_open_file_never_reads_other_bytes_when_its_object_is_deleted(self, storage: Storage) -> None:
        data = sample(2 * CHUNK)
        locator = storage.put(new_key(), data).locator
        with storage.open(locator) as file:
            start = file.read(1_000)
            storage.delete([locator])
            storage.put_many([])
            storage.put(new_key(), bytes(2 * CHUNK))
            try:
                rest = file.read()
            except StorageError:
                return
        assert start + rest == data

    def test_what_is_not_there_is_not_found(self, storage: Storage) -> None:
        storage.put(new_key(), DATA)
        for locator in FOREIGN_LOCATORS:
            error = _not_found_error(storage, locator)
            assert isinstance(error, NotFoundError), ascii(locator)

    def test_an_error_repeats_no_locator_that_may_hold_a_name(self, storage: Storage) -> None:
        for locator in FOREIGN_LOCATORS:
            error = _not_found_error(storage, f"{locator}/DOE^JANE")
            assert "DOE" not in f"{error} {error.__cause__}", ascii(locator)

    def test_every_way_to_read_tells_what_is_not_found(self, storage: Storage) -> None:
        for read in (storage.open, storage.stat, lambda which: storage.read_ranges(which, [ByteRange()])):
            with pytest.raises(NotFoundError):
                read(new_key())


def _not_found_error(storage: Storage, locator: str) -> Exception:
    try:
        with storage.open(locator) as file:
            return AssertionError(f"read {len(file.read())} bytes")
    except StorageError as error:
        return error
    except NotFoundError as error:
        return error


class RangesContract(StorageCase):
    """Reading several ranges at once."""

    def test_ranges_come_in_the_order_asked_for(self, storage: Storage) -> None:
        locator = storage.put(new_key(), DATA).locator
        ranges = [ByteRange(500, 600), ByteRange(0, 10), ByteRange(550, 700), ByteRange(0, 10)]
        assert storage.read_ranges(locator, ranges) == [DATA[500:600], DATA[:10], DATA[550:700], DATA[:10]]

    def test_ranges_are_cut_at_the_end(self, storage: Storage) -> None:
        locator = storage.put(new_key(), DATA).locator
        expected = [DATA[one.start : one.end] for one in RANGES]
        assert storage.read_ranges(locator, RANGES) == expected

    def test_no_ranges_give_no_bytes(self, storage: Storage) -> None:
        assert storage.read_ranges(storage.put(new_key(), DATA).locator, []) == []

    def test_a_large_range_is_read_whole(self, storage: Storage) -> None:
        data = sample(3 * CHUNK)
        locator = storage.put(new_key(), data).locator
        assert storage.read_ranges(locator, [ByteRange(1, 3 * CHUNK - 1)]) == [data[1:-1]]


class StatContract(StorageCase):
    """Asking for size and time."""

    @pytest.mark.parametrize("size", SIZES)
    def test_the_size_is_told(self, storage: Storage, size: int) -> None:
        locator = storage.put(new_key(), sample(size)).locator
        stat = storage.stat(locator)
        assert (stat.locator, stat.size) == (locator, size)

    def test_the_time_is_right_to_a_minute(self, storage: Storage) -> None:
        locator = storage.put(new_key(), DATA).locator
        for found in (storage.stat(locator), *storage.list()):
            assert isinstance(found, Stored)
            assert abs(found.modified - time.time()) <= CLOCK_SKEW
