"""The cache before another storage."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import (
    ByteRange,
    ConfigError,
    Deletion,
    NotFoundError,
    Storage,
    StorageError,
    format_size,
)
from fileroom_plugins.storage_cache.behind import Behind
from fileroom_plugins.storage_cache.copies import Copies
from fileroom_plugins.storage_cache.filling import Fills
from fileroom_plugins.storage_cache.owner import Owner
from fileroom_plugins.storage_cache.putting import put_through
from fileroom_plugins.storage_cache.reading import BUFFER, OpenObject
from fileroom_plugins.storage_cache.write_back import WriteBack
from fileroom_plugins.storage_filesystem.failures import storage_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fileroom.plugin import FileroomError, PutItem, Source, StorageCapabilities, Stored, Traits
    from fileroom_plugins.storage_cache.reading import Here

_WHOLE = ByteRange()


class CacheStorage(Storage):
    """Copies of objects in a local folder, before a storage that has them all.

    Locators are those of the storage behind, so that a cache can be put before it, and taken away again.
    Objects that wait to be uploaded are the business of `fileroom_plugins.storage_cache.write_back`.

    Args:
        opener: opens the storage behind.
        path: the cache's folder.
        max_bytes: how many bytes it may hold.
        write_back: whether objects are acknowledged before the storage behind has them. Those that wait from
            an earlier time are uploaded in any case.
        place: tells the storage behind from others (`fileroom.plugin.InnerStorage.place`); None where nobody
            knows.

    Raises:
        ConfigError: the storage behind cannot be written back to, or the folder is the cache of another one.
        StorageError: it is out of reach, and the folder was never used; or that cannot be made, with
            ``write_back``.
    """

    def __init__(
        self,
        opener: Callable[[], Storage],
        path: Path,
        *,
        max_bytes: int,
        write_back: bool = False,
        place: object = None,
    ) -> None:
        self._folder = path.absolute()
        self._max = max_bytes
        self._writes_back = write_back
        self._back: WriteBack | None = None
        self._copies = Copies(self._folder / "copies", max_bytes, self._waiting_bytes)
        self._fills = Fills(self._copies)
        used_before = WriteBack.was_used(self._folder) if write_back else self._folder.exists()
        self._behind = Behind(opener, needed=not used_before)
        try:
            if write_back and self._behind.opened is not None:
                _check(self._behind.capabilities)
            self._claim(Owner(self._folder, place))
            if write_back or WriteBack.has_left_some(self._folder):
                self._back = WriteBack(self._folder, self._behind, self._copies, max_bytes)
        except BaseException:
            self._behind.close()
            raise

    @property
    def capabilities(self) -> StorageCapabilities:  # type: ignore[override]  # the storage behind may change its own
        """What the storage behind can do; its files are not shown, since they need not be there yet."""
        behind = self._behind.capabilities
        if self._writes_back:
            return replace(
                behind, local_path=False, naming=False, conditional_create=False, key_locators=True
            )
        return replace(behind, local_path=False)

    @property
    def database(self) -> object | None:  # type: ignore[override]  # that of the storage behind
        """What the storage behind has in common with an index, if it gets the bytes at once."""
        behind = self._behind.opened
        return None if behind is None or self._writes_back else behind.database

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects in the storage behind, or let them wait for it; a copy of each is kept."""
        if not items:
            return []
        if self._writes_back and self._back is not None:
            return self._back.put_many(items)
        return put_through(self._behind(), self._copies, items)

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open a copy; or the object behind, which is copied while it is read, if the whole is asked for."""
        with self._searching(locator):
            here: Here | None = self._copies.find(locator)
            if here is None:
                if self._back is not None and (waiting := self._back.open(locator, byte_range)):
                    return waiting
                if byte_range not in (None, _WHOLE) or not self._copies.may_keep(locator):
                    return self._behind().open(locator, byte_range)
                here = self._fills.join(locator, lambda: self._behind().open(locator))
        start, end = (byte_range or _WHOLE).within(here.size)
        file = OpenObject(here, start, end, lambda: self._behind().open(locator))
        return io.BufferedReader(file, BUFFER)

    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges; of an object that is not here, they alone are fetched."""
        if _WHOLE in ranges or self._copies.has(locator) or self._waits(locator):
            return super().read_ranges(locator, ranges)
        with self._searching(locator):
            return self._behind().read_ranges(locator, ranges)

    def stat(self, locator: str) -> Stored:
        """Return what the storage behind tells of an object, unless it waits."""
        with self._searching(locator):
            waiting = None if self._back is None else self._back.stat(locator)
            return waiting or self._behind().stat(locator)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete objects: what waits, what is behind, and copies."""
        failed: dict[str, FileroomError | None] = {}
        for locator in locators:
            # First the copy, which Windows may refuse: then the object stays, and can be deleted again.
            if (error := self._forget(locator)) is not None or self._delete_waiting(locator, failed):
                failed.setdefault(locator, error)
        if behind := [locator for locator in locators if locator not in failed]:
            try:
                failed.update({one.locator: one.error for one in self._behind().delete(behind)})
            except StorageError as error:
                failed.update(dict.fromkeys(behind, error))
        for locator in behind:  # somebody may have read it meanwhile
            failed[locator] = failed[locator] or self._forget(locator)
        return [Deletion(locator, failed[locator]) for locator in locators]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield what waits, then what is behind."""
        seen: set[str] = set()
        if self._back is not None:
            seen = self._back.deleted()
            for one in self._back.list(prefix):
                if one.locator not in seen:
                    seen.add(one.locator)
                    yield one
        for one in self._behind().list(prefix):
            if one.locator not in seen:
                yield one

    def splice(
        self, locator: str, key: str, offset: int | None, delete_length: int | None, data: Source
    ) -> Stored:
        """Splice in the storage behind, which has both objects when this returns."""
        self._upload(locator)
        self._upload(key)  # so that one that has it is found there
        return self._behind().splice(locator, key, offset, delete_length, data)

    def presigned_url(self, locator: str, seconds: int) -> str:
        """Return a URL of the object behind, which is there when this returns."""
        self._upload(locator)
        return self._behind().presigned_url(locator, seconds)

    def tier_of(self, locator: str) -> str:
        """Return the tier of an object behind."""
        return self._behind().tier_of(locator)

    def tier_for(self, traits: Traits) -> str:
        """Return where the storage behind wants an object."""
        return self._behind().tier_for(traits)

    def discard_unfinished(self, older_than: float) -> int:
        """Remove what interrupted calls left behind, here and there; copies look after themselves."""
        here = 0 if self._back is None else self._back.discard_unfinished(older_than)
        return here + self._behind().discard_unfinished(older_than)

    def folders(self) -> tuple[Path, ...]:
        """Return the cache's folder, and those of the storage behind."""
        behind = self._behind.opened
        return (self._folder, *(behind.folders() if behind else ()))

    def notes(self) -> Iterator[str]:
        """Yield how full the cache is, what waits, and what does not work."""
        copies, size = self._copies.room.usage()
        yield f"cache: {copies} copies ({size} bytes) of at most {format_size(self._max)} in {self._folder}"
        if self._copies.trouble:
            yield f"cache: no copies can be kept in {self._folder}: {self._copies.trouble}"
        if self._back is not None:
            yield from self._back.notes()
        behind = self._behind.opened
        if behind is not None:
            yield from behind.notes()
        else:
            yield "cache: the storage behind is out of reach"

    def close(self) -> None:
        """Upload what this process has put, if the storage behind works, and release both."""
        if self._back is not None:
            self._back.close()
        self._behind.close()

    def _claim(self, owner: Owner) -> None:
        try:
            owner.claim(self._copies.folder, lambda: WriteBack.has_left_some(self._folder))
        except OSError as error:
            if self._writes_back:
                raise storage_error(
                    error, f"storage cache {self._folder}: cannot make the folder, or tell whose it is"
                ) from error
            self._copies.give_up(error)

    def _waiting_bytes(self) -> int:
        return 0 if self._back is None else self._back.used

    def _waits(self, locator: str) -> bool:
        return self._back is not None and self._back.stat(locator) is not None

    def _upload(self, locator: str) -> None:
        if self._back is not None:
            self._back.upload(locator)

    @contextlib.contextmanager
    def _searching(self, locator: str) -> Iterator[None]:
        """Make sure that what was deleted is not found, and that what is not found is not there."""
        if self._back is None:
            yield
            return
        if self._back.is_deleted(locator):
            raise NotFoundError(f"storage: object {locator} was deleted")
        try:
            yield
        except NotFoundError:
            self._back.check()
            raise

    def _forget(self, locator: str) -> FileroomError | None:
        """Remove a copy; return why that is not possible, or None."""
        self._fills.forget(locator)
        error = self._copies.remove(locator)
        if error is None:
            return None
        failure = storage_error(error, f"storage cache {self._folder}: cannot remove the copy of an object")
        failure.__cause__ = error
        return failure

    def _delete_waiting(self, locator: str, failed: dict[str, FileroomError | None]) -> bool:
        """Delete an object if it waits; say whether nothing is left to do."""
        try:
            return self._back is not None and self._back.delete(locator)
        except NotFoundError:
            return False
        except StorageError as error:
            failed[locator] = error
            return True


def _check(behind: StorageCapabilities) -> None:
    if not behind.key_locators or behind.naming:
        raise ConfigError(
            "the storage behind chooses the locators of its objects when it gets them, so they cannot be "
            "told before: set it to false, or let that storage name objects by their keys",
            "storage.write_back",
        )
