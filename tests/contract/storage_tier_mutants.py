"""Broken storages with tiers, and one that has none: each breaks one promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.errors import InvalidValueError, NotFoundError
from fileroom.model import Level
from fileroom.storage import PutItem, StorageCapabilities, Stored, Traits
from fileroom.testing.memory_storage import MemoryStorage
from tests.contract.storage_mutants import must_fail

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALL = 1_000


class TieredMemory(MemoryStorage):
    """Two tiers in memory, by size; what belongs to a series lies with the small ones."""

    capabilities = StorageCapabilities(tiers=("small", "large"))

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        if any(self.refuses(item.tier) for item in items):
            raise InvalidValueError("no such tier")
        return [self._put(item) for item in items]

    def refuses(self, tier: str | None) -> bool:
        return tier not in (None, *self.capabilities.tiers)

    def _put(self, item: PutItem) -> Stored:
        (stored,) = super().put_many([item])
        locator = f"{item.tier or self.chosen(item, stored.size)}:{item.key}"
        self._objects[locator] = self._objects.pop(item.key)
        return replace(stored, locator=locator)

    def chosen(self, item: PutItem, size: int) -> str:
        return self.tier_for(Traits(size, item.level, item.content_type))

    def tier_of(self, locator: str) -> str:
        tier, colon, _ = locator.partition(":")
        if not colon or tier not in self.capabilities.tiers:
            raise NotFoundError("no such tier")
        return tier

    def tier_for(self, traits: Traits) -> str:
        return "small" if traits.size < SMALL or traits.level is Level.SERIES else "large"


@must_fail("test_without_tiers_a_tier_is_passed_over")
class RefusesTiersThatItHasNot(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        if any(item.tier for item in items):
            raise InvalidValueError("no such tier")
        return super().put_many(items)


@must_fail("test_tiers_have_names_of_their_own")
class CallsTwoTiersTheSame(TieredMemory):
    capabilities = StorageCapabilities(tiers=("small", "small"))


@must_fail("test_an_object_lies_in_the_tier_that_it_was_put_into")
class KnowsBetter(TieredMemory):
    def _put(self, item: PutItem) -> Stored:
        return super()._put(replace(item, tier=None))


@must_fail("test_the_locator_alone_tells_the_tier")
class LooksWhereAnObjectLies(TieredMemory):
    def tier_of(self, locator: str) -> str:
        self.stat(locator)
        return super().tier_of(locator)


@must_fail("test_what_has_no_such_locator_is_in_no_tier")
class TakesAnythingForATier(TieredMemory):
    def tier_of(self, locator: str) -> str:
        return locator.partition(":")[0]


@must_fail("test_a_tier_that_is_not_there_is_refused")
class FallsBackOnItsRules(TieredMemory):
    def _put(self, item: PutItem) -> Stored:
        return super()._put(replace(item, tier=None if super().refuses(item.tier) else item.tier))

    def refuses(self, tier: str | None) -> bool:
        return False


@must_fail("test_every_object_is_to_lie_in_one_of_the_tiers")
class LetsTheOldGo(TieredMemory):
    def tier_for(self, traits: Traits) -> str:
        return "nowhere" if traits.age else super().tier_for(traits)


@must_fail("test_what_is_put_lies_where_it_is_to_lie")
class BelievesTheSizeThatIsTold(TieredMemory):
    def chosen(self, item: PutItem, size: int) -> str:
        return super().chosen(item, size if item.size is None else item.size)


@must_fail("test_what_is_put_lies_where_it_is_to_lie")
class ForgetsTheLevel(TieredMemory):
    def chosen(self, item: PutItem, size: int) -> str:
        return super().chosen(replace(item, level=None), size)
