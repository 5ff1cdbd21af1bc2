"""What a migration tells: progress, differences, and the report of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that source and target do not have in common. It holds no value of a patient's.

    Attributes:
        id: the resource's public id, or `fileroom.model.ARCHIVE_ID`; empty for what belongs to the whole.
        level: the resource's level by name, ``"archive"`` for the archive itself, or empty.
        what: ``"resource"`` (missing in the target, or only there), ``"bytes"`` (of an attachment that cannot
            be copied), ``"conflict"`` (other bytes are in the target), ``"tag"``, ``"computed"``,
            ``"received"``, ``"attachment"``, ``"metadata"``, ``"labels"``, ``"statistics"`` or ``"changes"``.
        name: which of them: a DICOM keyword, the number of a content type, the name of metadata, of a total,
            the sequence of a change; empty where there is only one.
        reason: in words.
    """

    id: str
    level: str
    what: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class MigrationProgress:
    """How far a migration is.

    Attributes:
        phase: ``"copying"``, which counts instances, ``"following"``, which counts changes, or
            ``"comparing"``, which counts all resources.
        done: how many are done.
        total: how many there are to do; 0 where nobody can tell.
        bytes: bytes copied so far.
        seconds: time since the phase began.
    """

    phase: str
    done: int
    total: int
    bytes: int
    seconds: float


class MigrationReport:
    """What a migration did, and every `Difference` that it found, which iterating yields.

    The differences are spooled: millions of them take no memory.

    Attributes:
        instances: instances copied.
        present: instances whose bytes were in the target already.
        conflicts: instances of which the target has other bytes, which stay; nothing of them was copied.
        lost: attachments whose bytes cannot be read from the source, or are not those that were recorded;
            an instance is left out if that is its DICOM file.
        attachments: attachments copied, DICOM files of instances not counted.
        bytes: bytes of instances and attachments copied.
        changes: changes carried over.
        compared: resources of the source that were looked for in the target.
        seconds: how long it took.
        dry_run: whether nothing was done: what would be is counted, and nothing was compared.
        interrupted: whether it was told to stop; nothing was compared then.
    """

    def __init__(self, *, dry_run: bool = False) -> None:
        self.instances = 0
        self.present = 0
        self.conflicts = 0
        self.lost = 0
        self.attachments = 0
        self.bytes = 0
        self.changes = 0
        self.compared = 0
        self.seconds = 0.0
        self.dry_run = dry_run
        self.interrupted = False
        self._differences: Spool[Difference] = Spool()

    def add(self, difference: Difference) -> None:
        """Keep a difference."""
        self._differences.add(difference)

    def adopt(self, other: MigrationReport) -> None:
        """Take over what another report of the same migration compared and found."""
        self.compared = other.compared
        for difference in other:
            self.add(difference)

    @property
    def differences(self) -> int:
        """The number of differences."""
        return len(self._differences)

    def __iter__(self) -> Iterator[Difference]:
        """Yield every difference."""
        return iter(self._differences)

    def as_dict(self) -> dict[str, int | float | bool]:
        """Return the counts, ``differences`` among them, as ``fileroom migrate --json`` prints them."""
        return {
            "instances": self.instances,
            "present": self.present,
            "conflicts": self.conflicts,
            "lost": self.lost,
            "attachments": self.attachments,
            "bytes": self.bytes,
            "changes": self.changes,
            "compared": self.compared,
            "differences": self.differences,
            "seconds": round(self.seconds, 3),
            "dry_run": self.dry_run,
            "interrupted": self.interrupted,
        }

    def __repr__(self) -> str:
        """Show what is not zero."""
        counts = ", ".join(f"{name}={count}" for name, count in self.as_dict().items() if count)
        return f"<MigrationReport {counts or 'empty'}>"
