"""Tiered storages over tiers in memory and in folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import InnerStorage
from fileroom.testing.memory_storage import MemoryStorage
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from fileroom_plugins.storage_tiered.rules import Rule
from fileroom_plugins.storage_tiered.storage import TieredStorage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fileroom.storage import Storage
    from fileroom.testing.memory_storage import Objects

RULES = (
    Rule("small", max_size=1_000, levels=("series", "study")),
    Rule("large", min_size="64 kb"),
    Rule("small", content_types=("thumbnail", 1_024)),
    Rule("large", older_than="30 d"),
)
"""Of sizes, levels, content types and ages; what none of them fits is ``large``."""


def tiered(rules: tuple[Rule, ...] = RULES, /, **tiers: Callable[[], Storage]) -> TieredStorage:
    """Return a storage whose default is the tier ``large``."""
    inner = {name: InnerStorage.of(opener) for name, opener in tiers.items()}
    return TieredStorage(inner, default="large", rules=rules)


def memory(objects: Objects | None = None) -> Callable[[], Storage]:
    """Return what opens a storage in memory, the same each time."""
    kept: Objects = {} if objects is None else objects
    return lambda: MemoryStorage(kept)


def files(folder: Path) -> Callable[[], Storage]:
    """Return what opens a filesystem storage."""
    return lambda: FilesystemStorage(folder)
