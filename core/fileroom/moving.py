"""Moving bytes between the tiers of a storage.

A storage with tiers (`fileroom.storage.StorageCapabilities`) puts new objects where its rules want them.
`move` takes there what lies elsewhere: because the rules were changed, because it grew older, or because
somebody asks for it.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from fileroom._moving.copying import Moving
from fileroom._moving.looking import look
from fileroom._moving.report import MoveFailure, MoveProgress, MoveReport, TierTotals
from fileroom.errors import InvalidValueError, NotSupportedError
from fileroom.ingest import BATCH_BYTES, BATCH_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fileroom._moving.looking import Seen
    from fileroom.archive import Archive
    from fileroom.resources import Resource

__all__ = ["MoveFailure", "MoveProgress", "MoveReport", "TierTotals", "move"]


def move(
    archive: Archive,
    resources: Iterable[Resource | str] | None = None,
    *,
    to: str | None = None,
    dry_run: bool = False,
    progress: Callable[[MoveProgress], object] | None = None,
    on_failure: Callable[[MoveFailure], object] | None = None,
    stop: threading.Event | None = None,
) -> MoveReport:
    """Move attachments to the tiers where they belong.

    Each is copied under a new key, held against its recorded digest on the way, and read back; then the index
    notes where it lies, and then the old bytes are deleted. Revisions stay, and nothing is logged. Whoever
    stores, replaces, deletes or reads meanwhile need not know of it.

    What lies where it belongs is passed over, so a move that was interrupted goes on when it is run again.
    One attachment that cannot be moved is reported, and stays where it is; the rest goes on.

    Args:
        archive: where.
        resources: move what belongs to these, handles or public ids, and to all beneath them; None for all.
        to: the tier to move to; None goes by the storage's rules, and by the age of resources.
        dry_run: only count what would be moved.
        progress: called after each batch.
        on_failure: called with each failure when it is found.
        stop: when set, the batch under way is finished, and the report returned.

    Raises:
        NotSupportedError: the storage has no tiers, or the index cannot note where bytes were moved to.
        InvalidValueError: there is no such tier.
        NotFoundError: one of the resources is not there.
        StorageError: the copies could not be stored; run it again to go on.
        CatalogError: the index failed; likewise.
    """
    _check(archive, to)
    work = _Work(archive, MoveReport(dry_run=dry_run), progress, on_failure)
    if resources is None and progress is not None:
        work.total = archive.statistics().attachments
    stop = stop or threading.Event()
    for seen in look(archive, resources, to):
        if stop.is_set():
            work.report.interrupted = True
            break
        work.take(seen)
    else:
        work.flush()
    return work.finished()


class _Work:
    """One move: what waits for the next batch, and what is told."""

    def __init__(
        self,
        archive: Archive,
        report: MoveReport,
        progress: Callable[[MoveProgress], object] | None,
        on_failure: Callable[[MoveFailure], object] | None,
    ) -> None:
        self.report = report
        self.total: int | None = None
        self._moving = Moving(archive, report, self._fail)
        self._progress = progress
        self._on_failure = on_failure
        self._batch: list[Seen] = []
        self._size = 0
        self._looked_at = 0
        self._started = time.monotonic()

    def take(self, seen: Seen) -> None:
        """Take an attachment in."""
        report = self.report
        size = seen.record.stored_size
        if seen.trouble:
            self._fail(MoveFailure(seen.owner.id, seen.record.content_type, seen.trouble))
        elif seen.tier is None or seen.to is None:
            report.external += 1
        elif seen.tier == seen.to:
            report.kept += 1
            report.count(seen.tier, size)
        elif report.dry_run:
            report.moved += 1
            report.bytes += size
            report.count(seen.to, size)
        else:
            self._batch.append(seen)
            self._size += size
        self._looked_at += 1
        if len(self._batch) >= BATCH_OBJECTS or self._size >= BATCH_BYTES:
            self.flush()
        elif self._looked_at % BATCH_OBJECTS == 0:
            self._tell()

    def flush(self) -> None:
        """Move what waits."""
        batch, self._batch, self._size = self._batch, [], 0
        if batch:
            self._moving.move(batch)
        self._tell()

    def finished(self) -> MoveReport:
        """Return the report."""
        self.report.seconds = time.monotonic() - self._started
        return self.report

    def _fail(self, failure: MoveFailure) -> None:
        self.report.fail(failure)
        if self._on_failure is not None:
            self._on_failure(failure)

    def _tell(self) -> None:
        report = self.report
        if self._progress is not None:
            seconds = time.monotonic() - self._started
            self._progress(MoveProgress(report.done, self.total, report.moved, report.bytes, seconds))


def _check(archive: Archive, to: str | None) -> None:
    tiers = archive.storage.capabilities.tiers
    if not tiers:
        raise NotSupportedError(
            f"the storage {archive.config.storage.name!r} has no tiers to move between: "
            '[storage] backend = "tiered" keeps objects in several storages'
        )
    if not archive.index.capabilities.relocate:
        raise NotSupportedError(
            f"the index {archive.config.index.name!r} cannot note where bytes were moved to: "
            "'fileroom migrate' takes the archive to one that can, such as sqlite"
        )
    if to is not None and to not in tiers:
        raise InvalidValueError(f"there is no tier of this name; tiers are {', '.join(tiers)}")
