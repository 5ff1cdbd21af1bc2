"""Objects that are acknowledged here, before the storage behind has them.

They have their keys for locators, as they will have there; so the index need not be told when they have
moved, and the cache can be done without once all of them have.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import NotFoundError, StorageError
from fileroom_plugins.storage_cache.allowance import Allowance
from fileroom_plugins.storage_cache.moving import Mover
from fileroom_plugins.storage_cache.pending import Pending
from fileroom_plugins.storage_cache.uploading import Uploader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fileroom.plugin import ByteRange, PutItem, Storage, Stored
    from fileroom_plugins.storage_cache.copies import Copies

_FOLDER = "pending"


class WriteBack:
    """What waits for the storage behind, and the thread that takes it there.

    Args:
        folder: the cache's; what waits lies in a folder in it, which is made if it is not there.
        behind: returns the storage behind, open.
        copies: what keeps a copy of each object that was uploaded.
        max_bytes: how many bytes may wait.

    Raises:
        StorageError: the folder cannot be made.
    """

    def __init__(self, folder: Path, behind: Callable[[], Storage], copies: Copies, max_bytes: int) -> None:
        self._pending = Pending(folder / _FOLDER)
        self._copies = copies
        self._allowance = Allowance(max_bytes)
        mover = Mover(self._pending, behind, copies)
        self._uploader = Uploader(folder, self._pending, self._allowance, mover)
        waiting = self._pending.list()
        self._allowance.count(sum(one.size for one in waiting))
        if waiting or self._pending.deleted():
            self._uploader.add(())

    @staticmethod
    def was_used(folder: Path) -> bool:
        """Say whether objects have ever waited in a cache's folder."""
        return Pending.is_there(folder / _FOLDER)

    @staticmethod
    def has_left_some(folder: Path) -> bool:
        """Say whether objects wait in a cache's folder.

        Raises:
            StorageError: that cannot be told.
        """
        if not WriteBack.was_used(folder):
            return False
        pending = Pending(folder / _FOLDER)
        return bool(pending.list() or pending.deleted())

    @property
    def used(self) -> int:
        """How many bytes wait, or are on their way here."""
        return self._allowance.used

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Keep objects durably, and have them uploaded; errors as in ``Storage.put_many``."""
        arrived: list[int] = []

        def arrive(size: int) -> None:
            self._allowance.arrive(size)
            arrived.append(size)
            self._copies.room.make_way()

        waiting = False
        with self._pending.noting_arrival([item.key for item in items]):
            try:
                stored = self._pending.put_many(items, arrive, self._copies.has)
                waiting = True
            finally:  # before the uploader counts them among those that wait
                self._allowance.settle(sum(arrived), waiting=waiting)
        self._uploader.add([one.locator for one in stored])
        return stored

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO | None:
        """Open an object that waits, or a range of it; None if it does not, or that cannot be told."""
        with contextlib.suppress(NotFoundError, StorageError):
            return self._pending.open(locator, byte_range)
        return None

    def stat(self, locator: str) -> Stored | None:
        """Return the size and time of an object that waits; None as for `open`."""
        with contextlib.suppress(NotFoundError, StorageError):
            return self._pending.stat(locator)
        return None

    def check(self) -> None:
        """Make sure that what is not found here does not wait here.

        Raises:
            StorageError: the folder is gone.
        """
        self._pending.check()

    def list(self, prefix: str) -> Iterator[Stored]:
        """Yield what waits; errors as in ``Storage.list``."""
        for one in self._pending.list():
            if one.key.startswith(prefix):
                yield one.stored

    def delete(self, locator: str) -> bool:
        """Delete an object that waits; say whether it did.

        Raises:
            StorageError: it could not be deleted.
        """
        return self._pending.delete(locator)

    def is_deleted(self, locator: str) -> bool:
        """Say whether an object was deleted while it waited, and may be on its way nevertheless."""
        return self._pending.is_deleted(locator)

    def deleted(self) -> set[str]:
        """Return the locators of all those."""
        return self._pending.deleted()

    def upload(self, locator: str) -> None:
        """Have an object in the storage behind when this returns, if it waits.

        Raises:
            FileroomError: that failed.
        """
        if self.stat(locator) is not None:
            self._uploader.upload(locator)

    def discard_unfinished(self, older_than: float) -> int:
        """As ``Storage.discard_unfinished``."""
        return self._pending.discard_unfinished(older_than)

    def notes(self) -> Iterator[str]:
        """Yield what waits, since when, and why it does."""
        try:
            waiting = self._pending.list()
        except StorageError as error:
            yield str(error)
            return
        if waiting:
            size = sum(one.size for one in waiting)
            since = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(waiting[0].since))
            yield f"cache: {len(waiting)} objects ({size} bytes) wait for their upload, since {since} UTC"
        if told := self._uploader.trouble.told():
            yield f"cache: {told}; it is tried again, and nothing is lost"

    def close(self) -> None:
        """Upload what this process has put, unless that fails; all else waits for the next one."""
        self._uploader.close()
