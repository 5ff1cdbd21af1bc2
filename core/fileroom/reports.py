"""What storing, importing, processing and deleting tell: outcomes, progress, reports."""

from __future__ import annotations

import enum
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom._spool import Spool
from fileroom.errors import FileroomError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.model import AttachmentRecord
    from fileroom.resources import Instance


class Status(enum.StrEnum):
    """What became of one object that was offered.

    ``STORED`` new; ``ALREADY_STORED`` the same bytes were there; ``REPLACED`` by policy; ``CONFLICT`` other
    bytes are there under the same identifiers, and were kept; ``REJECTED`` not taken, by an intervention
    or because it could not be read; ``QUARANTINED`` damaged, kept aside; ``IGNORED`` not a DICOM object.
    """

    STORED = "stored"
    ALREADY_STORED = "already_stored"
    REPLACED = "replaced"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"


IN_ARCHIVE = frozenset({Status.STORED, Status.ALREADY_STORED, Status.REPLACED})
"""The statuses after which the very bytes that were offered are in the archive, durably."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object.

    Attributes:
        status: see `Status`.
        name: where it came from, for example a path; empty for bytes.
        id: public id of the instance, None where there is none.
        reason: why, in words, for all that is not in the archive now.
        size: bytes offered, as far as they were counted.
        digest: digest of the bytes offered, empty where they were not read to the end.
        held_digest: digest of the bytes the archive holds under these identifiers.
        quarantine_id: what `fileroom quarantine retry` wants, for a quarantined object.
        instance: the instance, a lazy handle; only from `fileroom.Archive.store`.
    """

    status: Status
    name: str = ""
    id: str | None = None
    reason: str = ""
    size: int = 0
    digest: str = ""
    held_digest: str = ""
    quarantine_id: str | None = None
    instance: Instance | None = field(default=None, compare=False, repr=False)

    def check(self) -> Outcome:
        """Return the outcome itself if the bytes are in the archive now.

        Raises:
            RejectedError: they are not; the message holds status and reason.
        """
        if self.status not in IN_ARCHIVE:
            raise RejectedError(f"{self.status}: {self.reason}")
        return self


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is.

    Attributes:
        done: objects with an outcome.
        total: objects expected, None where that was not counted.
        bytes: bytes of the objects done.
        total_bytes: bytes expected, None where that was not counted.
        seconds: time since the start.
        counts: objects by status.
    """

    done: int
    total: int | None
    bytes: int
    total_bytes: int | None
    seconds: float
    counts: Mapping[Status, int]

    def __str__(self) -> str:
        """Write it as one line for people."""
        total = "" if self.total is None else f" of {self.total}"
        rate = self.done / self.seconds if self.seconds else 0.0
        return f"{self.done}{total} objects, {self.bytes / 1e6:.1f} MB, {rate:.0f}/s"


class IngestReport:
    """The outcomes of an import: counts by status, and every outcome, in the order they became durable.

    Iterating reads the outcomes back; they are spooled, so a report of millions stays small in memory.
    The integer attributes ``stored``, ``already_stored``, ``replaced``, ``conflict``, ``rejected``,
    ``quarantined`` and ``ignored`` count them.

    Attributes:
        counts: the outcomes by status.
        bytes: bytes offered.
        seconds: how long it took.
        evicted: instances that had to go for the quota, some of those perhaps that were stored just now.
        interrupted: whether it was told to stop before it was done.
    """

    stored: int
    already_stored: int
    replaced: int
    conflict: int
    rejected: int
    quarantined: int
    ignored: int

    def __init__(self) -> None:
        self.counts: dict[Status, int] = dict.fromkeys(Status, 0)
        self.bytes = 0
        self.seconds = 0.0
        self.evicted = 0
        self.interrupted = False
        self._lock = threading.Lock()
        self._outcomes: Spool[Outcome] = Spool()

    def add(self, outcome: Outcome) -> None:
        """Count and keep one outcome."""
        with self._lock:
            self.counts[outcome.status] += 1
            self.bytes += outcome.size
            self._outcomes.add(outcome)

    def __getattr__(self, name: str) -> int:
        """Return the count of a status by its name."""
        try:
            return self.counts[Status(name)]
        except ValueError:
            raise AttributeError(name) from None

    def __len__(self) -> int:
        """Return the number of outcomes."""
        return sum(self.counts.values())

    def __iter__(self) -> Iterator[Outcome]:
        """Yield every outcome."""
        return iter(self._outcomes)

    @property
    def failed(self) -> int:
        """Objects that were offered as DICOM and are not in the archive."""
        return self.conflict + self.rejected + self.quarantined

    def as_dict(self) -> dict[str, int | float]:
        """Return what ``import --json`` prints: the counts, ``evicted``, ``bytes`` and ``seconds``."""
        counts: dict[str, int | float] = {status.value: n for status, n in self.counts.items()}
        return {**counts, "evicted": self.evicted, "bytes": self.bytes, "seconds": round(self.seconds, 3)}

    def __repr__(self) -> str:
        """Show what is not zero."""
        counts = ", ".join(f"{status}={n}" for status, n in self.counts.items() if n)
        return f"<IngestReport {counts or 'empty'}>"


class IngestStoppedError(FileroomError):
    """An import had to stop: the storage or the index failed.

    What was acknowledged before stays stored; importing again takes up where it stopped.

    Attributes:
        report: the outcomes up to then.
    """

    def __init__(self, message: str, report: IngestReport) -> None:
        super().__init__(message)
        self.report = report


class ProcessFailure(enum.StrEnum):
    """Why a resource could not be processed.

    ``UNSUPPORTED`` the processor does nothing for such objects; ``DAMAGED`` the object is to blame; ``GONE``
    it is not there any more; ``OVERDUE`` it took longer than it may; ``FAILED`` anything else, which may not
    be so another time: the processor failed or brought its process down, or the object was replaced.
    """

    UNSUPPORTED = "unsupported"
    DAMAGED = "damaged"
    GONE = "gone"
    OVERDUE = "overdue"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Processed:
    """What became of one resource that a processor was run on.

    Attributes:
        id: its public id.
        attachments: what was attached to it; nothing at all is a valid answer.
        made: public ids of the instances that new objects became.
        failure: of what kind the reason is; None if it could be processed.
        reason: why it could not be processed; empty if it could.
    """

    id: str
    attachments: tuple[AttachmentRecord, ...] = ()
    reason: str = ""
    made: tuple[str, ...] = ()
    failure: ProcessFailure | None = None


class ProcessReport:
    """What running a processor on many resources did.

    Iterating yields what became of each, in the order in which they were done; it is spooled, so a report
    of millions stays small in memory.

    Attributes:
        processed: resources that could be processed.
        failed: resources that could not.
        skipped: resources that had already what was asked for, or that the processor had a part in making.
        attachments: attachments that were made.
        made: instances that were made.
        seconds: how long it took.
        interrupted: whether it was told to stop before it was done.
    """

    def __init__(self) -> None:
        self.processed = 0
        self.failed = 0
        self.skipped = 0
        self.attachments = 0
        self.made = 0
        self.seconds = 0.0
        self.interrupted = False
        self._all: Spool[Processed] = Spool()

    def add(self, one: Processed) -> None:
        """Count and keep what became of one resource."""
        if one.reason:
            self.failed += 1
        else:
            self.processed += 1
        self.attachments += len(one.attachments)
        self.made += len(one.made)
        self._all.add(one)

    def __len__(self) -> int:
        """Return the number of resources that could, or could not, be processed."""
        return self.processed + self.failed

    def __iter__(self) -> Iterator[Processed]:
        """Yield what became of each."""
        return iter(self._all)

    def __repr__(self) -> str:
        """Show the counts."""
        return f"<ProcessReport processed={self.processed}, failed={self.failed}, skipped={self.skipped}>"


class ProcessStoppedError(FileroomError):
    """Processing had to stop: the storage, the index, the processor or the executor failed.

    Attributes:
        report: what was done up to then.
    """

    def __init__(self, message: str, report: ProcessReport) -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True, slots=True)
class DeleteReport:
    """What a deletion removed.

    Attributes:
        removed: (level name, public id) of everything that is gone, children before parents.
        remaining: for each id asked for, the public id of the lowest ancestor that remains, or None.
        failed: locators whose bytes could not be deleted; they are orphans now, `fileroom sweep` takes them.
    """

    removed: tuple[tuple[str, str], ...]
    remaining: Mapping[str, str | None]
    failed: tuple[str, ...] = ()
