"""What a database says went wrong, in words of our own."""

from __future__ import annotations

from fileroom.errors import CatalogError


class DatabaseFullError(CatalogError):
    """The database has no space left; a storage says `fileroom.errors.StorageFullError` instead."""


class MayNotWriteError(CatalogError):
    """The database lets this user, or anybody at present, do nothing but read."""


class OutcomeUnknownError(CatalogError):
    """The connection was lost while a transaction was being committed: it took effect, or it did not."""


class CollisionError(Exception):
    """What a transaction relied on was changed by another: it is to be run again from its beginning."""
