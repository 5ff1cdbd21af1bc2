"""Moving a batch: bytes durable and read back, then the index, and only then the old bytes go.

Dying after the first step leaves copies that nothing points at, and after the second one the old bytes: a
sweep takes either, and no death leaves a row without its bytes.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._migrating.reading import Item, LostError, Reader
from fileroom._moving.report import MoveFailure
from fileroom.content_types import DICOM
from fileroom.digests import digest_of
from fileroom.errors import NotFoundError, StorageError
from fileroom.header import HeaderReader
from fileroom.index import Relocation
from fileroom.ingest import still_there
from fileroom.keys import attachment_key, batch_keys, naming_of
from fileroom.model import Level
from fileroom.storage import PutItem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fileroom._moving.looking import Seen
    from fileroom._moving.report import MoveReport
    from fileroom.archive import Archive
    from fileroom.storage import Stored

_READERS = 8
"""So many objects are read at a time: what waits for a server overlaps."""


@dataclass(slots=True, eq=False)
class _Copy:
    """An attachment on its way.

    Attributes:
        seen: what is to be moved, and where to.
        item: its bytes.
        key: the key that the copy is put under.
        locator: where the copy is, once it is there.
    """

    seen: Seen
    item: Item
    key: str = ""
    locator: str = ""


class Moving:
    """Moves batches of attachments, and notes what became of them.

    Args:
        archive: where.
        report: where that is counted.
        fail: hears of each failure.
    """

    def __init__(self, archive: Archive, report: MoveReport, fail: Callable[[MoveFailure], object]) -> None:
        self._archive = archive
        self._report = report
        self._tell = fail
        self._reader = Reader(
            archive.storage, HeaderReader(archive.header_tags), archive.config.ingest.digest
        )

    def move(self, batch: Sequence[Seen]) -> None:
        """Move attachments that lie elsewhere than they belong.

        Raises:
            StorageError: the copies could not be stored; nothing of this batch was moved.
            CatalogError: the index failed; what it has not noted was not moved.
        """
        started = time.time()
        storage = self._archive.storage
        with ThreadPoolExecutor(_READERS, "fileroom-move") as pool:
            copies = [copy for copy in pool.map(self._loaded, batch) if copy is not None]
            # 1  Bytes, durable when this returns, and read back: what is deleted below must be there twice.
            copies = self._put(copies)
            wrong = dict(zip(copies, pool.map(self._trouble, copies), strict=True))
        good = [copy for copy in copies if not wrong[copy]]
        still_there(storage, [copy.locator for copy in good], started)
        # 2  The commit point: from here on the index speaks of the copies.
        moved = self._archive.index.relocate(list(map(_relocation, good)))
        # 3  Bytes that nothing points at: the old ones, or copies of what somebody else was quicker with.
        done = dict(zip(good, moved, strict=True))
        left = [copy.seen.record.locator if done.get(copy) else copy.locator for copy in copies]
        if left:
            self._report.orphans += sum(one.error is not None for one in storage.delete(left))
        for copy in copies:
            if wrong[copy]:
                self._fail(copy.seen, wrong[copy])
            elif done[copy]:
                self._count(copy)
            else:
                self._report.changed += 1

    def _loaded(self, seen: Seen) -> _Copy | None:
        """Return the bytes of a small attachment, and what a storage may name a DICOM file by."""
        named = self._archive.storage.capabilities.naming and _is_file(seen)
        try:
            return _Copy(seen, self._reader.load(seen.owner, seen.record, instance=named))
        except LostError as error:
            self._lose(seen, error.reason)
            return None

    def _put(self, copies: Sequence[_Copy]) -> list[_Copy]:
        """Put copies in one call, or one by one if one of them cannot be read; return those that were put."""
        try:
            return self._put_all(copies)
        except LostError:
            pass
        put = []
        for copy in copies:
            try:
                put += self._put_all([copy])
            except LostError as error:
                self._lose(copy.seen, error.reason)
        return put

    def _put_all(self, copies: Sequence[_Copy]) -> list[_Copy]:
        keys = iter(batch_keys(len(copies)))
        for copy in copies:
            copy.key = next(keys) if _is_file(copy.seen) else attachment_key()
        stored: list[Stored] = self._archive.storage.put_many(list(map(self._put_item, copies)))
        for copy, one in zip(copies, stored, strict=True):
            copy.locator = one.locator
        return list(copies)

    def _put_item(self, copy: _Copy) -> PutItem:
        seen, item = copy.seen, copy.item
        return PutItem(
            copy.key,
            self._reader.pieces(item) if item.data is None else item.data,
            naming_of(item.header) if item.header else {},
            seen.owner.level,
            seen.record.content_type,
            seen.record.stored_size,
            seen.to,
        )

    def _trouble(self, copy: _Copy) -> str:
        """Read a copy back; return what is wrong with it, or nothing."""
        expected = copy.item.digest
        try:
            with self._archive.storage.open(copy.locator) as file:
                found = digest_of(file, expected.partition(":")[0])
        except (NotFoundError, StorageError) as error:
            return f"the copy cannot be read back, and was deleted: {error}"
        return "" if found == expected else f"the copy has {found}, {expected} was written; it was deleted"

    def _lose(self, seen: Seen, reason: str) -> None:
        """Note that bytes cannot be read, unless that is because they are not there any more."""
        details = self._archive.index.details([seen.owner.id])[0]
        files = details.attachments if details else ()
        if any(one.locator == seen.record.locator for one in files):
            self._fail(seen, reason)
        else:
            self._report.changed += 1

    def _fail(self, seen: Seen, reason: str) -> None:
        self._tell(MoveFailure(seen.owner.id, seen.record.content_type, reason))
        if seen.tier is not None:
            self._report.count(seen.tier, seen.record.stored_size)

    def _count(self, copy: _Copy) -> None:
        assert copy.seen.to is not None
        self._report.moved += 1
        self._report.bytes += copy.seen.record.stored_size
        self._report.count(copy.seen.to, copy.seen.record.stored_size)


def _is_file(seen: Seen) -> bool:
    """Say whether an attachment is the DICOM file of an instance."""
    return seen.owner.level is Level.INSTANCE and seen.record.content_type == DICOM.number


def _relocation(copy: _Copy) -> Relocation:
    record = copy.seen.record
    return Relocation(copy.seen.owner.id, record.content_type, record.locator, copy.locator, copy.key)
