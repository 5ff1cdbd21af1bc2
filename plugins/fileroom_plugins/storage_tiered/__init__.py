"""Several storages as one: rules decide which of them an object lies in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from fileroom.plugin import InnerStorage, StoragePlugin, hookimpl, is_external
from fileroom_plugins.storage_tiered.rules import Rule
from fileroom_plugins.storage_tiered.tiers import TIER_NAME

if TYPE_CHECKING:
    from fileroom.plugin import Storage


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[storage]`` with ``backend = "tiered"``.

    Attributes:
        tiers: name to a storage, a table of its own with ``backend`` and that backend's keys. A name has
            lower-case letters, digits, ``-`` and ``_``, and begins with a letter; at most 32 of them.
        default: the tier of what no rule fits.
        rules: the first that fits decides.
        original: the tier that was all of the archive's storage before it had tiers: its objects keep the
            locators that they had.

    Raises:
        ValueError: a name is malformed, or is no tier's; or two tiers are the same place.
    """

    tiers: dict[str, InnerStorage]
    default: str
    rules: tuple[Rule, ...] = ()
    original: str | None = None

    def __post_init__(self) -> None:
        """Refuse what leads nowhere."""
        for name in self.tiers:
            if not TIER_NAME.fullmatch(name) or is_external(f"{name}:"):
                raise ValueError(
                    f"{name!r} cannot be a tier's name: it has lower-case letters, digits, - and _, begins "
                    "with a letter, and is not external"
                )
        named = {"default": self.default, "original": self.original or self.default}
        named |= {f"rules[{position}].to": rule.to for position, rule in enumerate(self.rules)}
        for key, name in named.items():
            if name not in self.tiers:
                known = ", ".join(self.tiers) or "none"
                raise ValueError(f"{key}: there is no tier {name!r}; tiers are {known}")
        for (one, inner), (other, same) in combinations(self.tiers.items(), 2):
            if inner.name and (inner.name, inner.options) == (same.name, same.options):
                raise ValueError(f"the tiers {one!r} and {other!r} are one and the same place")

    @property
    def place(self) -> dict[str, InnerStorage]:
        """The tiers: rules decide in which of them new objects lie, and no more."""
        return self.tiers


def _open(options: Options) -> Storage:
    from fileroom_plugins.storage_tiered.storage import TieredStorage  # noqa: PLC0415 - when needed

    return TieredStorage(
        options.tiers, default=options.default, rules=options.rules, original=options.original
    )


@hookimpl
def fileroom_storage() -> StoragePlugin:
    """Offer the storage."""
    return StoragePlugin("tiered", Options, _open, "Several storages as one, by rules")
