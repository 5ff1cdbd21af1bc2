"""Hostile, damaged and enormous files: soon over, in little memory, with a header or one kind of error."""

from __future__ import annotations

import io
import logging
import time
import tracemalloc
import warnings

import pytest

from fileroom._header import careful as _header_careful
from fileroom.errors import InvalidDatasetError
from fileroom.model import Header
from fileroom.testing.datasets import hostile_files, make_instance
from fileroom.testing.hostile import delimiter, explicit, explicit_big, identifiers, preamble
from tests.core.header_readers import BOTH, CAREFUL, answer

MIB = 1 << 20
UNDEFINED = 0xFFFFFFFF
ITEM, SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD
HOSTILE = dict(hostile_files())
WITH_HEADER = {
    "sequences of known length 10,000 deep",
    "100,000 empty items",
    "a patient id that is a path",
    "two SOP instance UIDs",
    "odd lengths",
    "a VR that does not exist",
    "implicit elements declared explicit",
    "explicit elements declared implicit",
    "a character set that does not exist",
    "a patient id that is a sequence",
}
"""Odd, but whole, and with identifiers that tell where they belong."""


class Hollow(io.BytesIO):
    """A file of any size: some bytes, then zeros that are not there; counts what is read."""

    def __init__(self, start: bytes, size: int) -> None:
        super().__init__()
        self._start = start
        self._size = size
        self._position = 0
        self.bytes_read = 0

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._position = offset + (0, self._position, self._size)[whence]
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._size - self._position)
        size = left if size is None or size < 0 else min(size, left)
        piece = self._start[self._position : self._position + size]
        self._position += size
        self.bytes_read += size
        return piece + bytes(size - len(piece))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_soon_with_a_header_or_a_reason(name: str) -> None:
    started = time.process_time()
    result = answer(BOTH, io.BytesIO(HOSTILE[name]))
    assert time.process_time() - started < 10
    assert isinstance(result, Header) == (name in WITH_HEADER), result


@pytest.mark.parametrize(
    "name", [name for name in HOSTILE if "GiB" in name or "deep" in name or "value of a giga" in name]
)
def test_claims_of_gigabytes_allocate_nothing_like_it(name: str) -> None:
    source = io.BytesIO(HOSTILE[name])
    tracemalloc.start()
    try:
        answer(BOTH, source)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (48 * MIB if "deflated" in name else 2 * MIB)


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5"]
)
def test_no_truncation_gives_another_identity_or_another_error(syntax: str) -> None:
    data = make_instance(transfer_syntax=syntax, rows=4, columns=4, tags={"PatientName": "A^B"})
    whole = BOTH.read(data)
    for end in range(len(data)):
        result = answer(BOTH, data[:end])
        if isinstance(result, Header):
            assert result.identity == whole.identity
            assert end <= (whole.pixel_data_offset or 0)
        else:
            assert end < 132 or not result.startswith("NotDicom")


def test_no_truncation_of_a_deflated_file_is_overlooked() -> None:
    data = make_instance(transfer_syntax="1.2.840.10008.1.2.1.99")
    for end in range(132, len(data) - 1):  # its last byte is padding
        with pytest.raises(InvalidDatasetError):
            BOTH.read(data[:end])


def test_pixel_data_that_is_cut_short_is_called_truncated() -> None:
    for syntax in ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.2"):
        with pytest.raises(InvalidDatasetError, match="truncated: the pixel data"):
            BOTH.read(make_instance(transfer_syntax=syntax)[:-9])


def test_encapsulated_pixel_data_may_have_something_after_it() -> None:
    data = make_instance(transfer_syntax="1.2.840.10008.1.2.5")
    assert BOTH.read(data + explicit(0xFFFCFFFC, b"OB", bytes(50))).pixel_data_offset is not None


def test_the_header_of_a_gigabyte_is_read_from_its_first_64_kib() -> None:
    start = preamble() + identifiers() + explicit(0x7FE00010, b"OW", length=1 << 30)
    file = Hollow(start, len(start) + (1 << 30))
    assert BOTH.read(file).pixel_data_offset == len(start) - 12
    assert file.bytes_read <= 64 * 1024


def test_a_large_value_before_the_pixel_data_is_passed_over_unread() -> None:
    start = preamble() + identifiers() + explicit(0x00420011, b"OB", length=1 << 30)
    file = Hollow(start, len(start) + (1 << 30))
    assert BOTH.read(file).pixel_data_offset is None
    assert CAREFUL.read(file).identity == BOTH.read(file).identity
    assert file.bytes_read <= 4 * 64 * 1024


def test_a_file_of_fragments_is_checked_to_its_end_without_reading_it() -> None:
    fragment = delimiter(ITEM, 1 << 20)
    start = preamble(b"1.2.840.10008.1.2.4.50") + identifiers()
    file = Hollow(start + explicit(0x7FE00010, b"OB", delimiter(ITEM) + fragment, UNDEFINED), 1 << 29)
    with pytest.raises(InvalidDatasetError, match="truncated"):
        BOTH.read(file)
    assert file.bytes_read < MIB


def test_a_source_that_shrinks_while_it_is_read_is_truncated() -> None:
    class Shrinking(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            return 200_000 if whence == io.SEEK_END else super().seek(offset, whence)

    start = preamble() + identifiers() + explicit(0x00090010, b"OB", bytes(80_000))
    for data in (start + explicit(0x00211010, b"OB", bytes(1000)), start[:-10_000], start[:300], start[:140]):
        with pytest.raises(InvalidDatasetError):
            BOTH.read(Shrinking(data))


def test_more_elements_than_a_header_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_header_careful, "MAX_READS", 1000)
    data = (
        preamble(b"1.2.840.10008.1.2.2") + identifiers(explicit_big) + explicit_big(0x00211010, b"LO") * 1000
    )
    with pytest.raises(InvalidDatasetError, match="refused"):
        BOTH.read(data)
    items = delimiter(ITEM, 0, ">") * 1000 + delimiter(SEQUENCE_END, 0, ">")
    with pytest.raises(InvalidDatasetError, match="refused"):
        BOTH.read(data[:500] + explicit_big(0x00211020, b"SQ", items, UNDEFINED))


def test_nesting_is_followed_to_a_depth_of_32_by_both_readers() -> None:
    for depth, is_read in ((32, True), (33, False)):
        levels = (explicit(0x00211020, b"SQ", length=UNDEFINED) + delimiter(ITEM, UNDEFINED)) * depth
        ends = (delimiter(0xFFFEE00D) + delimiter(SEQUENCE_END)) * depth
        data = preamble() + identifiers() + levels + ends
        assert isinstance(answer(BOTH, data), Header) == isinstance(answer(CAREFUL, data), Header) == is_read


def test_nothing_is_warned_of_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    inner = explicit(0x00080005, b"CS", b"ISO-IR 100\\GB18030 ")
    item = delimiter(ITEM, len(inner)) + inner
    odd = explicit(0x00080005, b"CS", b"KLINGON ") + explicit(0x00211010, b"ZZ")
    odd += explicit(0x00211020, b"SQ", item + delimiter(SEQUENCE_END), UNDEFINED)
    data = preamble() + odd + identifiers(patient=b"\xff\xfe\x1b$)Z") + explicit(0x00400275, b"SQ", item)
    with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
        warnings.simplefilter("error")
        assert CAREFUL.read(data) == BOTH.read(data)
        for hostile in HOSTILE.values():
            if len(hostile) < MIB:
                answer(BOTH, hostile)
    assert not caplog.records


def test_no_reason_names_a_value_of_the_object() -> None:
    for data in HOSTILE.values():
        result = answer(BOTH, data[: 1 << 14])
        assert isinstance(result, Header) or not any(
            value in result for value in ("HOSTILE", "2.25.", "passwd", "10008.5", "1.2/", "KLINGON")
        )
