"""The part of the storage kit about tiers: parts that objects are kept apart in, for storages that have them.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import InvalidValueError, NotFoundError, NotSupportedError
from fileroom.model import Level
from fileroom.storage import CHUNK, PutItem, Traits
from fileroom.testing.storage_case import FOREIGN_LOCATORS, StorageCase, content, listed, new_key, sample

if TYPE_CHECKING:
    from fileroom.storage import Storage

SIZES = (0, 1, 1_000, 100_000, CHUNK + 5)
LEVELS = (None, *Level)
CONTENT_TYPES = (None, 1, 16, 1_024)
AGES = (0.0, 3_600.0, 10.0**10)
NO_TIER = "no such tier"


class TierContract(StorageCase):
    """Choosing where among tiers an object lies."""

    def test_without_tiers_a_tier_is_passed_over(self, storage: Storage) -> None:
        if storage.capabilities.tiers:
            return
        (stored,) = storage.put_many([PutItem(new_key(), b"x", tier=NO_TIER)])
        assert content(storage, stored.locator) == b"x"
        with pytest.raises(NotSupportedError):
            storage.tier_of(stored.locator)
        with pytest.raises(NotSupportedError):
            storage.tier_for(Traits(1))

    def test_tiers_have_names_of_their_own(self, storage: Storage) -> None:
        tiers = storage.capabilities.tiers
        assert len(set(tiers)) == len(tiers)
        assert all(tier and tier.isprintable() for tier in tiers)

    def test_an_object_lies_in_the_tier_that_it_was_put_into(self, storage: Storage) -> None:
        tiers = storage.capabilities.tiers
        items = [PutItem(new_key(), sample(size), size=size, tier=tier) for tier in tiers for size in SIZES]
        stored = storage.put_many(items)
        assert [storage.tier_of(one.locator) for one in stored] == [item.tier for item in items]
        assert [content(storage, one.locator) for one in stored] == [sample(one.size) for one in stored]
        assert listed(storage) == {one.locator: one.size for one in stored}

    def test_the_locator_alone_tells_the_tier(self, storage: Storage) -> None:
        for tier in storage.capabilities.tiers:
            (stored,) = storage.put_many([PutItem(new_key(), b"x", tier=tier)])
            storage.delete([stored.locator])
            assert storage.tier_of(stored.locator) == tier

    def test_what_has_no_such_locator_is_in_no_tier(self, storage: Storage) -> None:
        for locator in FOREIGN_LOCATORS if storage.capabilities.tiers else ():
            try:
                tier = storage.tier_of(locator)
            except NotFoundError:
                continue
            assert tier in storage.capabilities.tiers, ascii(locator)

    def test_a_tier_that_is_not_there_is_refused(self, storage: Storage) -> None:
        if storage.capabilities.tiers:
            with pytest.raises(InvalidValueError):
                storage.put_many([PutItem(new_key(), b"x"), PutItem(new_key(), b"y", tier=NO_TIER)])
            assert listed(storage) == {}

    def test_every_object_is_to_lie_in_one_of_the_tiers(self, storage: Storage) -> None:
        tiers = storage.capabilities.tiers
        for traits in itertools.product(SIZES, LEVELS, CONTENT_TYPES, AGES) if tiers else ():
            assert storage.tier_for(Traits(*traits)) in tiers

    @pytest.mark.parametrize("told", ["right", "wrong", "not"])
    def test_what_is_put_lies_where_it_is_to_lie(self, storage: Storage, told: str) -> None:
        if not storage.capabilities.tiers:
            return
        items, expected = [], []
        for size, level, content_type in itertools.product(SIZES, LEVELS, CONTENT_TYPES):
            hint = {"right": size, "wrong": SIZES[-1] - size, "not": None}[told]
            items.append(PutItem(new_key(), iter([sample(size)]), {}, level, content_type, hint))
            expected.append(storage.tier_for(Traits(size, level, content_type)))
        stored = storage.put_many(items)
        assert [storage.tier_of(one.locator) for one in stored] == expected
