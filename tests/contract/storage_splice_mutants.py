"""Broken storages about splicing: each breaks one promise, and names the test that must fail on it."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING

from fileroom.errors import AlreadyExistsError, NotFoundError, StorageError
from fileroom.storage import ByteRange, Deletion, StorageCapabilities, Stored, buffers
from fileroom.testing.memory_storage import MemoryStorage
from tests.contract.storage_mutants import must_fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.storage import Source
    from fileroom.testing.memory_storage import Objects


@must_fail("test_what_cannot_splice_says_so")
class SplicesWithoutSayingSo(MemoryStorage):
    capabilities = StorageCapabilities()


@must_fail("test_an_offset_of_none_appends")
class TakesNoOffsetForTheStart(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        return super().splice(locator, key, offset or 0, delete_length, data)


@must_fail("test_a_length_of_0_inserts", "test_an_offset_of_none_appends")
class TakesALengthOf0ForAll(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        return super().splice(locator, key, offset or 0, delete_length or None, data)


@must_fail("test_all_that_follows_can_be_replaced")
class TakesNoLengthForNothing(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        return super().splice(locator, key, offset, delete_length or 0, data)


@must_fail("test_all_that_follows_can_be_replaced", "test_an_empty_object_can_be_spliced")
class RefusesLengthsPastTheEnd(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        size = self.stat(locator).size
        if (size if offset is None else offset) + (delete_length or 0) > size:
            raise StorageError("past the end")
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_bytes_are_replaced_by_others", "test_bytes_are_replaced_by_fewer_and_by_more")
class DeletesOneByteMore(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        length = delete_length + 1 if delete_length else delete_length
        return super().splice(locator, key, offset, length, data)


@must_fail("test_bytes_are_replaced_by_others")
class LosesAByteWherePiecesMeet(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        if offset == 1 << 18 and delete_length:
            offset += 1
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_bytes_are_replaced_by_fewer_and_by_more", "test_a_length_of_0_inserts")
class WritesOverBytes(MemoryStorage):
    """As a file does."""

    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        whole = b"".join(buffers(data))
        if delete_length is not None:
            delete_length = len(whole)
        return super().splice(locator, key, offset, delete_length, whole)


@must_fail("test_an_empty_object_can_be_spliced", "test_all_can_be_deleted_and_more_appended")
class RefusesToSpliceEmptyObjects(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        if not self.stat(locator).size:
            raise NotFoundError("nothing")
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_an_offset_past_the_end_is_refused_and_nothing_stored")
class FillsUpToTheOffset(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        size = self.stat(locator).size
        if offset is not None and offset > size:
            offset = size
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_an_offset_past_the_end_is_refused_and_nothing_stored")
class StoresBeforeItLooksAtTheOffset(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        self.put(key, b"")
        super().splice(locator, f"{key[:-1]}z", offset, delete_length, data)
        return self.stat(key)


@must_fail("test_what_is_not_there_cannot_be_spliced")
class MakesWhatIsNotThere(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        if locator not in self._objects:
            return self.put(key, data)
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_a_key_that_is_taken_is_refused_and_its_object_kept")
class SplicesOverWhatIsThere(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        old = self._get(locator)
        self._objects.pop(key, None)
        self._objects.setdefault(locator, old)
        if locator == key:
            raise AlreadyExistsError("itself")
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_the_object_itself_stays_as_it_was")
class ChangesTheObjectItself(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        stored = super().splice(locator, key, offset, delete_length, data)
        self._objects[locator] = self._objects[key]
        return stored


class _KnowsParents(MemoryStorage):
    """Remembers what was spliced from what, over restarts too."""

    _all: dict[int, dict[str, str]] = {}  # noqa: RUF012 - by storage, whatever opens it

    def __init__(self, objects: Objects | None = None) -> None:
        super().__init__(objects)
        self.parents = self._all.setdefault(id(self._objects), {})

    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        stored = super().splice(locator, key, offset, delete_length, data)
        self.parents[stored.locator] = locator
        return stored

    def family(self, locator: str) -> Iterator[str]:
        """Yield what was spliced from an object, and from that."""
        for child, parent in self.parents.items():
            if parent == locator:
                yield child
                yield from self.family(child)


@must_fail("test_objects_are_deleted_without_harm_to_each_other")
class FreesSharedBytesTooEarly(_KnowsParents):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        for locator in locators:
            for one in self.family(locator):
                if one in self._objects:
                    whole, modified = self._objects[one]
                    self._objects[one] = bytes(len(whole)), modified
        return super().delete(locators)


@must_fail("test_objects_are_deleted_without_harm_to_each_other")
class FreesBytesOfTheOldWithTheNew(_KnowsParents):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        parents = [self.parents[locator] for locator in locators if locator in self.parents]
        super().delete([parent for parent in parents if parent not in locators])
        return super().delete(locators)


@must_fail("test_deleting_all_of_a_chain_leaves_nothing")
class KeepsWhatWasSharedOnce(_KnowsParents):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        shared = [one for one in locators if any(child in self._objects for child in self.family(one))]
        super().delete([one for one in locators if one not in shared])
        return [Deletion(locator) for locator in locators]


@must_fail("test_splices_of_splices_read_like_a_bytearray_that_was_changed")
class LosesABitInLongChains(_KnowsParents):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        if len(self.parents) == 30:
            whole, modified = self._objects[locator]
            self._objects[locator] = bytes([whole[0] ^ 1]) + whole[1:], modified
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_any_range_of_a_spliced_object_is_read")
class ReadsRangesOfTheOldObject(_KnowsParents):
    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        return super().read_ranges(self.parents.get(locator, locator), ranges)


@must_fail("test_a_spliced_object_is_as_old_as_its_splice")
class ForgetsWhenItSpliced(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        stored = super().splice(locator, key, offset, delete_length, data)
        self._objects[key] = self._objects[key][0], 0.0
        return stored


# What is spliced in


@must_fail("test_every_kind_of_source_is_spliced_in")
class SplicesInBuffersOnly(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        return super().splice(locator, key, offset, delete_length, memoryview(data))  # type: ignore[arg-type]


@must_fail("test_an_object_can_be_spliced_into_itself")
class LocksWhatItSplices(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        if hasattr(data, "read"):
            raise StorageError("the object is locked")
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_a_source_that_fails_while_spliced_in_leaves_nothing")
class SplicesInWhatCame(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        came: list[bytes] = []
        try:
            came.extend(map(bytes, buffers(data)))
        finally:
            stored = super().splice(locator, key, offset, delete_length, iter(came))
        return stored


@must_fail("test_what_is_spliced_in_is_never_held_whole")
class HoldsSplicesWhole(MemoryStorage):
    """As every storage in memory does."""


# Many at once


@must_fail("test_what_is_being_spliced_is_not_visible")
class ShowsWhatItIsSplicing(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        whole, _ = self._get(locator)
        self._objects[key] = whole, time.time()
        pieces = list(buffers(data))
        del self._objects[key]
        return super().splice(locator, key, offset, delete_length, iter(pieces))  # type: ignore[arg-type]


@must_fail("test_an_object_deleted_while_it_is_spliced_is_spliced_rightly_or_not_at_all")
class LosesTheTailOfWhatIsDeleted(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        whole, _ = self._get(locator)
        pieces = list(buffers(data))
        for _ in range(200):
            if locator not in self._objects:
                break
            time.sleep(0.005)
        else:
            return super().splice(locator, key, offset, delete_length, iter(pieces))  # type: ignore[arg-type]
        return self.put(key, itertools.chain([whole[:offset]], pieces))  # type: ignore[arg-type]


@must_fail("test_threads_splice_one_object_at_once")
class SharesWhatItSplices(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        self._arguments = locator, offset, delete_length, data
        time.sleep(0.002)
        locator, offset, delete_length, data = self._arguments
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_of_concurrent_splices_with_one_key_at_most_one_succeeds")
class LooksForTheKeyTooEarly(MemoryStorage):
    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        if key in self._objects:
            raise AlreadyExistsError("taken")
        time.sleep(0.01)
        with self._lock:
            self._objects.pop(key, None)
        return super().splice(locator, key, offset, delete_length, data)


@must_fail("test_of_concurrent_splices_with_one_key_at_most_one_succeeds")
class SplicesOnlyOneAtATime(MemoryStorage):
    """And gives the loser's failure the form of a storage that broke."""

    _turn = threading.Lock()

    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        if not self._turn.acquire(blocking=False):
            raise StorageError("busy")
        try:
            time.sleep(0.01)
            return super().splice(locator, key, offset, delete_length, data)
        finally:
            self._turn.release()
