"""What the steps of one migration share."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fileroom._index.owning import level_name
from fileroom._migrating.report import Difference, MigrationProgress
from fileroom.maintenance import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fileroom._index.owning import Owner
    from fileroom._migrating.report import MigrationReport
    from fileroom.archive import Archive
    from fileroom.index import Index
    from fileroom.model import Level, ResourceRecord
    from fileroom.query import Query


@dataclass(slots=True)
class Job:
    """One migration.

    Attributes:
        source: the archive to read.
        target: the archive to fill.
        drop: what is not carried over.
        carries_log: whether the change log is; where it is not, the target logs what arrives.
        logged: the last sequence of the source's log that the target has.
        unknown: keywords that the source does not know of all its resources, by level.
        report: what is told in the end.
        on_difference: hears of each difference.
        progress: hears how far it is.
        stop: when set, the batch under way is the last.
        suspects: None where the source stands still. Where it lives on, public ids of resources that could
            not be copied: they may have been replaced or deleted meanwhile, and are looked at again.
        settled: marks of what was reported already, and need not be found again by comparing.
        lock: held while something is reported: batches are read in one thread and stored in another.
    """

    source: Archive
    target: Archive
    drop: frozenset[str]
    carries_log: bool
    logged: int
    unknown: Mapping[Level, frozenset[str]]
    report: MigrationReport
    on_difference: Callable[[Difference], object] | None
    progress: Callable[[MigrationProgress], object] | None
    stop: threading.Event
    suspects: set[str] | None = None
    settled: set[bytes] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def differ(self, owner: Owner | None, what: str, name: str, reason: str) -> None:
        """Report a difference, of one resource, of the archive itself, or of the whole."""
        id_, level = (owner.id, level_name(owner)) if owner else ("", "")
        difference = Difference(id_, level, what, name, reason)
        with self.lock:
            self.report.add(difference)
            if self.on_difference is not None:
                self.on_difference(difference)

    def adopt(self, found: MigrationReport) -> None:
        """Report what was found by comparing, now that it is final."""
        self.report.adopt(found)
        if self.on_difference is not None:
            for difference in found:
                self.on_difference(difference)

    def conflict(self, record: ResourceRecord) -> None:
        """Report an instance of which the target has other bytes."""
        if self._is_suspect(record):
            return
        self.report.conflicts += 1
        self.settled.add(_mark(record, None))
        self.differ(record, "conflict", "", "the target has other bytes, which were kept")

    def lose(self, owner: Owner, content_type: int, reason: str, *, instance: bool) -> None:
        """Report an attachment that cannot be copied; of an ``instance``, its DICOM file."""
        if self._is_suspect(owner):
            return
        with self.lock:
            self.report.lost += 1
        self.settled.add(_mark(owner, None if instance else content_type))
        self.differ(owner, "bytes", str(content_type), reason)

    def _is_suspect(self, owner: Owner) -> bool:
        """Say whether a resource is to be looked at again before anything is reported."""
        if self.suspects is None:
            return False
        with self.lock:
            self.suspects.add(owner.id)
        return True

    def is_settled(self, owner: Owner, content_type: int | None = None) -> bool:
        """Say whether comparing is to pass over a resource, or one of its attachments."""
        return _mark(owner, content_type) in self.settled

    def counter(self, phase: str, total: int) -> Callable[[int], None]:
        """Return what to call with the number of things done since the last call."""
        started = time.monotonic()
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            if self.progress is not None:
                seconds = time.monotonic() - started
                self.progress(MigrationProgress(phase, done, total, self.report.bytes, seconds))

        return count


def _mark(owner: Owner, content_type: int | None) -> bytes:
    return mark(owner.id if content_type is None else f"{owner.id} {content_type}")


def pages(index: Index, query: Query) -> Iterator[tuple[ResourceRecord, ...]]:
    """Yield all answers to a query, page by page."""
    cursor: str | None = None
    while True:
        page = index.find(replace(query, cursor=cursor))
        yield page.records
        cursor = page.cursor
        if cursor is None:
            return
