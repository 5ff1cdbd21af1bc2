"""Telling orphans from objects that rows look for in other places, because ``[storage]`` was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.errors import ConfigError, NotFoundError
from fileroom.keys import key_of, name_of
from fileroom.storage import is_external

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.archive import Archive
    from fileroom.storage import Stored

_WHAT_TO_DO = "nothing was swept, and 'fileroom verify' lists what is missing"


class Places:
    """The places where objects lie, tiers or the storage itself, and whether rows' objects were seen there.

    Args:
        archive: whose storage it is.
    """

    def __init__(self, archive: Archive) -> None:
        self._storage = archive.storage
        self._has_tiers = bool(archive.storage.capabilities.tiers)
        self._seen: dict[str | None, bool] = {}

    def note(self, locator: str, *, listed: bool) -> None:
        """Note a row's locator, and whether the storage lists it."""
        place = self._of(locator)
        self._seen[place] = self._seen.get(place, False) or listed

    def refuse_anothers(self, orphans: Sequence[Stored]) -> None:
        """Make sure that orphans do not lie where not one of the rows' objects is.

        Raises:
            ConfigError: they do: they may well be those of another archive.
        """
        for one in orphans:
            place = self._of(one.locator)
            if self._seen.get(place, True):
                continue
            where = "" if place is None else f" in the tier {place!r}"
            raise ConfigError(
                f"none of the objects that the index knows{where} is there, and others are: {_WHAT_TO_DO}; "
                "are these index and storage of one archive?",
                "storage",
            )

    def _of(self, locator: str) -> str | None:
        if not self._has_tiers:
            return None
        try:
            return self._storage.tier_of(locator)
        except NotFoundError:  # it names no tier that is configured
            return None


def refuse_known(archive: Archive, orphans: Sequence[Stored]) -> None:
    """Make sure that no row means one of these, and only calls it otherwise.

    One with a row's key is such an object. So is one with the name of an object that is not where its row
    says; elsewhere a move may have left the like behind.

    Raises:
        ConfigError: a row does.
    """
    names = {name_of(one.locator) for one in orphans}
    known = {
        name
        for _, record in archive.index.attachments()
        if not is_external(record.locator)
        and (name := name_of(record.locator)) in names
        and (key_of(name) or _is_lost(archive, record.locator))
    }
    if known:
        objects = f"{len(known)} stored objects have" if len(known) > 1 else "1 stored object has"
        raise ConfigError(
            f"{objects} the name of one that the index looks for elsewhere: {_WHAT_TO_DO}; give the tiers "
            "the names that they had, and 'original' what it was, or none",
            "storage",
        )


def _is_lost(archive: Archive, locator: str) -> bool:
    try:
        archive.storage.stat(locator)
    except NotFoundError:
        return True
    return False
