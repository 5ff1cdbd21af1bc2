"""The tiered storage."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import (
    AlreadyExistsError,
    ConfigError,
    Deletion,
    NotFoundError,
    NotSupportedError,
    Storage,
    StorageCapabilities,
    StorageError,
    folders_overlap,
)
from fileroom_plugins.storage_tiered.putting import Batch
from fileroom_plugins.storage_tiered.rules import Policy
from fileroom_plugins.storage_tiered.tiers import Tiers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fileroom.plugin import ByteRange, FileroomError, InnerStorage, PutItem, Source, Stored, Traits
    from fileroom_plugins.storage_tiered.rules import Rule


class TieredStorage(Storage):
    """Several storages as one. An object's locator says which of them it lies in.

    Args:
        tiers: the storages by name.
        default: the tier of what no rule fits.
        rules: the first that fits decides on an object's tier.
        original: the tier whose locators do not name it.

    Raises:
        ConfigError: two tiers share a folder, or one lies within another's.
        FileroomError: what opening a tier raised.
    """

    def __init__(
        self,
        tiers: Mapping[str, InnerStorage],
        *,
        default: str,
        rules: Sequence[Rule] = (),
        original: str | None = None,
    ) -> None:
        self._policy = Policy(rules, default)
        with ExitStack() as stack:
            storages = {}
            for name, inner in tiers.items():
                storages[name] = inner.open()
                stack.callback(storages[name].close)
            _refuse_shared_folders(storages)
            self._storages = storages
            self._tiers = Tiers(storages, original)
            self._closing = stack.pop_all()

    @property
    def capabilities(self) -> StorageCapabilities:  # type: ignore[override]  # the tiers' may change
        """What all tiers can; URLs, and names, if one of them has them."""
        each = [storage.capabilities for storage in self._storages.values()]
        return StorageCapabilities(
            local_path=all(one.local_path for one in each),
            naming=any(one.naming for one in each),
            splice=all(one.splice for one in each),
            presigned_url=any(one.presigned_url for one in each),
            conditional_create=all(one.conditional_create for one in each),
            tiers=tuple(self._storages),
        )

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects, each in its tier; the tiers that are concerned work at the same time."""
        if len({item.key for item in items}) < len(items):
            raise AlreadyExistsError(
                "storage: two objects of one call have one key: use a fresh key for each"
            )
        for item in items:
            self._tiers.check(item.tier)
        return Batch(self._tiers, self._policy, items).put()

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object, or a range of it."""
        tier, within = self._tiers.within(locator)
        return self._storages[tier].open(within, byte_range)

    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges."""
        tier, within = self._tiers.within(locator)
        return self._storages[tier].read_ranges(within, ranges)

    def stat(self, locator: str) -> Stored:
        """Return an object's size and time."""
        tier, within = self._tiers.within(locator)
        return replace(self._storages[tier].stat(within), locator=locator)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete objects, tier by tier. What names no tier names nothing, and is gone."""
        places: dict[str, dict[str, str]] = {}
        for locator in locators:
            try:
                tier, within = self._tiers.within(locator)
            except NotFoundError:
                continue
            places.setdefault(tier, {})[locator] = within
        errors: dict[str, FileroomError | None] = {}
        for tier, some in places.items():
            deletions = self._storages[tier].delete(list(some.values()))
            errors |= {locator: one.error for locator, one in zip(some, deletions, strict=True)}
        return [Deletion(locator, errors.get(locator)) for locator in locators]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield objects, tier by tier.

        Raises:
            StorageError: listing failed; or two tiers turn out to be one place, where each object would be
                taken for an orphan of the other.
        """
        for tier, within in self._tiers.beneath(prefix):
            for number, one in enumerate(self._storages[tier].list(within), start=1):
                if number.bit_count() == 1:  # 1, 2, 4, 8, ...: places may have a part only in common
                    self._refuse_shared_place(tier, one)
                yield replace(one, locator=self._tiers.locator(tier, one.locator))

    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        """Splice an object within its tier, whatever its new size: ``fileroom move`` sees to that."""
        if not self.capabilities.splice:
            return super().splice(locator, key, offset, delete_length, data)
        tier, within = self._tiers.within(locator)
        stored = self._storages[tier].splice(within, key, offset, delete_length, data)
        return replace(stored, locator=self._tiers.locator(tier, stored.locator))

    def presigned_url(self, locator: str, seconds: int) -> str:
        """Return a URL, if the object's tier has them."""
        tier, within = self._tiers.within(locator)
        return self._storages[tier].presigned_url(within, seconds)

    def tier_of(self, locator: str) -> str:
        """Return what the locator begins with."""
        return self._tiers.within(locator)[0]

    def tier_for(self, traits: Traits) -> str:
        """Return what the rules say."""
        return self._policy.tier_for(traits)

    def discard_unfinished(self, older_than: float) -> int:
        """Remove what interrupted calls left behind in any tier."""
        return sum(storage.discard_unfinished(older_than) for storage in self._storages.values())

    def local_path(self, locator: str) -> Path:
        """Return the path of an object's own file, if all tiers keep files."""
        if not self.capabilities.local_path:
            raise NotSupportedError("not all tiers keep local files: open the object instead")
        tier, within = self._tiers.within(locator)
        return self._storages[tier].local_path(within)

    def locator_of(self, path: Path) -> str | None:
        """Return the locator that names this path in one of the tiers, if all of them keep files."""
        if self.capabilities.local_path:
            for tier, storage in self._storages.items():
                within = storage.locator_of(path)
                if within is not None:
                    return self._tiers.locator(tier, within)
        return None

    def folders(self) -> tuple[Path, ...]:
        """Return the tiers' folders."""
        return tuple(folder for storage in self._storages.values() for folder in storage.folders())

    def notes(self) -> Iterator[str]:
        """Yield what the tiers note."""
        for tier, storage in self._storages.items():
            yield from (f"tier {tier}: {note}" for note in storage.notes())

    def close(self) -> None:
        """Close all tiers."""
        self._closing.close()

    def _refuse_shared_place(self, tier: str, one: Stored) -> None:
        """Make sure that an object in a tier is not to be found in another one, too."""
        listed = True
        for other, storage in self._storages.items():
            if other == tier:
                listed = False  # the others come later
                continue
            try:
                same = storage.stat(one.locator)
            except NotFoundError:
                continue
            except StorageError:
                if listed:
                    raise
                continue  # out of reach: when it is listed, it fails, or is held against this one
            if (same.size, same.modified) == (one.size, one.modified):
                raise StorageError(
                    f"storage: the tiers {tier!r} and {other!r} keep their objects in one place, where a "
                    "sweep would take those of one for orphans of the other: give each a place of its own"
                )


def _refuse_shared_folders(storages: Mapping[str, Storage]) -> None:
    for one, other in combinations(storages, 2):
        if folders_overlap(storages[one].folders(), storages[other].folders()):
            raise ConfigError(
                f"the tiers {one!r} and {other!r} share a folder, or one lies within the other's: give "
                "each a place of its own",
                f"storage.tiers.{other}",
            )
