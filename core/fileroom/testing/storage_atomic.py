"""The part of the storage kit about calls that fail, and about what can be seen of those under way.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import AlreadyExistsError
from fileroom.storage import CHUNK, PutItem
from fileroom.testing.storage_case import (
    NAMINGS,
    PATIENCE,
    BrokenSource,
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

POSITIONS = (0, 5, 11)
SOURCE_ERRORS = (
    OSError(errno.EIO, "the source's disk is broken"),
    OSError(errno.ENOSPC, "the source says so, not the storage"),
    FileExistsError(errno.EEXIST, "the source says so, not the storage"),
    FileNotFoundError(errno.ENOENT, "the source was removed"),
    RuntimeError("the source changed while it was read"),
    AlreadyExistsError("the source is a storage, too"),
)


class AtomicContract(StorageCase):
    """All or nothing."""

    def test_an_existing_key_is_refused_and_its_object_kept(self, storage: Storage) -> None:
        key = new_key()
        stored = storage.put(key, b"first")
        with pytest.raises(AlreadyExistsError):
            storage.put(key, b"second, and longer")
        assert content(storage, stored.locator) == b"first"
        assert listed(storage) == {stored.locator: 5}

    def test_an_existing_key_with_a_name_never_costs_an_object(self, storage: Storage) -> None:
        key = new_key()
        stored = storage.put(key, b"first", NAMINGS[-1])
        try:
            other = storage.put(key, b"second", NAMINGS[-1])
        except AlreadyExistsError:
            other = stored
        assert other == stored or storage.capabilities.naming
        assert content(storage, stored.locator) == b"first"
        assert content(storage, other.locator) in (b"first", b"second")
        assert len(listed(storage)) == len({stored.locator, other.locator})

    @pytest.mark.parametrize("naming", [{}, NAMINGS[-1]], ids=["unnamed", "named"])
    def test_a_key_twice_in_one_call_is_refused(self, storage: Storage, naming: dict[str, str]) -> None:
        key = new_key()
        with pytest.raises(AlreadyExistsError):
            storage.put_many([PutItem(key, b"first", naming), PutItem(key, b"second", naming)])
        assert listed(storage) == {}

    @pytest.mark.parametrize("position", POSITIONS)
    def test_a_failed_call_leaves_nothing(self, storage: Storage, position: int) -> None:
        key = new_key()
        kept = storage.put(key, b"kept")
        items = [new_item(sample(5_000)) for _ in range(12)]
        items[position] = PutItem(key, b"taken")
        with pytest.raises(AlreadyExistsError):
            storage.put_many(items)
        assert listed(storage) == {kept.locator: 4}

    @pytest.mark.parametrize("position", POSITIONS)
    @pytest.mark.parametrize("after", [0, 10, 2 * CHUNK], ids=["at once", "soon", "late"])
    def test_a_source_that_fails_leaves_nothing(self, storage: Storage, position: int, after: int) -> None:
        items = [new_item(sample(5_000)) for _ in range(12)]
        items[position] = new_item(BrokenSource(RuntimeError("broken"), after))
        with pytest.raises(RuntimeError, match="broken"):
            storage.put_many(items)
        assert listed(storage) == {}

    @pytest.mark.parametrize("error", SOURCE_ERRORS, ids=lambda error: f"{type(error).__name__} {error}"[:30])
    @pytest.mark.parametrize("count", [1, 12])
    def test_a_sources_own_error_comes_through_unchanged(
        self, storage: Storage, error: Exception, count: int
    ) -> None:
        items = [new_item(b"good") for _ in range(count - 1)]
        with pytest.raises(type(error)) as raised:
            storage.put_many([*items, new_item(BrokenSource(error, 10))])
        assert raised.value is error

    def test_keys_of_a_failed_call_are_as_good_as_new(self, storage: Storage) -> None:
        keys = [new_key() for _ in range(5)]
        with pytest.raises(RuntimeError):
            storage.put_many([PutItem(key, BrokenSource(RuntimeError("broken"), 10)) for key in keys])
        stored = storage.put_many([PutItem(key, b"again") for key in keys])
        assert [content(storage, one.locator) for one in stored] == [b"again"] * 5

    def test_what_is_being_written_is_not_visible(self, storage: Storage) -> None:
        source = PausedSource(sample(3 * CHUNK))
        with ThreadPoolExecutor(1) as pool:
            putting = pool.submit(storage.put, new_key(), source)
            try:
                assert source.begun.wait(PATIENCE), "the source is not read"
                seen = listed(storage)
            finally:
                source.proceed.set()
            stored = putting.result()
        assert seen in ({}, {stored.locator: stored.size})
        assert content(storage, stored.locator) == sample(3 * CHUNK)
