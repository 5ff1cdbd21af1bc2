"""Broken storages about reading: each breaks one promise."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from fileroom.errors import NotFoundError, StorageError
from fileroom.storage import CHUNK, ByteRange, Stored
from fileroom.testing.memory_storage import MemoryStorage
from tests.contract.storage_mutants import must_fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.testing.memory_storage import Objects


class _Opens(MemoryStorage):
    """Opens what `read` says instead of the range asked for."""

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        data, _ = self._get(locator)
        return io.BufferedReader(io.BytesIO(self.read(data, byte_range or ByteRange())))

    def read(self, data: bytes, byte_range: ByteRange) -> bytes:
        start, end = byte_range.within(len(data))
        return data[start:end]


@must_fail("test_pydicom_takes_an_open_file_as_it_is")
class OpensWhatHasNoName(MemoryStorage):
    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        with super().open(locator, byte_range) as file:
            return io.BufferedReader(io.BytesIO(file.read()))


RANGE = "test_a_range_reads_as_if_it_were_the_whole_object"


@must_fail(RANGE)
class IgnoresTheEndOfARange(_Opens):
    def read(self, data: bytes, byte_range: ByteRange) -> bytes:
        return data[byte_range.start :]


@must_fail(RANGE)
class TakesTheEndOfARangeAsInclusive(_Opens):
    def read(self, data: bytes, byte_range: ByteRange) -> bytes:
        return data[byte_range.start : None if byte_range.end is None else byte_range.end + 1]


@must_fail(RANGE)
class TakesTheEndOfARangeForItsLength(_Opens):
    def read(self, data: bytes, byte_range: ByteRange) -> bytes:
        return data[byte_range.start :][: byte_range.end]


@must_fail(RANGE)
class RefusesRangesPastTheEnd(_Opens):
    def read(self, data: bytes, byte_range: ByteRange) -> bytes:
        if byte_range.start > len(data):
            raise StorageError("range not satisfiable")
        return super().read(data, byte_range)


@must_fail(RANGE)
class CountsARangesPositionsFromTheObjectsStart(MemoryStorage):
    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        data, _ = self._get(locator)
        start, end = (byte_range or ByteRange()).within(len(data))
        file = io.BufferedReader(io.BytesIO(data[:end]))
        file.seek(start)
        return file


@must_fail("test_reading_piece_by_piece_gives_the_whole")
class ReadsAPieceAtMost(_Opens):
    def read(self, data: bytes, byte_range: ByteRange) -> bytes:
        return data[:CHUNK]


class _Pipe(io.BufferedReader):
    def seekable(self) -> bool:
        return False


@must_fail("test_an_open_file_is_seekable_and_for_reading_only")
class OpensWhatCannotSeek(MemoryStorage):
    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        return _Pipe(super().open(locator, byte_range))  # type: ignore[arg-type]  # a reader in a reader


@must_fail("test_an_open_file_is_seekable_and_for_reading_only")
class OpensForWriting(MemoryStorage):
    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        return io.BytesIO(super().open(locator, byte_range).read())


@must_fail("test_open_files_have_positions_of_their_own")
class OpensOneFileForAll(MemoryStorage):
    def __init__(self, objects: Objects | None = None) -> None:
        super().__init__(objects)
        self._files: dict[str, BinaryIO] = {}

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        return self._files.setdefault(locator, super().open(locator, byte_range))


class _NeverCloses(io.BufferedReader):
    def close(self) -> None:
        pass


@must_fail("test_leaving_the_context_closes_the_file")
class LeavesFilesOpen(MemoryStorage):
    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        return _NeverCloses(super().open(locator, byte_range))  # type: ignore[arg-type]  # a reader in a reader


class _LiveFile(io.RawIOBase):
    """Reads whatever the storage has first, at the time of reading."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # all we need
        data = next(iter(self._objects.values()))[0][self._position :][: len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


@must_fail("test_an_open_file_never_reads_other_bytes_when_its_object_is_deleted")
class ReusesTheRoomOfWhatIsDeleted(MemoryStorage):
    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        return io.BufferedReader(_LiveFile(self._objects))  # type: ignore[type-var]  # all we need


@must_fail("test_what_is_not_there_is_not_found", "test_every_way_to_read_tells_what_is_not_found")
class OpensNothingAsEmpty(MemoryStorage):
    def _get(self, locator: str) -> tuple[bytes, float]:
        return self._objects.get(locator, (b"", 0.0))


@must_fail("test_what_is_not_there_is_not_found")
class FailsOnForeignLocators(MemoryStorage):
    def _get(self, locator: str) -> tuple[bytes, float]:
        locator.encode("ascii")
        return super()._get(locator)


@must_fail("test_every_way_to_read_tells_what_is_not_found", "test_what_is_deleted_is_gone")
class FindsOutWhenReading(MemoryStorage):
    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        try:
            return super().open(locator, byte_range)
        except NotFoundError:
            return io.BytesIO()


@must_fail("test_ranges_come_in_the_order_asked_for")
class SortsRanges(MemoryStorage):
    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        return super().read_ranges(locator, sorted(ranges, key=lambda one: one.start))


@must_fail("test_ranges_come_in_the_order_asked_for")
class ReadsEqualRangesOnce(MemoryStorage):
    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        return super().read_ranges(locator, list(dict.fromkeys(ranges)))


@must_fail("test_no_ranges_give_no_bytes")
class ReadsTheWholeWhenAskedForNothing(MemoryStorage):
    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        return super().read_ranges(locator, ranges or [ByteRange()])


@must_fail("test_ranges_are_cut_at_the_end")
class PadsRanges(MemoryStorage):
    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        parts = super().read_ranges(locator, ranges)
        return [part or b"\0" for part in parts]


@must_fail("test_a_large_range_is_read_whole")
class ReadsAPieceOfARange(MemoryStorage):
    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        return [part[:CHUNK] for part in super().read_ranges(locator, ranges)]


@must_fail("test_the_time_is_right_to_a_minute")
class TellsNoTime(MemoryStorage):
    def stat(self, locator: str) -> Stored:
        return replace(super().stat(locator), modified=0.0)


@must_fail("test_the_time_is_right_to_a_minute")
class ListsWithoutTime(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        return (replace(one, modified=0.0) for one in super().list(prefix))
