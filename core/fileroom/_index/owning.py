"""What attachments, metadata and labels belong to: a resource, or the archive itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from fileroom.model import ARCHIVE_ID, ResourceRecord


@dataclass(frozen=True, slots=True)
class ArchiveItself:
    """Stands where the record of a resource does for what belongs to none.

    Attributes:
        id: `fileroom.model.ARCHIVE_ID`.
        level: none, since the archive is above them all.
    """

    id: str = ARCHIVE_ID
    level: None = None


Owner: TypeAlias = ResourceRecord | ArchiveItself


def level_name(owner: Owner) -> str:
    """Return the name of an owner's level, ``"archive"`` for the archive itself."""
    return "archive" if owner.level is None else owner.level.label
