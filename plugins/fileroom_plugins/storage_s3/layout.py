"""From keys to locators to the names of objects in a bucket."""

from __future__ import annotations

import re

from fileroom.plugin import NotFoundError

_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DASHES = {8, 13, 18, 23}
_KEY_LENGTH = 36


class Layout:
    """Where objects lie beneath a prefix.

    An object has its key for a locator, and the name ``<prefix>/ab/cd/<key>``, where ``abcd`` are the key's
    first four digits: the files of a filesystem storage lie alike. The keys of one batch share those digits
    (docs/decisions/0002), so that one listing tells which of them are taken.

    Args:
        prefix: without regard to slashes at its ends.
    """

    def __init__(self, prefix: str) -> None:
        stripped = prefix.strip("/")
        self.base = f"{stripped}/" if stripped else ""

    def name(self, locator: str) -> str:
        """Return the name of a locator's object.

        Raises:
            NotFoundError: no object can have that locator.
        """
        if not _KEY.fullmatch(locator):
            raise not_found(locator)
        return f"{self.folder(locator)}{locator}"

    def folder(self, key: str) -> str:
        """Return what the names of the objects begin with that share a key's first four digits."""
        return f"{self.base}{key[:2]}/{key[2:4]}/"

    def locator(self, name: str) -> str | None:
        """Return the locator of the object of a name, None if no object of ours has it."""
        locator = name[-_KEY_LENGTH:]
        ours = _KEY.fullmatch(locator) and name == f"{self.folder(locator)}{locator}"
        return locator if ours else None

    def names_begin(self, prefix: str) -> str | None:
        """Return what names begin with whose locators begin so; None if there can be none."""
        if not all(_may_follow(character, at) for at, character in enumerate(prefix)):
            return None
        match len(prefix):
            case 0 | 1:
                return f"{self.base}{prefix}"
            case 2 | 3:
                return f"{self.base}{prefix[:2]}/{prefix[2:]}"
            case length if length <= _KEY_LENGTH:
                return f"{self.folder(prefix)}{prefix}"
            case _:
                return None


def not_found(locator: str) -> NotFoundError:
    """Return the error for an object that is not there; what is no key may tell of a patient."""
    which = f"object {locator}" if _KEY.fullmatch(locator) else "the object (its locator is no key)"
    return NotFoundError(f"storage: {which} is not there: `fileroom verify` finds what else is missing")


def _may_follow(character: str, at: int) -> bool:
    return character == "-" if at in _DASHES else character in "0123456789abcdef"
