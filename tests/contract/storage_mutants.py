"""Broken storages about storing: each breaks one promise, and names the test that must fail on it."""

from __future__ import annotations

import io
import itertools
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.errors import AlreadyExistsError, NotFoundError, StorageError
from fileroom.storage import PutItem, StorageCapabilities, Stored, buffers
from fileroom.testing.memory_storage import MemoryStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fileroom.testing.memory_storage import Objects

MUTANTS: list[tuple[type[MemoryStorage], str]] = []
"""Every broken storage, with the name of the test of the kit that must fail on it."""


def must_fail(*tests: str) -> Callable[[type[MemoryStorage]], type[MemoryStorage]]:
    def register(mutant: type[MemoryStorage]) -> type[MemoryStorage]:
        MUTANTS.extend((mutant, test) for test in tests)
        return mutant

    return register


# Storing


@must_fail("test_bytes_come_back_as_they_were_put")
class KeepsTheFirstPieceOnly(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return super().put_many([replace(item, source=next(buffers(item.source), b"")) for item in items])


@must_fail("test_bytes_come_back_as_they_were_put", "test_the_size_is_told")
class TellsTheWrongSizeOfEmptyObjects(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return [replace(one, size=one.size or 1) for one in super().put_many(items)]

    def stat(self, locator: str) -> Stored:
        stat = super().stat(locator)
        return replace(stat, size=stat.size or 1)


@must_fail("test_every_kind_of_source_is_stored")
class ReadsFilesFromTheirStart(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        for item in items:
            if isinstance(item.source, io.IOBase):
                item.source.seek(0)
        return super().put_many(items)


@must_fail("test_every_kind_of_source_is_stored")
class StopsAtAnEmptyBuffer(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return super().put_many(
            [replace(item, source=list(itertools.takewhile(len, buffers(item.source)))) for item in items]  # type: ignore[arg-type]  # buffers
        )


@must_fail("test_every_kind_of_empty_source_is_stored")
class RefusesEmptyObjects(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        stored = super().put_many(items)
        if not all(one.size for one in stored):
            raise StorageError("empty")
        return stored


@must_fail("test_an_open_file_is_left_open_where_it_ends")
class ClosesTheSource(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        stored = super().put_many(items)
        for item in items:
            if isinstance(item.source, io.IOBase):
                item.source.close()
        return stored


@must_fail("test_a_source_is_read_once")
class ReadsSourcesTwice(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        for item in items:
            if not isinstance(item.source, io.IOBase):
                sum(len(piece) for piece in buffers(item.source))
        return super().put_many(items)


@must_fail("test_results_have_the_order_of_the_items")
class ReturnsTheSmallestFirst(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return sorted(super().put_many(items), key=lambda one: one.size)


@must_fail("test_putting_nothing_returns_nothing")
class RefusesEmptyBatches(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        if not items:
            raise StorageError("nothing to do")
        return super().put_many(items)


@must_fail("test_objects_with_equal_bytes_are_kept_apart")
class StoresEqualBytesOnce(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        stored: dict[bytes, Stored] = {}
        for item in items:
            data = b"".join(buffers(item.source))
            if data not in stored:
                stored[data] = super().put_many([replace(item, source=data)])[0]
        return [stored[data] for data in stored for _ in items][: len(items)]


@must_fail("test_an_unnamed_object_has_its_key_for_a_locator_where_that_is_told")
class HasOtherLocatorsThanItTells(MemoryStorage):
    capabilities = StorageCapabilities(key_locators=True)

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return super().put_many([replace(item, key=str(uuid.uuid4())) for item in items])


class NamesByValue(MemoryStorage):
    """Locators are made of the naming alone."""

    capabilities = StorageCapabilities(naming=True)

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        stored = super().put_many(items)
        for i, item in enumerate(items):
            if item.naming:
                locator = self.name(item.naming["PatientID"])
                self._objects[locator] = self._objects.pop(stored[i].locator)
                stored[i] = replace(stored[i], locator=locator)
        return stored

    def name(self, value: str) -> str:
        return value


@must_fail("test_naming_is_a_hint_that_objects_may_share")
class OverwritesWhatHasTheSameName(NamesByValue):
    pass


@must_fail("test_locators_are_distinct_text_without_control_characters")
class PutsControlCharactersIntoLocators(NamesByValue):
    count = itertools.count()

    def name(self, value: str) -> str:
        return f"{value}{next(self.count)}"


@must_fail("test_an_error_repeats_no_locator_that_may_hold_a_name")
class TellsNamesInErrors(MemoryStorage):
    def _get(self, locator: str) -> tuple[bytes, float]:
        try:
            return super()._get(locator)
        except NotFoundError:
            raise NotFoundError(f"no object {locator!r}") from None


@must_fail("test_an_error_repeats_no_locator_that_may_hold_a_name")
class TellsNamesInTheCauseOfErrors(MemoryStorage):
    def _get(self, locator: str) -> tuple[bytes, float]:
        try:
            return super()._get(locator)
        except NotFoundError:
            raise NotFoundError("no such object") from FileNotFoundError(2, "not there", locator)


@must_fail("test_a_large_source_is_never_held_whole")
class HoldsObjectsWhole(MemoryStorage):
    """As every storage in memory does."""


# All or nothing


class _PutsOneByOne(MemoryStorage):
    """Each object of a call is stored at once, and stays whatever becomes of the others."""

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return [super(_PutsOneByOne, self).put_many([item])[0] for item in items]


@must_fail(
    "test_a_failed_call_leaves_nothing",
    "test_a_source_that_fails_leaves_nothing",
    "test_a_key_twice_in_one_call_is_refused",
    "test_of_concurrent_calls_with_one_key_at_most_one_succeeds",
)
class KeepsWhatCameBeforeAFailure(_PutsOneByOne):
    pass


@must_fail("test_a_failed_call_leaves_nothing")
class TakesBackWhatWasThereBefore(_PutsOneByOne):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        try:
            return super().put_many(items)
        except Exception:
            self.delete([item.key for item in items])
            raise


@must_fail(
    "test_an_existing_key_is_refused_and_its_object_kept",
    "test_an_existing_key_is_refused_after_a_restart",
    "test_an_existing_key_with_a_name_never_costs_an_object",
)
class Overwrites(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        self.delete([item.key for item in items])
        return super().put_many(items)


@must_fail("test_an_existing_key_is_refused_and_its_object_kept")
class IgnoresWhatIsThereAlready(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        there = [self.stat(item.key) for item in items if item.key in self._objects]
        return there + super().put_many([item for item in items if item.key not in self._objects])


@must_fail("test_a_key_twice_in_one_call_is_refused")
class KeepsTheLastOfEqualKeys(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return super().put_many(list({item.key: item for item in items}.values()))


@must_fail("test_of_concurrent_calls_with_one_key_at_most_one_succeeds")
class LooksBeforeItLeaps(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        if any(item.key in self._objects for item in items):
            raise AlreadyExistsError("taken")
        new = [(item.key, b"".join(buffers(item.source))) for item in items]
        time.sleep(0.01)
        self._objects.update({key: (data, time.time()) for key, data in new})
        return [Stored(key, len(data)) for key, data in new]


@must_fail("test_a_sources_own_error_comes_through_unchanged")
class TakesTheSourcesErrorForItsOwn(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        try:
            return super().put_many(items)
        except OSError as error:
            raise StorageError(f"cannot write: {error}") from error


@must_fail("test_a_sources_own_error_comes_through_unchanged", "test_a_source_that_fails_leaves_nothing")
class SwallowsTheSourcesError(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return super().put_many([replace(item, source=self._guarded(item)) for item in items])

    def _guarded(self, item: PutItem) -> Iterator[bytes]:
        try:
            yield from buffers(item.source)  # type: ignore[misc]  # buffers
        except Exception:  # noqa: BLE001 - what is wrong with it
            return


@must_fail("test_keys_of_a_failed_call_are_as_good_as_new")
class RemembersKeysOfFailedCalls(MemoryStorage):
    def __init__(self, objects: Objects | None = None) -> None:
        super().__init__(objects)
        self._seen: set[str] = set()

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        keys = {item.key for item in items}
        if keys & self._seen:
            raise AlreadyExistsError("seen before")
        self._seen |= keys
        return super().put_many(items)


class _ShowsParts(MemoryStorage):
    """An object is visible from its first piece on."""

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return super().put_many([replace(item, source=self._showing(item)) for item in items])

    def _showing(self, item: PutItem) -> Iterator[bytes]:
        data = b""
        try:
            for piece in buffers(item.source):
                data += piece
                self._objects[item.key] = data, time.time()
                yield bytes(piece)
        finally:
            self._objects.pop(item.key, None)


@must_fail("test_what_is_being_written_is_not_visible", "test_a_reader_never_sees_a_partial_object")
class ShowsWhatIsBeingWritten(_ShowsParts):
    pass
