"""Objects are read ahead in order, a few at a time; what goes wrong belongs to the one that it befell."""

from __future__ import annotations

import functools
import io
import threading
from typing import BinaryIO

import pytest

from fileroom._reading_ahead import SMALL, THREADS, read_ahead
from fileroom.errors import StorageError
from fileroom.export import ExportItem

WAIT = 10  # seconds


def _item(number: int, data: bytes) -> ExportItem:
    return ExportItem({}, functools.partial(io.BytesIO, data), len(data), "", id=str(number))


def _read(item: ExportItem) -> bytes:
    with item.open() as file:
        return file.read()


def test_the_same_items_come_in_the_same_order() -> None:
    items = [_item(number, bytes([number]) * number) for number in range(100)]
    ahead = list(read_ahead(iter(items)))
    assert [one.id for one in ahead] == [one.id for one in items]
    assert [_read(one) for one in ahead] == [_read(one) for one in items]
    assert [_read(one) for one in ahead] == [_read(one) for one in items], "a second time, too"


def test_several_are_read_at_once_and_only_a_few_ahead() -> None:
    together = threading.Barrier(THREADS)
    opened = []

    def slow(number: int) -> BinaryIO:
        opened.append(number)
        if number < THREADS:
            together.wait(WAIT)
        return io.BytesIO(b"x")

    items = (ExportItem({}, functools.partial(slow, number), 1, "") for number in range(1000))
    ahead = read_ahead(items)
    assert _read(next(ahead)) == b"x"
    assert len(opened) <= 2 * THREADS + 1
    ahead.close()  # type: ignore[attr-defined]  # it is a generator


def test_a_large_object_is_not_read_ahead() -> None:
    opened = []

    def opener() -> BinaryIO:
        opened.append(1)
        return io.BytesIO()

    (one,) = read_ahead([ExportItem({}, opener, SMALL + 1, "")])
    assert not opened
    one.open()
    assert opened


def test_an_error_is_raised_when_its_object_is_opened_and_the_others_are_read() -> None:
    def fail() -> BinaryIO:
        raise StorageError("gone")

    items = [_item(0, b"first"), ExportItem({}, fail, 5, ""), _item(2, b"third")]
    first, second, third = read_ahead(items)
    assert (_read(first), _read(third)) == (b"first", b"third")
    with pytest.raises(StorageError, match="gone"):
        second.open()


def test_bytes_beyond_the_recorded_size_are_not_hidden() -> None:
    (one,) = read_ahead([ExportItem({}, functools.partial(io.BytesIO, b"12345"), 3, "")])
    assert len(_read(one)) == 4
