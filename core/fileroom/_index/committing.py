"""What is committed to an index, and what comes of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fileroom.model import AttachmentRecord, Header, ResourceRecord
from fileroom.storage import is_external

if TYPE_CHECKING:
    from fileroom.model import Level


class Overwrite(enum.StrEnum):
    """What a commit does with an instance whose four identifiers are there already.

    ``NEVER`` keeps what is there, ``ALWAYS`` replaces it, ``IF_CHANGED`` replaces it when the digests differ.
    """

    NEVER = "never"
    ALWAYS = "always"
    IF_CHANGED = "if-changed"

    def replaces(self, old: AttachmentRecord, new: AttachmentRecord) -> bool:
        """Say whether the DICOM file of an instance gives way to another under this policy.

        A file that was registered where it lies gives way to one of the same digest that the storage keeps:
        what is imported is the archive's own from then on.
        """
        if old.digest != new.digest:
            return self is not Overwrite.NEVER
        return self is Overwrite.ALWAYS or (is_external(old.locator) and not is_external(new.locator))


class CommitStatus(enum.StrEnum):
    """What became of one entry."""

    STORED = "stored"
    ALREADY_STORED = "already_stored"
    REPLACED = "replaced"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Entry:
    """One instance to commit: its header, and its DICOM file as the storage has it.

    Attributes:
        header: identifiers and tags. Tags that the index was not opened with are ignored.
        attachment: the record of the DICOM file (content type 1), already durable in the storage; its
            ``revision`` is ignored, the index counts.
        stamp: fingerprint of where the bytes came from (path, size, time of change), so that an import can
            skip, on its next run, what it knows; 0 for none, and always below 2 to the 63rd.
        received: when it was received, in UTC, if that was not now: a migration keeps it. What comes into
            being with the instance takes it over; one that is there already keeps its own.
        parent: its series as another index has it, if a migration keeps that. Where series, study and patient
            come into being with the instance, they take tags and time of receipt from this record and those
            above it, instead of from the header and from ``received``.
        new: not reviewed yet, for an index that keeps this (``dcmqridx -n``).
        labels: what the instance is to be labelled with.

    An index without the capability ``history`` need not heed ``received`` and ``parent``.
    """

    header: Header
    attachment: AttachmentRecord
    stamp: int = 0
    received: datetime | None = None
    parent: ResourceRecord | None = None
    new: bool = True
    labels: tuple[str, ...] = ()

    def above(self, level: Level) -> ResourceRecord | None:
        """Return what ``parent`` says of the series, study or patient; None where it says nothing."""
        record = self.parent
        while record is not None and record.level is not level:
            record = record.parent
        return record


@dataclass(frozen=True, slots=True)
class Committed:
    """The outcome of one entry.

    Attributes:
        status: what was done.
        id: the instance's public id.
        digest: the digest of the DICOM file that the index points at after this entry.
        garbage: locators to delete from the storage, now that the transaction is durable, in any order.
    """

    status: CommitStatus
    id: str
    digest: str
    garbage: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What the index holds of an instance: the digest of its DICOM file, and the stamp of its source.

    The digest is known here even where an attachment's record leaves it empty: the index finds out. It may
    note that in the record once it is sure that the file is this instance's, for a file whose digest is
    recorded is opened without a look (`fileroom.opening`).
    ``external`` says that the file was registered where it lies.
    """

    digest: str
    stamp: int
    external: bool = False
