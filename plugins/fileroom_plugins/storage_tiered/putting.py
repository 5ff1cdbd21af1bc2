"""One `put_many` call over several tiers: all of it, or nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fileroom.plugin import FileroomError, Traits
from fileroom_plugins.storage_tiered.peeking import Peeked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.plugin import PutItem, Source, Stored
    from fileroom_plugins.storage_tiered.rules import Policy
    from fileroom_plugins.storage_tiered.tiers import Tiers

MOST_BEGUN = 64
"""So many sources may wait at a time, of which only the beginning was read: each may hold an open file."""

MOST_HELD = 32 << 20
"""So many bytes of them may be in memory, and those of one source more."""


@dataclass(slots=True)
class _Window:
    """Objects whose tiers are known, and that are to be put now: by tier, with their places in the call."""

    tiers: dict[str, list[tuple[int, PutItem]]] = field(default_factory=dict)
    begun: int = 0
    held: int = 0

    @property
    def is_full(self) -> bool:
        return self.begun >= MOST_BEGUN or self.held >= MOST_HELD


class Batch:
    """The objects of one call.

    Args:
        tiers: where they can go.
        policy: where they do, unless they say it themselves.
        items: what to put; their tiers, if they name any, are there.
    """

    def __init__(self, tiers: Tiers, policy: Policy, items: Sequence[PutItem]) -> None:
        self._tiers = tiers
        self._policy = policy
        self._items = items
        self._stored: dict[int, tuple[str, Stored]] = {}

    def put(self) -> list[Stored]:
        """Put all objects; errors as in `fileroom.plugin.Storage.put_many`."""
        with ExitStack() as files:
            try:
                for window in self._windows(files):
                    self._put_window(window)
                return [self._named(*self._stored[position]) for position in range(len(self._items))]
            except BaseException:
                self._take_back()
                raise

    def _windows(self, files: ExitStack) -> Iterator[_Window]:
        window = _Window()
        for position, item in enumerate(self._items):
            tier, source = item.tier, item.source
            if tier is None:
                tier, source = self._chosen(item, window, files)
            placed = replace(item, source=source, tier=None)
            window.tiers.setdefault(tier, []).append((position, placed))
            if window.is_full:
                yield window
                window = _Window()
        yield window

    def _chosen(self, item: PutItem, window: _Window, files: ExitStack) -> tuple[str, Source]:
        """Return the tier of an object, and what is to be put there."""
        traits = Traits(0, item.level, item.content_type)
        bound = self._policy.bound(traits)
        source = item.source
        if bound is not None:
            if isinstance(source, bytes | bytearray | memoryview):
                traits = replace(traits, size=memoryview(source).nbytes)
            else:
                source = peeked = Peeked(source, bound, files)
                traits = replace(traits, size=peeked.size)
                window.begun += not peeked.ended
                window.held += peeked.held
        return self._policy.tier_for(traits), source

    def _put_window(self, window: _Window) -> None:
        if len(window.tiers) == 1:
            for tier, items in window.tiers.items():
                self._put_tier(tier, items)
        elif window.tiers:
            with ThreadPoolExecutor(len(window.tiers), "fileroom-tiers") as pool:
                putting = [pool.submit(self._put_tier, *one) for one in window.tiers.items()]
            for one in putting:
                one.result()

    def _put_tier(self, tier: str, items: Sequence[tuple[int, PutItem]]) -> None:
        stored = self._tiers.storages[tier].put_many([item for _, item in items])
        for (position, _), one in zip(items, stored, strict=True):
            self._stored[position] = tier, one

    def _named(self, tier: str, stored: Stored) -> Stored:
        return replace(stored, locator=self._tiers.locator(tier, stored.locator))

    def _take_back(self) -> None:
        for tier in self._tiers.storages:
            locators = [one.locator for where, one in self._stored.values() if where == tier]
            if locators:
                with suppress(FileroomError):
                    self._tiers.storages[tier].delete(locators)
