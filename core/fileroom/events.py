"""What event hooks receive and return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from fileroom.errors import InvalidValueError
from fileroom.index import CommitStatus
from fileroom.model import Header, check_label


@dataclass(frozen=True, slots=True)
class Incoming:
    """An object on its way in.

    Attributes:
        header: its identifiers and tags.
        size: its size in bytes, or None where that is not known before it is read.
        open: opens the whole object for reading; call it only when the header is not enough.
    """

    header: Header
    size: int | None
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Accept:
    """Let the object pass. Without labels, the same as returning None.

    Attributes:
        labels: what the instance is to be labelled with, in the transaction in which it is stored or
            replaced. Labels that it has stay. An object that is not taken, such as one that is there
            already, gets none.

    Raises:
        InvalidValueError: one of them cannot be a label.
    """

    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given: object = self.labels
        if isinstance(given, str):
            raise InvalidValueError("labels are a tuple of texts, not one text")
        for label in self.labels:
            check_label(label)


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the object: nothing of it is kept. The reason must not hold a patient's data."""

    reason: str


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Set the object aside with its reason, to be looked at and retried."""

    reason: str


@dataclass(frozen=True, slots=True)
class Replace:
    """Go on with these bytes instead: a whole DICOM file."""

    data: bytes


Decision: TypeAlias = "Accept | Reject | Quarantine | Replace"


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """One instance that was stored or replaced, by public id."""

    id: str
    status: CommitStatus
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """What one commit stored or replaced, in commit order; never empty."""

    stored: tuple[StoredInstance, ...]


@dataclass(frozen=True, slots=True)
class RemovedBatch:
    """What one removal removed, as (level, public id), children before parents; never empty."""

    removed: tuple[tuple[int, str], ...]
