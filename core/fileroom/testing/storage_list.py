"""The part of the storage kit about deleting, listing, and clearing up.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError
from fileroom.storage import CHUNK, ByteRange, Deletion
from fileroom.testing.storage_case import (
    FOREIGN_LOCATORS,
    NAMINGS,
    PATIENCE,
    PausedSource,
    StorageCase,
    content,
    listed,
    new_item,
    new_key,
    sample,
)

if TYPE_CHECKING:
    from fileroom.storage import Storage

HOUR = 3_600.0


class DeleteContract(StorageCase):
    """Deleting objects."""

    def test_what_is_deleted_is_gone(self, storage: Storage) -> None:
        gone, kept = storage.put_many([new_item(b"gone"), new_item(b"kept")])
        assert storage.delete([gone.locator]) == [Deletion(gone.locator)]
        for read in (storage.open, storage.stat, lambda which: storage.read_ranges(which, [ByteRange()])):
            with pytest.raises(NotFoundError):
                read(gone.locator)
        assert listed(storage) == {kept.locator: 4}
        assert content(storage, kept.locator) == b"kept"

    def test_deleting_what_is_gone_is_success(self, storage: Storage) -> None:
        locator = storage.put(new_key(), b"gone").locator
        storage.delete([locator])
        assert storage.delete([locator]) == [Deletion(locator)]

    def test_there_is_one_deletion_for_each_locator_in_order(self, storage: Storage) -> None:
        first, second, third = (one.locator for one in storage.put_many([new_item(b"x") for _ in range(3)]))
        storage.delete([second])
        asked = [third, second, "no locator", first, third]
        assert storage.delete(asked) == [Deletion(locator) for locator in asked]
        assert listed(storage) == {}

    def test_deleting_nothing_returns_nothing(self, storage: Storage) -> None:
        assert storage.delete([]) == []

    def test_a_foreign_locator_deletes_nothing_and_is_success(self, storage: Storage) -> None:
        kept = {one.locator: one.size for one in storage.put_many([new_item(b"x") for _ in range(3)])}
        deletions = storage.delete(FOREIGN_LOCATORS)
        assert deletions == [Deletion(locator) for locator in FOREIGN_LOCATORS]
        assert listed(storage) == kept

    def test_named_objects_are_deleted_one_by_one(self, storage: Storage) -> None:
        stored = storage.put_many([new_item(b"x", naming) for naming in NAMINGS for _ in range(2)])
        for deleted, one in enumerate(stored, 1):
            storage.delete([one.locator])
            assert len(listed(storage)) == len(stored) - deleted


class ListContract(StorageCase):
    """Listing objects."""

    def test_every_object_is_listed_once(self, storage: Storage) -> None:
        expected = {}
        for start in range(3):
            items = [new_item(sample(size)) for size in range(start, 60, 3)]
            expected.update({one.locator: one.size for one in storage.put_many(items)})
        items = [new_item(b"x", naming) for naming in NAMINGS]
        expected.update({one.locator: one.size for one in storage.put_many(items)})
        assert listed(storage) == expected

    def test_an_empty_storage_lists_nothing(self, storage: Storage) -> None:
        assert listed(storage) == {}

    def test_a_prefix_selects_by_the_start_of_the_locator(self, storage: Storage) -> None:
        items = [new_item(b"x", naming) for naming in ({}, *NAMINGS)]
        locators = [one.locator for one in storage.put_many(items)]
        prefixes = {locator[:length] for locator in locators[::5] for length in range(len(locator) + 1)}
        prefixes |= {locator + "x" for locator in locators[:5]} | {"*", "%", "_", "?", "\0", "zzz", ".", "/"}
        for prefix in sorted(prefixes):
            expected = {locator for locator in locators if locator.startswith(prefix)}
            assert set(listed(storage, prefix)) == expected, ascii(prefix)

    def test_what_was_put_here_is_owned(self, storage: Storage) -> None:
        stored = storage.put_many([new_item(b"x", naming) for naming in ({}, NAMINGS[-1])])
        told = [*stored, *(storage.stat(one.locator) for one in stored), *storage.list()]
        assert [one.owned for one in told] == [True] * 6

    def test_a_listing_may_be_left_before_its_end(self, storage: Storage) -> None:
        storage.put_many([new_item(b"x") for _ in range(10)])
        listing = storage.list()
        next(listing)
        del listing
        storage.put(new_key(), b"x")
        assert len(listed(storage)) == 11

    def test_what_stays_is_listed_while_others_come_and_go(self, storage: Storage) -> None:
        stored = [one.locator for one in storage.put_many([new_item(b"x") for _ in range(40)])]
        going, staying = stored[:20], set(stored[20:])
        seen = []
        for one in storage.list():
            seen.append(one.locator)
            if going:
                storage.delete([going.pop()])
                storage.put(new_key(), b"new")
        assert len(seen) == len(set(seen))
        assert staying <= set(seen)


class UnfinishedContract(StorageCase):
    """Clearing up after interrupted calls."""

    def test_discarding_the_unfinished_spares_whole_objects(self, storage: Storage) -> None:
        expected = {one.locator: 1 for one in storage.put_many([new_item(b"x") for _ in range(5)])}
        assert storage.discard_unfinished(0) == 0
        assert listed(storage) == expected

    def test_discarding_the_unfinished_spares_what_is_being_written(self, storage: Storage) -> None:
        source = PausedSource(sample(2 * CHUNK))
        with ThreadPoolExecutor(1) as pool:
            putting = pool.submit(storage.put, new_key(), source)
            try:
                assert source.begun.wait(PATIENCE), "the source is not read"
                assert storage.discard_unfinished(HOUR) == 0
            finally:
                source.proceed.set()
            stored = putting.result()
        assert content(storage, stored.locator) == sample(2 * CHUNK)
