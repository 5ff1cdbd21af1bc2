"""`Index.commit`, `Index.restore` and `Index.refresh` on the tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fileroom.index import CommitStatus, Committed, Overwrite
from fileroom.model import ChangeType, Level
from fileroom_plugins.index_linear.arrival import DICOM, Arrivals
from fileroom_plugins.index_linear.showing import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom.index import Details, Entry
    from fileroom.model import Change, Header
    from fileroom.plugin import TagSet
    from fileroom_plugins.index_linear.paths import Paths
    from fileroom_plugins.index_linear.tables import Row, Tables

FIRST_USER_TYPE = 1024


class Committing:
    """One transaction in which instances arrive.

    Args:
        tables: the tables, within a transaction.
        tags: the tags to keep.
        paths: where files lie, to find out digests that nobody knows yet.
        restoring: whether these come from another index: nothing is logged then, and revisions stay.

    Attributes:
        wanted: what ``index.dat`` is to show now, by id.
    """

    def __init__(self, tables: Tables, tags: TagSet, paths: Paths, *, restoring: bool = False) -> None:
        self._tables = tables
        self._paths = paths
        self._restoring = restoring
        self._arrivals = Arrivals(tables, tags, logged=not restoring)
        self.wanted: dict[str, Wanted] = {}

    def commit(self, entries: Sequence[Entry], overwrite: Overwrite) -> list[Committed]:
        """Commit entries in order; see `fileroom.index.Index.commit`."""
        outcomes = [self._commit(entry, overwrite) for entry in entries]
        return [
            replace(outcome, garbage=self._tables.garbage(outcome.garbage)) if outcome.garbage else outcome
            for outcome in outcomes
        ]

    def _commit(self, entry: Entry, overwrite: Overwrite) -> Committed:
        digest = entry.attachment.digest
        id_ = entry.header.identity.public_id(Level.INSTANCE)
        held = self._tables.rows.get(id_)
        if held is None:
            file = entry.attachment if self._restoring else replace(entry.attachment, revision=1)
            received = entry.received or datetime.now(UTC)
            row = self._arrivals.add(entry.header, file, received, stamp=entry.stamp, above=entry.above)
            self._label(row, entry)
            self._want(entry, id_, received)
            return Committed(CommitStatus.STORED, id_, digest)
        file = held.attachments[DICOM]
        old = self._known(held, digest.partition(":")[0])
        lost = not file.digest and self._paths.is_lost(file.locator)
        if lost or overwrite.replaces(replace(file, digest=old), entry.attachment):
            return self._replace(held, entry)
        unchanged = old == digest
        if unchanged:
            self._confirm(held, entry)
        status = CommitStatus.ALREADY_STORED if unchanged else CommitStatus.CONFLICT
        return Committed(status, id_, old, (entry.attachment.locator,))

    def _known(self, held: Row, algorithm: str) -> str:
        """Return the digest of what is held, found out if nobody knows it."""
        file = held.attachments[DICOM]
        return file.digest or self._paths.digest(file.locator, algorithm)

    def _confirm(self, held: Row, entry: Entry) -> None:
        """Keep what equal bytes tell: the stamp of their source, and that what is held is this instance."""
        file, digest = held.attachments[DICOM], entry.attachment.digest
        known = file if file.digest else replace(file, digest=digest, stored_digest=digest)
        row = held._replace(stamp=entry.stamp or held.stamp, attachments={**held.attachments, DICOM: known})
        if row != held:
            self._tables.put(row)

    def _replace(self, held: Row, entry: Entry) -> Committed:
        old = held.attachments
        file = replace(entry.attachment, revision=old[DICOM].revision + 1)
        kept = {number: each for number, each in old.items() if number >= FIRST_USER_TYPE}
        row = held._replace(
            tags=self._arrivals.tags(entry.header, Level.INSTANCE),
            sop_class_uid=entry.header.sop_class_uid,
            stamp=entry.stamp,
            attachments={DICOM: file, **kept},
            partial=False,
        )
        self._tables.put(row)
        self._tables.log(ChangeType.REPLACED_INSTANCE, row)
        self._label(row, entry)
        self._want(entry, row.id, datetime.now(UTC))
        garbage = tuple(each.locator for number, each in old.items() if number < FIRST_USER_TYPE)
        return Committed(CommitStatus.REPLACED, row.id, file.digest, garbage)

    def _label(self, row: Row, entry: Entry) -> None:
        if not row.labels.issuperset(entry.labels):
            row = row._replace(labels=row.labels.union(entry.labels))
            self._tables.put(row)
            if not self._restoring:
                self._tables.log(ChangeType.UPDATED_LABELS, row)

    def _want(self, entry: Entry, id_: str, recorded: datetime) -> None:
        self.wanted[id_] = Wanted(entry.header, float(int(recorded.timestamp())), new=entry.new)

    def refresh(self, headers: Sequence[Header]) -> int:
        """Write tags anew; see `fileroom.index.Index.refresh`."""
        tables = self._tables
        count = 0
        for header in headers:
            identity = header.identity
            if identity.public_id(Level.INSTANCE) not in tables.rows:
                continue
            count += 1
            for level in Level:
                old = tables.rows[identity.public_id(level)]
                row = old._replace(tags=self._arrivals.tags(header, level), partial=False)
                if level is Level.INSTANCE:
                    row = row._replace(sop_class_uid=header.sop_class_uid)
                    if row.slot is None:
                        recorded = float(int(row.received.timestamp()))
                        self.wanted[row.id] = Wanted(header, recorded, new=True)
                if row != old:
                    tables.put(row)
        return count

    def restore(
        self, entries: Sequence[Entry], details: Mapping[str, Details], changes: Sequence[Change]
    ) -> list[Committed]:
        """Take over what another index held; see `fileroom.index.Index.restore`."""
        outcomes = self.commit(entries, Overwrite.NEVER)
        tables = self._tables
        for id_, one in details.items():
            owner = tables.owner(id_) or tables.existing(id_)
            files = {file.content_type: file for file in one.attachments} | dict(owner.attachments)
            metadata = dict(one.metadata) | dict(owner.metadata)
            labels = owner.labels | set(one.labels)
            new = owner._replace(attachments=dict(sorted(files.items())), metadata=metadata, labels=labels)
            if new != owner:
                tables.hang(new)
        for change in changes:
            if change.sequence > tables.sequence:
                tables.changes.append(change)
                tables.sequence = change.sequence
        return outcomes
