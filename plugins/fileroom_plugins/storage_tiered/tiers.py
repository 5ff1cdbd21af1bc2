"""Tiers by name, and which of them a locator is of: ``<tier>:<locator within the tier>``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fileroom.plugin import InvalidValueError, NotFoundError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom.plugin import Storage

TIER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
"""How a tier may be called."""


class Tiers:
    """The tiers.

    Attributes:
        storages: by name.

    Args:
        storages: the same.
        original: the tier whose locators are those of its storage, without its name; None for none.
    """

    def __init__(self, storages: Mapping[str, Storage], original: str | None) -> None:
        self.storages = storages
        self._original = original

    def within(self, locator: str) -> tuple[str, str]:
        """Return a locator's tier, and what is its locator there.

        Raises:
            NotFoundError: it is of none of the tiers; the message names one that is not configured.
        """
        name, colon, rest = locator.partition(":")
        if colon and name in self.storages and name != self._original:
            return name, rest
        if self._original is not None:
            return self._original, locator
        if colon and TIER_NAME.fullmatch(name):
            raise NotFoundError(
                f"storage: the object lies in the tier {name!r}, which is not configured: bring "
                f"[storage.tiers.{name}] back, and run 'fileroom move' before it goes"
            )
        raise NotFoundError(
            "storage: the object is not there: its locator names no tier; if it was stored before there were "
            "tiers, or when [storage] named an original one, name that tier as 'original'"
        )

    def locator(self, name: str, within: str) -> str:
        """Return the locator of an object in a tier.

        Raises:
            StorageError: it would be taken for one of another tier, as none of Fileroom's own storages makes
                them.
        """
        if name != self._original:
            return f"{name}:{within}"
        if self.within(within)[0] != name:
            raise StorageError(f"storage: a locator in the tier {name!r} begins like one of another tier")
        return within

    def beneath(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield the tiers in which locators can begin with a prefix, and what they begin with there."""
        for name in self.storages:
            head = "" if name == self._original else f"{name}:"
            if prefix.startswith(head):
                yield name, prefix[len(head) :]
            elif head.startswith(prefix):
                yield name, ""

    def check(self, name: str | None) -> None:
        """Make sure that there is such a tier, or that None is asked for.

        Raises:
            InvalidValueError: there is none.
        """
        if name is not None and name not in self.storages:
            known = ", ".join(self.storages)
            raise InvalidValueError(f"storage: there is no tier of this name; tiers are {known}")
