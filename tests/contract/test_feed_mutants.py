"""The feed kit rejects every feed that breaks a promise, by the test that is meant for it."""

from __future__ import annotations

import errno
import functools
import inspect
import io
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, TypeAlias

import pytest

from fileroom.errors import FeedError, FileroomError
from fileroom.feeding import Feed, FeedItem
from fileroom.testing.feed import FeedContract

PASSWORD = "open sesame"
MUTANTS: list[tuple[type[Reference], str]] = []

Items: TypeAlias = Iterator[FeedItem]


def must_fail(test: str) -> Callable[[type[Reference]], type[Reference]]:
    def register(mutant: type[Reference]) -> type[Reference]:
        MUTANTS.append((mutant, test))
        return mutant

    return register


class MemoryPlace:
    """Objects in a dictionary, by number."""

    secrets = (PASSWORD,)

    def __init__(self, feed: type[Reference]) -> None:
        self.objects: dict[int, bytes] | None = {}
        self._feed = feed

    def fill(self, objects: Sequence[bytes]) -> None:
        self.objects = dict(enumerate(objects))

    def open(self) -> Feed:
        return self._feed(self, PASSWORD)

    def remove(self, data: bytes) -> None:
        assert self.objects is not None
        self.objects = {number: one for number, one in self.objects.items() if one != data}

    def fail(self) -> None:
        self.objects = None

    def state(self) -> object:
        return dict(self.objects or {})


class Reference(Feed):
    """Keeps all promises."""

    def __init__(self, place: MemoryPlace, password: str) -> None:
        self.place = place
        self.password = password

    @property
    def there(self) -> dict[int, bytes]:
        if self.place.objects is None:
            raise self.failed()
        return self.place.objects

    def failed(self) -> FileroomError:
        return FeedError("nobody answers: look after the place")

    def gone(self, number: int) -> Exception:
        return OSError(errno.EIO, f"{number} was taken away")

    def __iter__(self) -> Items:
        for number in sorted(self.there):
            yield self.item(number)

    def item(self, number: int) -> FeedItem:
        return FeedItem(f"object {number}", self.size(number), functools.partial(self.open_object, number))

    def size(self, number: int) -> int:
        return len(self.there[number])

    def open_object(self, number: int) -> BinaryIO:
        data = self.there.get(number)
        if data is None:
            raise self.gone(number)
        return self.opened(data)

    def opened(self, data: bytes) -> BinaryIO:
        return io.BytesIO(data)

    def count(self) -> int | None:
        return len(self.there)


@must_fail("test_every_object_comes_once_with_its_bytes")
class YieldsSomeTwice(Reference):
    def __iter__(self) -> Items:
        items = list(super().__iter__())
        yield from items
        yield from items[:1]


@must_fail("test_every_object_comes_once_with_its_bytes")
class LeavesTheLastOut(Reference):
    def __iter__(self) -> Items:
        yield from list(super().__iter__())[:-1]


@must_fail("test_the_order_is_the_same_each_time")
class TurnsItsOrderRound(Reference):
    turn = 1

    def __iter__(self) -> Items:
        type(self).turn *= -1
        return iter(list(super().__iter__())[:: self.turn])


@must_fail("test_names_tell_objects_apart")
class NamesAllAlike(Reference):
    def item(self, number: int) -> FeedItem:
        return FeedItem("object", self.size(number), functools.partial(self.open_object, number))


@must_fail("test_names_tell_objects_apart")
class NamesByContent(Reference):
    def item(self, number: int) -> FeedItem:
        name = self.there[number][:20].decode(errors="replace")
        return FeedItem(name, self.size(number), functools.partial(self.open_object, number))


@must_fail("test_sizes_are_told_before_anything_is_opened")
class RoundsSizes(Reference):
    def size(self, number: int) -> int:
        return -(-super().size(number) // 512) * 512


@must_fail("test_sizes_are_told_before_anything_is_opened")
class LeavesOutWhatIsEmpty(Reference):
    def __iter__(self) -> Items:
        return (item for item in super().__iter__() if item.size)


@must_fail("test_a_place_with_nothing_in_it_yields_nothing")
class ComplainsOfNothing(Reference):
    def __iter__(self) -> Items:
        if not self.there:
            raise FeedError("there is nothing here")
        return super().__iter__()


class OneWay(io.BytesIO):
    def seekable(self) -> bool:
        return False


class Short(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(100 if size is None or size < 0 else min(size, 100))


class Deaf(io.BytesIO):
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return super().seek(offset, io.SEEK_SET if whence == io.SEEK_CUR else whence)


@must_fail("test_an_object_is_read_from_any_position")
class OpensOneWay(Reference):
    def opened(self, data: bytes) -> BinaryIO:
        return OneWay(data)


@must_fail("test_an_object_is_read_from_any_position")
class ReadsShort(Reference):
    def opened(self, data: bytes) -> BinaryIO:
        return Short(data)


@must_fail("test_an_object_is_read_from_any_position")
class SeeksFromTheStartOnly(Reference):
    def opened(self, data: bytes) -> BinaryIO:
        return Deaf(data)


@must_fail("test_an_object_is_read_from_any_position")
class OpensAtTheEnd(Reference):
    def opened(self, data: bytes) -> BinaryIO:
        file = io.BytesIO(data)
        file.seek(len(data))
        return file


@must_fail("test_objects_can_be_opened_in_any_order_and_again")
class OpensOnce(Reference):
    def item(self, number: int) -> FeedItem:
        files = [io.BytesIO(self.there[number])]
        return FeedItem(f"object {number}", self.size(number), files.pop)


class Staying(io.BytesIO):
    def close(self) -> None:
        pass


@must_fail("test_objects_can_be_opened_in_any_order_and_again")
class SharesOnePosition(Reference):
    def item(self, number: int) -> FeedItem:
        shared = Staying(self.there[number])

        def open_shared() -> BinaryIO:
            shared.seek(0)
            return shared

        return FeedItem(f"object {number}", self.size(number), open_shared)


@must_fail("test_any_thread_may_open_objects")
class BelongsToOneThread(Reference):
    def open_object(self, number: int) -> BinaryIO:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("another thread")
        return super().open_object(number)


@must_fail("test_iterations_do_not_disturb_each_other")
class IteratesWithOneCursor(Reference):
    cursor: Iterator[int] | None = None

    def __iter__(self) -> Items:
        self.cursor = iter(sorted(self.there))
        while (number := next(self.cursor, None)) is not None:
            yield self.item(number)


@must_fail("test_a_large_object_is_not_held_whole")
class CopiesTheWhole(Reference):
    def opened(self, data: bytes) -> BinaryIO:
        return io.BytesIO(bytes(bytearray(data)))


@must_fail("test_many_objects_are_not_held_at_once")
class CopiesAllFirst(Reference):
    def __iter__(self) -> Items:
        copies = {number: bytes(bytearray(data)) for number, data in self.there.items()}
        for number, data in copies.items():
            yield FeedItem(f"object {number}", len(data), functools.partial(io.BytesIO, data))


@must_fail("test_the_number_of_objects_is_told_or_none")
class MiscountsByOne(Reference):
    def count(self) -> int | None:
        return len(self.there) + 1


@must_fail("test_the_place_is_only_read")
class LeavesATrace(Reference):
    def close(self) -> None:
        self.there[-1] = b"was here"


@must_fail("test_the_place_is_only_read")
class TakesWhatItReads(Reference):
    def open_object(self, number: int) -> BinaryIO:
        return io.BytesIO(self.there.pop(number))


@must_fail("test_an_object_that_is_gone_is_an_error_of_its_own")
class SaysNotWhyOneIsGone(Reference):
    def gone(self, number: int) -> Exception:
        return OSError(f"{number} was taken away")


@must_fail("test_an_object_that_is_gone_is_an_error_of_its_own")
class FailsAltogetherForOne(Reference):
    def gone(self, number: int) -> Exception:
        return FeedError("one is gone")


@must_fail("test_an_object_that_is_gone_is_an_error_of_its_own")
class ReturnsNothingForOneThatIsGone(Reference):
    def open_object(self, number: int) -> BinaryIO:
        return self.opened(self.there.get(number, b""))


@must_fail("test_a_place_that_fails_is_an_error_of_the_feed")
class EndsWhenThePlaceFails(Reference):
    def __iter__(self) -> Items:
        return iter(()) if self.place.objects is None else super().__iter__()


@must_fail("test_a_place_that_fails_is_an_error_of_the_feed")
class BlamesTheObjects(Reference):
    def open_object(self, number: int) -> BinaryIO:
        if self.place.objects is None:
            raise self.gone(number)
        return super().open_object(number)


@must_fail("test_no_message_and_no_log_line_holds_an_objects_bytes_or_a_password")
class TellsThePassword(Reference):
    def failed(self) -> FileroomError:
        return FeedError(f"the place does not take {self.password}")


@must_fail("test_no_message_and_no_log_line_holds_an_objects_bytes_or_a_password")
class ShowsItself(Reference):
    def __repr__(self) -> str:
        return f"<feed by {self.password}>"


@must_fail("test_no_message_and_no_log_line_holds_an_objects_bytes_or_a_password")
class LogsWhatItReads(Reference):
    def opened(self, data: bytes) -> BinaryIO:
        logging.getLogger("feed").info("opened %r", data[:20])
        return super().opened(data)


@must_fail("test_it_may_be_closed_twice")
class ClosesOnce(Reference):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


def rejects(feed: type[Reference], test: str, caplog: pytest.LogCaptureFixture) -> bool:
    function = getattr(FeedContract, test)
    sizes = [mark.args[1] for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    for size in sizes[0] if sizes else [0]:
        given: dict[str, Any] = {"place": MemoryPlace(feed), "caplog": caplog, "size": size}
        wanted = inspect.signature(function).parameters.keys() & given.keys()
        try:
            function(FeedContract(), **{name: given[name] for name in wanted})
        except (Exception, pytest.fail.Exception):  # noqa: BLE001 - however the kit rejects it
            return True
    return False


@pytest.mark.parametrize(("mutant", "test"), MUTANTS, ids=[mutant.__name__ for mutant, _ in MUTANTS])
def test_the_kit_rejects_a_feed_that(
    mutant: type[Reference], test: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert rejects(mutant, test, caplog)


class TestReference(FeedContract):
    @pytest.fixture
    def place(self) -> MemoryPlace:
        return MemoryPlace(Reference)


def test_every_test_of_the_kit_rejects_somebody() -> None:
    tests = {name for name in vars(FeedContract) if name.startswith("test_")}
    assert {test for _, test in MUTANTS} == tests
