"""The contract kit for feeds: the promises of `fileroom.feeding` as tests.

Run it on a feed by subclassing, with one fixture: a place that the feed takes objects from.

```python
class TestMyFeed(FeedContract):
    @pytest.fixture
    def place(self, tmp_path):
        return MyPlace(tmp_path)
```

The objects are bytes that are no DICOM: what they hold is not a feed's business.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

from __future__ import annotations

import gc
import io
import logging
import random
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Protocol

import pytest

from fileroom.errors import FeedError, FileroomError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.feeding import Feed, FeedItem

CONTENT = "Contract^Kit"
"""Text in all objects, which no message and no log line may hold."""

_MANY = 64
_MEGABYTE = 1 << 20
_PIECE = 64 << 10


class Place(Protocol):
    """What a feed under test takes objects from.

    Attributes:
        secrets: texts that no message may hold, such as the password that the feed is opened with.
    """

    @property
    def secrets(self) -> Sequence[str]:
        """Texts that no message may hold, such as the password that the feed is opened with."""

    def fill(self, objects: Sequence[bytes]) -> None:
        """Put objects there, all different, of which one may be empty. Called once."""

    def open(self) -> Feed:
        """Open a feed of all that is there; the test closes it."""

    def remove(self, data: bytes) -> None:
        """Take an object away; it may well be one that a feed has found already."""

    def fail(self) -> None:
        """See to it that nothing can be read there any more, by feeds that are open neither."""

    def state(self) -> object:
        """Return what is there, to be compared."""


def sample(number: int, size: int = 1000) -> bytes:
    """Return an object's bytes: different for each number, and hard to compress."""
    start = f"{CONTENT} {number} ".encode()
    return (start + random.Random(number).randbytes(size))[:size]


def read(item: FeedItem) -> bytes:
    """Return an item's bytes."""
    with item.open() as file:
        return file.read()


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    """Make sure that a block never has more than so many bytes above what there was before."""
    gc.collect()
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit


class FeedContract:
    """Promises of the feed contract. A subclass provides the fixture ``place``.

    Attributes:
        large: bytes of an object that need not be held whole; half as many may be in memory at a time.
        many: bytes of many objects, which need not be held together, likewise.
    """

    large: ClassVar[int] = 24 * _MEGABYTE
    many: ClassVar[int] = 32 * _MEGABYTE

    @pytest.fixture
    def place(self) -> Place:
        """Return a place with nothing in it."""
        raise NotImplementedError("a subclass of the feed contract provides the fixture place")

    def test_every_object_comes_once_with_its_bytes(self, place: Place) -> None:
        """Whatever their order."""
        objects = [sample(number, 100 * number) for number in range(1, 40)]
        place.fill(objects)
        with place.open() as feed:
            assert sorted(read(item) for item in feed) == sorted(objects)

    def test_the_order_is_the_same_each_time(self, place: Place) -> None:
        """Of one feed, and of another one."""
        place.fill([sample(number) for number in range(30)])
        with place.open() as feed, place.open() as other:
            orders = [[(item.name, read(item)) for item in one] for one in (feed, feed, other)]
        assert orders[0] == orders[1] == orders[2]

    def test_names_tell_objects_apart(self, place: Place) -> None:
        """And hold nothing of what is in them."""
        place.fill([sample(number) for number in range(30)])
        with place.open() as feed:
            names = {item.name for item in feed}
        assert len(names - {""}) == 30
        assert not [name for name in names if CONTENT in name]

    def test_sizes_are_told_before_anything_is_opened(self, place: Place) -> None:
        """To the byte."""
        sizes = [0, 1, 1000, 70_000]
        place.fill([sample(size, size) for size in sizes])
        with place.open() as feed:
            items = list(feed)
            assert sorted(item.size for item in items) == sizes
            assert all(len(read(item)) == item.size for item in items)

    def test_a_place_with_nothing_in_it_yields_nothing(self, place: Place) -> None:
        """That is no error."""
        place.fill([])
        with place.open() as feed:
            assert list(feed) == []
            assert not feed.count()

    @pytest.mark.parametrize("size", [1000, 3 * _MEGABYTE])
    def test_an_object_is_read_from_any_position(self, place: Place, size: int) -> None:
        """As a file on disk is."""
        data = sample(1, size)
        place.fill([data])
        with place.open() as feed, next(iter(feed)).open() as file:
            assert (file.readable(), file.seekable(), file.tell()) == (True, True, 0)
            assert file.read(132) == data[:132]
            assert file.seek(-10, io.SEEK_END) == size - 10
            assert (file.read(), file.read(), file.tell()) == (data[-10:], b"", size)
            assert file.seek(size // 2) == size // 2
            assert file.read(300) == data[size // 2 :][:300]
            assert file.seek(-200, io.SEEK_CUR) == size // 2 + 100
            assert file.read(1) == data[size // 2 + 100 :][:1]
            file.seek(0)
            assert file.read() == data

    def test_objects_can_be_opened_in_any_order_and_again(self, place: Place) -> None:
        """When the iteration is over, too, and two at a time."""
        objects = [sample(number) for number in range(20)]
        place.fill([*objects, sample(20, 2 * _MEGABYTE)])
        with place.open() as feed:
            items = list(feed)
            once = [read(item) for item in reversed(items)]
            assert [read(item) for item in items] == once[::-1]
            assert {*objects} < {*once}
            with items[0].open() as one, items[0].open() as other:
                assert one.read(10) == other.read(10)
                assert one.read() == other.read()

    def test_any_thread_may_open_objects(self, place: Place) -> None:
        """Several at once."""
        objects = [sample(number, 300_000 * number) for number in range(1, 7)]
        place.fill(objects)
        with place.open() as feed, ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(read, feed)) == sorted(objects)

    def test_iterations_do_not_disturb_each_other(self, place: Place) -> None:
        """Those that go on at once, and one that was given up."""
        objects = [sample(number) for number in range(30)]
        place.fill(objects)
        with place.open() as feed:
            one, other, given_up = iter(feed), iter(feed), iter(feed)
            next(given_up)
            del given_up
            pairs = [(read(item), read(again)) for item, again in zip(one, other, strict=True)]
        assert sorted(first for first, _ in pairs) == sorted(objects)
        assert all(first == second for first, second in pairs)

    def test_a_large_object_is_not_held_whole(self, place: Place) -> None:
        """Neither when it is found nor when it is read."""
        place.fill([sample(1), sample(2, self.large)])
        with place.open() as feed, memory_below(self.large // 2):
            total = 0
            for item in feed:
                with item.open() as file:
                    while piece := file.read(_PIECE):
                        total += len(piece)
        assert total == self.large + 1000

    def test_many_objects_are_not_held_at_once(self, place: Place) -> None:
        """However many there are."""
        place.fill([sample(number, self.many // _MANY) for number in range(_MANY)])
        with place.open() as feed, memory_below(self.many // 2):
            assert sum(len(read(item)) for item in feed) == self.many

    def test_the_number_of_objects_is_told_or_none(self, place: Place) -> None:
        """The number may not be quite right; here, where nothing changes, it is."""
        place.fill([sample(number) for number in range(30)])
        with place.open() as feed:
            assert feed.count() in (30, None)

    def test_the_place_is_only_read(self, place: Place) -> None:
        """Nothing is changed, added or left there."""
        place.fill([sample(1), sample(2, 2 * _MEGABYTE)])
        before = place.state()
        with place.open() as feed:
            feed.count()
            for item in feed:
                read(item)
        assert place.state() == before

    @pytest.mark.parametrize("size", [1000, 3 * _MEGABYTE])
    def test_an_object_that_is_gone_is_an_error_of_its_own(self, place: Place, size: int) -> None:
        """Unless it had been fetched already; the others are read."""
        objects = [sample(number, size) for number in range(3)]
        place.fill(objects)
        with place.open() as feed:
            items = {read(item): item for item in feed}
            place.remove(objects[1])
            outcome = _read_or_reason(items[objects[1]])
            assert outcome == objects[1] or (isinstance(outcome, str) and outcome.strip())
            assert [read(items[objects[number]]) for number in (0, 2)] == [objects[0], objects[2]]

    def test_a_place_that_fails_is_an_error_of_the_feed(self, place: Place) -> None:
        """Whether it is opened then, iterated, or an object of it read that was not fetched."""
        place.fill([sample(1, 3 * _MEGABYTE), sample(2, 3 * _MEGABYTE)])
        with place.open() as feed:
            items = {read(item): item for item in feed}
            place.fail()
            with pytest.raises(FeedError):
                list(feed)
            for data, item in items.items():
                with suppress(FeedError):
                    assert read(item) == data
        with pytest.raises(FileroomError), place.open() as feed:
            list(feed)

    def test_no_message_and_no_log_line_holds_an_objects_bytes_or_a_password(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither when it works nor when it fails; of log lines, those at INFO and above."""
        caplog.set_level(logging.INFO)
        objects = [sample(number, 3 * _MEGABYTE) for number in range(2)]
        place.fill(objects)
        texts: list[str] = []
        with place.open() as feed:
            texts.append(repr(feed))
            items = {read(item): item for item in feed}
            place.remove(objects[0])
            texts.append(_failure(items[objects[0]]))
            place.fail()
            texts += [_failure(item) for item in items.values()]
        try:
            with place.open() as feed:
                list(feed)
        except FileroomError as error:
            texts.append(str(error))
        texts.append(caplog.text)
        assert not [secret for secret in (CONTENT, *place.secrets) for text in texts if secret in text]

    def test_it_may_be_closed_twice(self, place: Place) -> None:
        """Once is enough, but twice does no harm."""
        place.fill([sample(1)])
        feed = place.open()
        list(feed)
        feed.close()
        feed.close()


def _read_or_reason(item: FeedItem) -> bytes | str | None:
    """Return an item's bytes, or why they cannot be read."""
    try:
        return read(item)
    except OSError as error:
        return error.strerror


def _failure(item: FeedItem) -> str:
    try:
        read(item)
    except (OSError, FeedError) as error:
        return str(error)
    return ""
