"""Moving objects that wait to the storage behind, each at least once, and none that was deleted meanwhile."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import CHUNK, AlreadyExistsError, NotFoundError, StorageError
from fileroom_plugins.storage_cache.putting import put_through

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fileroom.plugin import PutItem, Storage
    from fileroom_plugins.storage_cache.copies import Copies
    from fileroom_plugins.storage_cache.pending import Pending

_log = logging.getLogger("fileroom.cache")


class Mover:
    """Moves objects from one place to the other.

    Args:
        pending: where they wait.
        behind: returns the storage they are for, open.
        copies: what keeps a copy of each.
    """

    def __init__(self, pending: Pending, behind: Callable[[], Storage], copies: Copies) -> None:
        self._pending = pending
        self._behind = behind
        self._copies = copies

    def move(self, keys: Sequence[str]) -> None:
        """Move objects, all or none; those that do not wait any more are passed over.

        Raises:
            Exception: what either storage raised; then all still wait.
        """
        items = []
        for key in keys:
            with contextlib.suppress(NotFoundError):
                items.append(self._pending.item(key))
        try:
            if items:
                self._put(items)
        except AlreadyExistsError:
            # An earlier upload went well, and its answer was lost, or the process ended before it was noted.
            if len(items) > 1 or not self._is_there(items[0].key):
                raise
        for key in keys:
            if self._pending.is_deleted(key):
                self._undo([key])
            self._pending.uploaded(key)

    def _put(self, items: Sequence[PutItem]) -> None:
        stored = put_through(self._behind(), self._copies, items)
        if [one.locator for one in stored] != [item.key for item in items]:
            self._behind().delete([one.locator for one in stored])
            raise StorageError(
                "storage cache: the storage behind gives objects other locators than their keys, so they "
                "would not be found: put the one that was there back into the configuration"
            )

    def finish_deletions(self) -> None:
        """Make sure that what was deleted while it waited, or was on its way, is not in the storage behind.

        Raises:
            Exception: what that raised.
        """
        if keys := self._pending.deleted():
            self._undo(sorted(keys))

    def _undo(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._copies.remove(key)
        for deletion in self._behind().delete(keys):
            if deletion.error is not None:
                raise deletion.error
            self._pending.unmark(deletion.locator)

    def _is_there(self, key: str) -> bool:
        with self._behind().open(key) as there, self._pending.open(key) as here:
            return _same(there, here)


def _same(one: BinaryIO, other: BinaryIO) -> bool:
    while (piece := one.read(CHUNK)) == other.read(CHUNK):
        if not piece:
            return True
    return False
