"""The value objects that every layer shares: levels, public ids, records, changes, statistics.

All are frozen, hold no connection, and can be pickled.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from fileroom.errors import InvalidValueError, QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

TagValue: TypeAlias = "str | tuple[Mapping[str, str], ...]"
"""A DICOM value as the index holds it: decoded text (several values joined by a backslash, as in the
file), or, for a sequence, one mapping of keyword to text per item."""

_PUBLIC_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{8}){4}")
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Level(enum.IntEnum):
    """The four levels of the resource model, numbered as Orthanc numbers them."""

    PATIENT = 1
    STUDY = 2
    SERIES = 3
    INSTANCE = 4

    @classmethod
    def parse(cls, value: Level | str) -> Level:
        """Return the level meant by ``"study"``, ``"Studies"``, ``"IMAGE"`` or a `Level`.

        Raises:
            QueryError: the name is none of these.
        """
        if isinstance(value, Level):
            return value
        try:
            return _LEVEL_NAMES[value.lower()]
        except (KeyError, AttributeError):
            names = "patient, study, series, instance"
            raise QueryError(f"unknown level {value!r}: expected one of {names}") from None

    @property
    def label(self) -> str:
        """The level's name in lower case, for example ``"study"``."""
        return self.name.lower()

    @property
    def uid_keyword(self) -> str:
        """The DICOM keyword of the attribute that identifies a resource of this level (PS3.4 C.6.1.1)."""
        return _UID_KEYWORDS[self]


_LEVEL_NAMES = {
    "patient": Level.PATIENT,
    "patients": Level.PATIENT,
    "study": Level.STUDY,
    "studies": Level.STUDY,
    "series": Level.SERIES,
    "instance": Level.INSTANCE,
    "instances": Level.INSTANCE,
    "image": Level.INSTANCE,
}
_UID_KEYWORDS = {
    Level.PATIENT: "PatientID",
    Level.STUDY: "StudyInstanceUID",
    Level.SERIES: "SeriesInstanceUID",
    Level.INSTANCE: "SOPInstanceUID",
}


ARCHIVE_ID = "-".join(["00000000"] * 5)
"""Stands for the archive itself where it has attachments and metadata of its own, as resources have."""


def digest_to_public_id(digest: bytes) -> str:
    """Write 20 raw bytes as a public id: 40 hex digits in five groups of eight."""
    text = digest.hex()
    return f"{text[:8]}-{text[8:16]}-{text[16:24]}-{text[24:32]}-{text[32:]}"


def public_id_to_digest(public_id: str) -> bytes:
    """Read a public id back into its 20 raw bytes.

    Raises:
        ValueError: the text is not a public id.
    """
    if not _PUBLIC_ID.fullmatch(public_id):
        raise ValueError("not a public id: expected 40 hex digits in five groups of eight")
    return bytes.fromhex(public_id.replace("-", ""))


def is_public_id(text: str) -> bool:
    """Say whether text is written like a public id."""
    return _PUBLIC_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Identity:
    """The four identifiers of one SOP Instance, as they stand in the file without padding.

    The PatientID may be empty; the three UIDs may not (`fileroom.header` refuses such a file).
    """

    patient_id: str = field(repr=False)
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str

    def digest(self, level: Level) -> bytes:
        """Return the 20 raw bytes of the public id at a level.

        SHA-1 over the identifiers down to that level, joined by ``|``: the ids Orthanc computes, so
        that links into an Orthanc stay valid. It names a resource; it protects nothing.
        """
        parts = (self.patient_id, self.study_instance_uid, self.series_instance_uid, self.sop_instance_uid)
        text = "|".join(parts[:level])
        return hashlib.sha1(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).digest()

    def public_id(self, level: Level) -> str:
        """Return the public id at a level: 40 hex digits in five dash-separated groups."""
        return digest_to_public_id(self.digest(level))


@dataclass(frozen=True, slots=True)
class Header:
    """What one pass over the start of a DICOM file tells.

    Attributes:
        identity: the four identifiers.
        sop_class_uid: SOP Class UID, or empty where the file has none.
        transfer_syntax_uid: from the file meta information; without one, what the data set looks like.
        tags: keyword to decoded value, for the attributes of the `fileroom.tags.TagSet` that the file has.
        pixel_data_offset: byte offset of the pixel data element's tag, or None where there is none or the
            data set is deflated.
    """

    identity: Identity
    sop_class_uid: str
    transfer_syntax_uid: str
    tags: Mapping[str, TagValue] = field(repr=False)
    pixel_data_offset: int | None = None


@dataclass(frozen=True, slots=True)
class AttachmentRecord:
    """One attachment: bytes owned by one resource under a content type.

    Attributes:
        content_type: 0..65535; below 1024 ours, from 1024 on the user's (`fileroom.content_types`).
        uuid: the storage key the bytes were put under, a UUID in its usual 36 characters.
        size: plain size in bytes.
        digest: ``"md5:<hex>"`` (or another algorithm's name) of the plain bytes. It finds rot; it is no
            security claim. Empty where it is not known: another program stored the bytes, and an index that
            took its record over has not read them.
        locator: what the storage returned; only the storage understands it.
        stored_size: size at rest in bytes; differs from ``size`` where a codec compressed.
        stored_digest: digest of the bytes at rest.
        codec: name of the codec that wrote the bytes at rest, ``"none"`` without one.
        revision: 1 for the first version, raised by one at each replacement.
    """

    content_type: int
    uuid: str
    size: int
    digest: str
    locator: str
    stored_size: int
    stored_digest: str
    codec: str = "none"
    revision: int = 1

    def is_copy_of(self, other: AttachmentRecord) -> bool:
        """Say whether both tell of the same bytes, stored alike, wherever they lie and whatever the revision.

        Where no digest is known nobody can tell, and the answer is no.
        """
        alike = replace(self, uuid=other.uuid, locator=other.locator, revision=other.revision) == other
        return alike and bool(self.stored_digest)


@dataclass(frozen=True, slots=True)
class Metadata:
    """One metadata value and its revision (1 for the first, raised by one at each change)."""

    value: str
    revision: int = 1


def check_label(label: str) -> None:
    """Make sure that a text can be a label.

    Raises:
        InvalidValueError: it cannot.
    """
    if not _LABEL.fullmatch(label):
        raise InvalidValueError("a label has 1 to 64 letters, digits, '-' or '_'")


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """One resource as the index returns it.

    Attributes:
        id: public id.
        level: the resource's level.
        uid: PatientID, or the Study, Series or SOP Instance UID.
        tags: the level's own tags: keyword to raw value, main tags and extra tags.
        parent: the record one level up, None for a patient. Siblings may share it.
        computed: the computed attributes that the query asked for (``NumberOfStudyRelatedSeries``…).
        received: when the first bytes of the resource were committed, in UTC.
    """

    id: str
    level: Level
    uid: str = field(repr=False)
    tags: Mapping[str, TagValue] = field(repr=False)
    parent: ResourceRecord | None
    received: datetime
    computed: Mapping[str, str] = field(default_factory=dict, repr=False)

    def all_tags(self) -> dict[str, TagValue]:
        """Return the tags of this resource and of those above it; the resource's own win."""
        above = self.parent.all_tags() if self.parent else {}
        return {**above, **self.tags, **self.computed}


class ChangeType(enum.IntEnum):
    """What a change reports. Numbers below 17 are Orthanc's; the others are ours."""

    NEW_INSTANCE = 2
    NEW_PATIENT = 3
    NEW_SERIES = 4
    NEW_STUDY = 5
    UPDATED_ATTACHMENT = 15
    UPDATED_METADATA = 16
    UPDATED_LABELS = 17
    REPLACED_INSTANCE = 18
    DELETED = 19

    @property
    def label(self) -> str:
        """The type's name as the command line and JSON write it, for example ``"NewInstance"``."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @classmethod
    def parse(cls, value: ChangeType | str) -> ChangeType:
        """Return the type meant by a `ChangeType` or its label, in any case.

        Raises:
            QueryError: there is no such type.
        """
        if isinstance(value, ChangeType):
            return value
        for member in cls:
            if member.label.lower() == value.lower():
                return member
        known = ", ".join(member.label for member in cls)
        raise QueryError(f"unknown change type {value!r}: expected one of {known}")


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change log. It outlives the resource it speaks of."""

    sequence: int
    type: ChangeType
    level: Level
    id: str
    date: datetime


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A stretch of the change log, oldest first.

    Attributes:
        changes: in strictly increasing sequence.
        last: the sequence to pass as ``since`` next time.
        done: True when nothing newer was there at the time of reading.
    """

    changes: tuple[Change, ...]
    last: int
    done: bool

    def __iter__(self) -> Iterator[Change]:
        """Yield the changes."""
        return iter(self.changes)

    def __len__(self) -> int:
        """Count the changes."""
        return len(self.changes)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Totals, kept up to date by every commit: reading them costs no scan.

    ``bytes`` counts the plain and ``stored_bytes`` the stored bytes of all attachments.
    """

    patients: int
    studies: int
    series: int
    instances: int
    attachments: int
    bytes: int
    stored_bytes: int
