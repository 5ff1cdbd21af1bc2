"""The part of the storage kit about splicing, for storages that can: one without is only asked to say so.

One promise cannot be seen from outside: that a splice is durable when it returns. Prove it as for a put.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import AlreadyExistsError, InvalidValueError, NotFoundError, NotSupportedError
from fileroom.storage import CHUNK, ByteRange
from fileroom.testing.storage_case import (
    FOREIGN_LOCATORS,
    StorageCase,
    content,
    listed,
    new_key,
    sample,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom.storage import Storage
    from fileroom.testing.storage_case import OpenStorage

SIZE = CHUNK + 300_007
"""Of the objects that are spliced: several pieces, whatever a storage's pieces are."""

OFFSETS = (0, 1, 17, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, CHUNK - 1, CHUNK, CHUNK + 1, SIZE - 1, SIZE)
LENGTHS = (1, 6, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, CHUNK, SIZE - 1, SIZE)
ADDED = (0, 1, 5, (1 << 18) - 3, 1 << 18, CHUNK + 1)
FAR = 10**12


def needs_splice(storage: Storage) -> None:
    """Skip the test where the storage does not say that it can splice."""
    if not storage.capabilities.splice:
        pytest.skip("this storage cannot splice")


class SpliceContract(StorageCase):
    """Storing what an object would read like with a part of it replaced."""

    def test_what_cannot_splice_says_so(self, storage: Storage) -> None:
        if storage.capabilities.splice:
            return
        stored = storage.put(new_key(), b"here")
        with pytest.raises(NotSupportedError):
            storage.splice(stored.locator, new_key(), None, 0, b"more")
        assert listed(storage) == {stored.locator: 4}

    @pytest.mark.parametrize("length", [0, 5, FAR, None])
    def test_an_offset_of_none_appends(self, storage: Storage, length: int | None) -> None:
        check(storage, SIZE, [(None, length, added) for added in ADDED])

    def test_a_length_of_0_inserts(self, storage: Storage) -> None:
        check(storage, SIZE, [(offset, 0, 300_000) for offset in OFFSETS])

    @pytest.mark.parametrize("length", [None, SIZE + 1, FAR])
    def test_all_that_follows_can_be_replaced(self, storage: Storage, length: int | None) -> None:
        check(storage, SIZE, [(offset, length, 5) for offset in OFFSETS])

    @pytest.mark.parametrize("length", LENGTHS)
    def test_bytes_are_replaced_by_others(self, storage: Storage, length: int) -> None:
        check(storage, SIZE, [(offset, length, 6) for offset in OFFSETS])

    def test_bytes_are_replaced_by_fewer_and_by_more(self, storage: Storage) -> None:
        check(storage, SIZE, [(300_001, 300_000, added) for added in ADDED])

    @pytest.mark.parametrize("length", [0, 1, None])
    def test_an_empty_object_can_be_spliced(self, storage: Storage, length: int | None) -> None:
        check(storage, 0, [(offset, length, added) for offset in (0, None) for added in ADDED])

    def test_all_can_be_deleted_and_more_appended(self, storage: Storage) -> None:
        needs_splice(storage)
        first = storage.put(new_key(), sample(SIZE))
        empty = storage.splice(first.locator, new_key(), 0, None, b"")
        assert (empty.size, content(storage, empty.locator)) == (0, b"")
        again = storage.splice(empty.locator, new_key(), None, 0, b"again")
        assert (again.size, content(storage, again.locator)) == (5, b"again")

    @pytest.mark.parametrize("offset", [SIZE + 1, SIZE + CHUNK, FAR])
    @pytest.mark.parametrize("length", [0, 1, None])
    def test_an_offset_past_the_end_is_refused_and_nothing_stored(
        self, storage: Storage, offset: int, length: int | None
    ) -> None:
        needs_splice(storage)
        key, stored = new_key(), storage.put(new_key(), sample(SIZE))
        with pytest.raises(InvalidValueError):
            storage.splice(stored.locator, key, offset, length, b"far")
        assert listed(storage) == {stored.locator: SIZE}
        assert storage.put(key, b"the key is as good as new").size == 25

    def test_what_is_not_there_cannot_be_spliced(self, storage: Storage) -> None:
        needs_splice(storage)
        gone = storage.put(new_key(), b"gone").locator
        storage.delete([gone])
        for locator in (gone, *FOREIGN_LOCATORS):
            with pytest.raises(NotFoundError):
                storage.splice(locator, new_key(), 0, 0, b"more")
        assert listed(storage) == {}

    def test_a_key_that_is_taken_is_refused_and_its_object_kept(self, storage: Storage) -> None:
        needs_splice(storage)
        own, others = new_key(), new_key()
        old, other = storage.put(own, b"old"), storage.put(others, b"other")
        for key in (own, others):
            with pytest.raises(AlreadyExistsError):
                storage.splice(old.locator, key, None, 0, b"more")
        assert listed(storage) == {old.locator: 3, other.locator: 5}
        assert (content(storage, old.locator), content(storage, other.locator)) == (b"old", b"other")

    def test_the_object_itself_stays_as_it_was(self, storage: Storage) -> None:
        needs_splice(storage)
        old = storage.put(new_key(), sample(SIZE))
        with storage.open(old.locator) as file:
            half = file.read(CHUNK)
            storage.splice(old.locator, new_key(), 5, 300_000, b"new")
            storage.splice(old.locator, new_key(), None, 0, b"new")
            storage.splice(old.locator, new_key(), 0, None, b"new")
            assert half + file.read() == sample(SIZE)
        assert content(storage, old.locator) == sample(SIZE)
        assert storage.stat(old.locator).size == SIZE

    @pytest.mark.parametrize("deleted", ["old", "new", "middle", "all but the last"])
    def test_objects_are_deleted_without_harm_to_each_other(
        self, storage: Storage, open_storage: OpenStorage, deleted: str
    ) -> None:
        needs_splice(storage)
        old = storage.put(new_key(), sample(SIZE))
        middle = storage.splice(old.locator, new_key(), 10, 3, b"middle")
        new = storage.splice(middle.locator, new_key(), CHUNK, 1_000, b"new")
        data = bytearray(sample(SIZE))
        expected = {old.locator: bytes(data)}
        data[10:13] = b"middle"
        expected[middle.locator] = bytes(data)
        data[CHUNK : CHUNK + 1_000] = b"new"
        expected[new.locator] = bytes(data)
        going = {
            "old": [old.locator],
            "new": [new.locator],
            "middle": [middle.locator],
            "all but the last": [old.locator, middle.locator],
        }[deleted]
        with storage.open(new.locator) as file:
            assert all(each.error is None for each in storage.delete(going))
            if deleted != "new":
                assert file.read() == expected[new.locator], "one that was open reads on"
        storage.discard_unfinished(0)
        again = open_storage()
        for locator in going:
            del expected[locator]
            with pytest.raises(NotFoundError):
                content(again, locator)
        assert listed(again) == {locator: len(whole) for locator, whole in expected.items()}
        for locator, whole in expected.items():
            assert content(again, locator) == whole
        again.close()

    def test_deleting_all_of_a_chain_leaves_nothing(self, storage: Storage) -> None:
        needs_splice(storage)
        chain = [storage.put(new_key(), sample(SIZE))]
        for number in range(4):
            chain.append(storage.splice(chain[-1].locator, new_key(), number * 1_000, 7, b"link"))
        storage.delete([chain[number].locator for number in (2, 0, 4, 1, 3)])
        assert listed(storage) == {}

    def test_splices_of_splices_read_like_a_bytearray_that_was_changed(self, storage: Storage) -> None:
        needs_splice(storage)
        # Not random but varied, and the same each time; `storage_machine` leads a life by chance.
        chance = random.Random(5)
        model = bytearray(sample(600_000))
        last = storage.put(new_key(), bytes(model))
        for number in range(40):
            offset = chance.randrange(len(model) + 1)
            length = chance.choice([0, 1, 1_000, 250_000, None])
            data = sample(chance.choice([0, 1, 700, 200_000]), number)
            model[offset : None if length is None else offset + length] = data
            spliced = storage.splice(last.locator, new_key(), offset, length, data)
            storage.delete([last.locator])
            last = spliced
            assert last.size == len(model)
        assert content(storage, last.locator) == model
        assert listed(storage) == {last.locator: len(model)}

    def test_any_range_of_a_spliced_object_is_read(self, storage: Storage) -> None:
        needs_splice(storage)
        data = bytearray(sample(SIZE))
        spliced = storage.put(new_key(), bytes(data))
        for offset, length, added in ((CHUNK, 10, 300_000), (77, 0, 5), (1 << 18, 1 << 18, 1)):
            data[offset : offset + length] = sample(added, 9)
            spliced = storage.splice(spliced.locator, new_key(), offset, length, sample(added, 9))
        size = len(data)
        bounds = [(0, 0), (70, 90), (CHUNK - 3, CHUNK + 400_000), (size - 1, None), (size, None), (5, FAR)]
        ranges = [ByteRange(start, end) for start, end in bounds]
        expected = [bytes(data[start:end]) for start, end in bounds]
        assert storage.read_ranges(spliced.locator, ranges) == expected
        for byte_range, part in zip(ranges, expected, strict=True):
            with storage.open(spliced.locator, byte_range) as file:
                assert file.read() == part

    def test_a_spliced_object_is_as_old_as_its_splice(self, storage: Storage) -> None:
        needs_splice(storage)
        old = storage.put(new_key(), b"old")
        spliced = storage.splice(old.locator, new_key(), None, 0, b"er")
        (found,) = (one for one in storage.list() if one.locator == spliced.locator)
        assert abs(found.modified - storage.stat(old.locator).modified) < 60
        assert abs(storage.stat(spliced.locator).modified - found.modified) < 60
        assert found.owned


def check(storage: Storage, size: int, splices: Iterable[tuple[int | None, int | None, int]]) -> None:
    """Splice an object of so many bytes again and again, and hold what comes of it to a bytearray.

    Args:
        storage: what is to splice.
        size: of the object.
        splices: offset, length, and how many bytes come in.
    """
    needs_splice(storage)
    before = storage.put(new_key(), sample(size))
    for offset, length, added in splices:
        spliced = storage.splice(before.locator, new_key(), offset, length, in_pieces(sample(added, 9)))
        expected = bytearray(sample(size))
        start = size if offset is None else offset
        expected[start : None if length is None else start + length] = sample(added, 9)
        assert spliced.locator != before.locator
        assert spliced.size == storage.stat(spliced.locator).size == len(expected)
        assert content(storage, spliced.locator) == expected
        assert listed(storage) == {before.locator: size, spliced.locator: len(expected)}
        storage.delete([spliced.locator])
    assert content(storage, before.locator) == sample(size)


def in_pieces(data: bytes) -> Iterator[bytes]:
    """Yield bytes in pieces that fit nobody's."""
    yield from (data[start : start + 99_991] for start in range(0, len(data), 99_991))
