"""What a move tells: progress, failures, and the report of both."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from fileroom._spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class MoveFailure:
    """An attachment that is not where it belongs, and could not be moved. It holds no value of a patient's.

    Attributes:
        id: the resource's public id.
        content_type: the attachment's.
        reason: in words.
    """

    id: str
    content_type: int
    reason: str


@dataclass(frozen=True, slots=True)
class MoveProgress:
    """How far a move is.

    Attributes:
        done: attachments looked at, those moved included.
        total: how many there are; None where that was not counted.
        moved: attachments moved so far.
        bytes: bytes moved so far.
        seconds: time since the start.
    """

    done: int
    total: int | None
    moved: int
    bytes: int
    seconds: float


@dataclass(slots=True)
class TierTotals:
    """What lies in a tier.

    Attributes:
        attachments: how many.
        bytes: how many bytes those have at rest.
    """

    attachments: int = 0
    bytes: int = 0


class MoveReport:
    """What a move did, and every `MoveFailure`, which iterating yields.

    The failures are spooled: millions of them take no memory.

    Attributes:
        moved: attachments moved.
        bytes: bytes moved, at rest.
        kept: attachments that lay where they belong.
        external: files registered where they lie, which stay there.
        changed: attachments that somebody replaced, deleted or moved meanwhile; the next run sees to them.
        orphans: objects that could not be deleted behind a move; `fileroom sweep` takes them.
        tiers: what lies in each tier now, as far as it was looked at.
        seconds: how long it took.
        dry_run: whether nothing was done: what would be is counted, ``tiers`` too.
        interrupted: whether it was told to stop before it was done.
    """

    def __init__(self, *, dry_run: bool = False) -> None:
        self.moved = 0
        self.bytes = 0
        self.kept = 0
        self.external = 0
        self.changed = 0
        self.orphans = 0
        self.tiers: dict[str, TierTotals] = {}
        self.seconds = 0.0
        self.dry_run = dry_run
        self.interrupted = False
        self._failures: Spool[MoveFailure] = Spool()

    @property
    def failed(self) -> int:
        """The number of failures."""
        return len(self._failures)

    @property
    def done(self) -> int:
        """The number of attachments looked at."""
        return self.moved + self.kept + self.external + self.changed + self.failed

    def fail(self, failure: MoveFailure) -> None:
        """Keep a failure."""
        self._failures.add(failure)

    def count(self, tier: str, size: int) -> None:
        """Count an attachment of so many bytes that lies in a tier."""
        totals = self.tiers.setdefault(tier, TierTotals())
        totals.attachments += 1
        totals.bytes += size

    def __iter__(self) -> Iterator[MoveFailure]:
        """Yield every failure."""
        return iter(self._failures)

    def as_dict(self) -> dict[str, object]:
        """Return what ``fileroom move --json`` prints of it: counts, and totals by tier."""
        return {
            "moved": self.moved,
            "bytes": self.bytes,
            "kept": self.kept,
            "external": self.external,
            "changed": self.changed,
            "failed": self.failed,
            "orphans": self.orphans,
            "tiers": {tier: asdict(totals) for tier, totals in self.tiers.items()},
            "seconds": round(self.seconds, 3),
            "dry_run": self.dry_run,
            "interrupted": self.interrupted,
        }

    def __repr__(self) -> str:
        """Show what is not zero."""
        counts = ", ".join(f"{name}={count}" for name, count in self.as_dict().items() if count)
        return f"<MoveReport {counts or 'empty'}>"
