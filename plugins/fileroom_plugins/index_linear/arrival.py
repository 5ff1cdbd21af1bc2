"""How resources come into being: from an entry, or from a record that another program wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.model import ChangeType, Level
from fileroom_plugins.index_linear.tables import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fileroom.model import AttachmentRecord, Header, Identity, ResourceRecord, TagValue
    from fileroom.plugin import TagSet
    from fileroom_plugins.index_linear.tables import Tables

DICOM = 1
"""Content type of the DICOM file."""

_NEW = {
    Level.PATIENT: ChangeType.NEW_PATIENT,
    Level.STUDY: ChangeType.NEW_STUDY,
    Level.SERIES: ChangeType.NEW_SERIES,
    Level.INSTANCE: ChangeType.NEW_INSTANCE,
}


class Arrivals:
    """Makes rows of what arrives.

    Args:
        tables: where they go.
        tags: the tags to keep.
        logged: whether to log what is new.
    """

    def __init__(self, tables: Tables, tags: TagSet, *, logged: bool = True) -> None:
        self._tables = tables
        self._logged = logged
        self._keywords = {level: [spec.keyword for spec in tags.levels[level]] for level in Level}

    def tags(self, header: Header, level: Level) -> dict[str, TagValue]:
        """Return the tags of a level that are kept, and the level's identifier."""
        return self._kept(header.tags, level, uid_of(header.identity, level))

    def _kept(self, given: Mapping[str, TagValue], level: Level, uid: str) -> dict[str, TagValue]:
        tags = {keyword: given[keyword] for keyword in self._keywords[level] if keyword in given}
        tags[level.uid_keyword] = uid
        return tags

    def add(
        self,
        header: Header,
        file: AttachmentRecord,
        received: datetime,
        *,
        stamp: int = 0,
        partial: bool = False,
        above: Callable[[Level], ResourceRecord | None] = lambda _: None,
    ) -> Row:
        """Add an instance, with whatever of its series, study and patient is not there yet.

        Args:
            header: what is known of it, and of these.
            file: its DICOM file.
            received: when it was.
            stamp: see `fileroom.index.Entry`.
            partial: see `Row`.
            above: what another index says of series, study and patient, if one does.
        """
        tables = self._tables
        missing = [(Level.INSTANCE, header.identity.public_id(Level.INSTANCE))]
        parent: str | None = None
        for level in (Level.SERIES, Level.STUDY, Level.PATIENT):
            id_ = header.identity.public_id(level)
            if id_ in tables.rows:
                parent = id_
                break
            missing.append((level, id_))
        for level, id_ in reversed(missing):
            uid, said = uid_of(header.identity, level), above(level)
            row = Row(
                id_,
                level,
                uid,
                self._kept(said.tags if said else header.tags, level, uid),
                parent,
                tables.next_number(),
                said.received if said else received,
                partial=partial,
            )
            if level is Level.INSTANCE:
                row = row._replace(sop_class_uid=header.sop_class_uid, stamp=stamp, attachments={DICOM: file})
            tables.put(row)
            if self._logged:  # what another program received is logged with the time of that
                tables.log(_NEW[level], row, received if partial else None)
            parent = id_
        return row


def uid_of(identity: Identity, level: Level) -> str:
    """Return the identifier of a level."""
    return (
        identity.patient_id,
        identity.study_instance_uid,
        identity.series_instance_uid,
        identity.sop_instance_uid,
    )[level - 1]
