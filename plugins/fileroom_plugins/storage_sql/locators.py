"""Locators: an object's key as it was given; and the bytes by which the tables know it."""

from __future__ import annotations

import re
from uuid import UUID

from fileroom.plugin import NotFoundError

_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LENGTH = 36
_LOWEST = str(UUID(int=0))
_HIGHEST = str(UUID(int=(1 << 128) - 1))


def key_of(locator: str) -> bytes | None:
    """Return the key that a locator stands for; None where it cannot be one of this storage."""
    return key_bytes(locator) if _KEY.fullmatch(locator) else None


def key_bytes(key: str) -> bytes:
    """Return a key as the tables have it."""
    return UUID(key).bytes


def existing_key_of(locator: str) -> bytes:
    """Return the key that a locator stands for.

    Raises:
        NotFoundError: it cannot be one of this storage.
    """
    key = key_of(locator)
    if key is None:
        raise not_found(locator)
    return key


def locator_of(key: bytes) -> str:
    """Return the locator of a key."""
    return str(UUID(bytes=bytes(key)))


def between(prefix: str) -> tuple[bytes, bytes] | None:
    """Return the lowest and the highest key whose locators start with a prefix; None if none can."""
    if len(prefix) > _LENGTH:
        return None
    lowest, highest = (key_of(prefix + rest[len(prefix) :]) for rest in (_LOWEST, _HIGHEST))
    return None if lowest is None or highest is None else (lowest, highest)


def not_found(locator: str) -> NotFoundError:
    """Return the error for an object that is not there; it repeats no text that is not ours."""
    shown = locator if key_of(locator) else "with this locator"
    return NotFoundError(f"storage: no object {shown}: it was deleted, or never stored")
