"""`Index.commit`: a batch of entries becomes rows in one transaction.

The entries are first played through in memory, against what the index holds of their instances, and the
outcome is written once: that makes a batch cheap, and lets its entries see each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from fileroom.index import CommitStatus, Committed
from fileroom.model import AttachmentRecord, ChangeType, Level, digest_to_public_id
from fileroom_plugins.databases.bulk import insert_rows
from fileroom_plugins.databases.errors import CollisionError
from fileroom_plugins.index_sql.candidates import Candidate
from fileroom_plugins.index_sql.describe import describe, describe_tags, uid_of
from fileroom_plugins.index_sql.files import DICOM, FIRST_USER_TYPE, files_of, to_row
from fileroom_plugins.index_sql.labelling import labels_of, write_labels
from fileroom_plugins.index_sql.ledger import Ledger
from fileroom_plugins.index_sql.locks import claim, hold
from fileroom_plugins.index_sql.lookup import chunks, numbers
from fileroom_plugins.index_sql.records import milliseconds_of
from fileroom_plugins.index_sql.rows import Rows, count_classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from fileroom.index import Entry, Overwrite
    from fileroom_plugins.index_sql.describe import Described
    from fileroom_plugins.index_sql.files import Value
    from fileroom_plugins.index_sql.schema import Schema

_NEW = {
    Level.PATIENT: ChangeType.NEW_PATIENT,
    Level.STUDY: ChangeType.NEW_STUDY,
    Level.SERIES: ChangeType.NEW_SERIES,
    Level.INSTANCE: ChangeType.NEW_INSTANCE,
}


@dataclass(frozen=True, slots=True)
class _Before:
    """What the index held of an instance before the batch."""

    stamp: int
    class_id: int
    files: Mapping[int, AttachmentRecord]
    labels: frozenset[str]


@dataclass(slots=True)
class _Instance:
    """What an instance is at some point of the batch.

    Attributes:
        number: its number.
        series: the number of its series.
        before: what it was before the batch, None for nothing.
        stamp: its stamp.
        files: its attachments by content type; their revisions are those in force.
        labels: its labels, as far as the batch brings any.
        described_by: the candidate whose header describes it, None while its row does.
        received: when it came, in milliseconds since 1970, if it was not there before the batch.
    """

    number: int
    series: int
    before: _Before | None
    stamp: int
    files: dict[int, AttachmentRecord]
    labels: frozenset[str] = frozenset()
    described_by: Candidate | None = None
    received: int = 0


class Batch:
    """One commit within its transaction.

    Args:
        connection: the transaction.
        schema: the tables.
        uids: the numbers of all UIDs that the candidates keep as numbers.
        overwrite: what to do with instances that are there.
        restoring: whether the entries come from another index: their files keep their revisions, and the
            change log does not hear of them.
    """

    def __init__(
        self,
        connection: Connection,
        schema: Schema,
        uids: Mapping[str, int],
        overwrite: Overwrite,
        *,
        restoring: bool = False,
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._uids = uids
        self._overwrite = overwrite
        self._restoring = restoring
        self._ledger = Ledger(connection, schema, logs=not restoring)
        self._rows = Rows(connection, schema, uids)
        self._parents: dict[Level, dict[bytes, int]] = {level: {} for level in Level}
        self._instances: dict[bytes, _Instance] = {}
        self._labelling = False

    def commit(self, candidates: Sequence[Candidate]) -> list[Committed]:
        """Play the candidates through, write the outcome, and say what became of each."""
        self._labelling = any(each.entry.labels for each in candidates)
        self._look_up_instances({each.digest(Level.INSTANCE) for each in candidates})
        self._look_up_parents(
            [each for each in candidates if each.digest(Level.INSTANCE) not in self._instances]
        )
        self._lock(candidates)
        self._reserve(candidates)
        outcomes = [self._commit_one(each) for each in candidates]
        self._write()
        if any(outcome.garbage for outcome in outcomes):
            live = {file.locator for each in self._instances.values() for file in each.files.values()}
            outcomes = [
                replace(outcome, garbage=tuple(each for each in outcome.garbage if each not in live))
                for outcome in outcomes
            ]
        return outcomes

    def _look_up_instances(self, digests: Iterable[bytes]) -> None:
        table = self._schema.levels[Level.INSTANCE].table.c
        columns = (table.id, table.public_id, table.parent_id, table.stamp, table.class_id)
        for some in chunks(digests):
            rows = self._connection.execute(select(*columns).where(table.public_id.in_(some))).all()
            found = [row.id for row in rows]
            files = files_of(self._connection, self._schema, Level.INSTANCE, found)
            labels = labels_of(self._connection, self._schema, found if self._labelling else [])
            for row in rows:
                if DICOM not in files[row.id]:
                    raise CollisionError  # it was removed between the two statements
                before = _Before(row.stamp, row.class_id, files[row.id], frozenset(labels[row.id]))
                self._instances[row.public_id] = _Instance(
                    row.id, row.parent_id, before, row.stamp, dict(before.files), before.labels
                )

    def _look_up_parents(self, candidates: Sequence[Candidate]) -> None:
        for level in (Level.SERIES, Level.STUDY, Level.PATIENT):
            wanted = {each.digest(level) for each in candidates}
            known = self._parents[level] = numbers(self._connection, self._schema, level, wanted)
            candidates = [each for each in candidates if each.digest(level) not in known]

    def _lock(self, candidates: Iterable[Candidate]) -> None:
        """Keep others from parents that get children, and from instances that are to change."""
        if not self._schema.several_writers:
            return
        changing: dict[bytes, _Instance] = {}
        for each in candidates:
            digest = each.digest(Level.INSTANCE)
            held, entry = self._instances.get(digest), each.entry
            if held is not None and (
                self._overwrite.replaces(held.files[DICOM], entry.attachment)
                or entry.stamp not in (0, held.stamp)
            ):
                changing[digest] = held
        counted = {held.series for held in changing.values()}  # their instances, by class
        for level in (Level.PATIENT, Level.STUDY, Level.SERIES):
            kept = {*self._parents[level].values(), *(counted if level is Level.SERIES else ())}
            hold(self._connection, self._schema, level, kept)
        claim(self._connection, self._schema, Level.INSTANCE, [held.number for held in changing.values()])
        self._look_up_instances(changing)

    def _reserve(self, candidates: Iterable[Candidate]) -> None:
        new = [each for each in candidates if each.digest(Level.INSTANCE) not in self._instances]
        wanted = {
            level: len({each.digest(level) for each in new} - self._parents[level].keys()) for level in Level
        }
        self._ledger.reserve(wanted)

    def _commit_one(self, candidate: Candidate) -> Committed:
        digest, entry = candidate.digest(Level.INSTANCE), candidate.entry
        file = entry.attachment
        held = self._instances.get(digest)
        public_id = digest_to_public_id(digest)
        if held is None:
            self._instances[digest] = held = self._create(candidate)
            self._label(held, candidate)
            return Committed(CommitStatus.STORED, public_id, file.digest)
        old = held.files[DICOM]
        if self._overwrite.replaces(old, file):
            dropped = tuple(each.locator for number, each in held.files.items() if number < FIRST_USER_TYPE)
            self._replace(held, candidate)
            self._label(held, candidate)
            return Committed(CommitStatus.REPLACED, public_id, file.digest, dropped)
        unchanged = old.digest == file.digest
        if unchanged:
            held.stamp = entry.stamp or held.stamp
        status = CommitStatus.ALREADY_STORED if unchanged else CommitStatus.CONFLICT
        return Committed(status, public_id, old.digest, (file.locator,))

    def _create(self, candidate: Candidate) -> _Instance:
        entry = candidate.entry
        series = self._parent(Level.SERIES, candidate)
        number = self._ledger.next_number(Level.INSTANCE)
        self._ledger.log(ChangeType.NEW_INSTANCE, Level.INSTANCE, candidate.digest(Level.INSTANCE))
        file = entry.attachment if self._restoring else _revised(entry.attachment, 1)
        received = self._received(entry.received)
        return _Instance(
            number, series, None, entry.stamp, {DICOM: file}, described_by=candidate, received=received
        )

    def _parent(self, level: Level, candidate: Candidate) -> int:
        """Return the number of an ancestor, which is made if it is not there."""
        digest = candidate.digest(level)
        number = self._parents[level].get(digest)
        if number is None:
            own = (
                {"parent_id": self._parent(Level(level - 1), candidate)} if level is not Level.PATIENT else {}
            )
            number = self._parents[level][digest] = self._ledger.next_number(level)
            described, received = self._described(candidate.entry, level)
            self._rows.add(level, number, described, public_id=digest, received=received, **own)
            self._ledger.log(_NEW[level], level, digest)
            self._ledger.count(level, 1)
        return number

    def _described(self, entry: Entry, level: Level) -> tuple[Described, int]:
        """Return what an ancestor that comes into being is to hold, and when it was received."""
        place, above = self._schema.levels[level], entry.above(level)
        if above is None:
            return describe(entry.header, place), self._received(entry.received)
        tags = {**above.tags, level.uid_keyword: uid_of(entry.header.identity, level)}
        return describe_tags(tags, place), self._received(above.received)

    def _received(self, moment: datetime | None) -> int:
        return self._ledger.now if moment is None else milliseconds_of(moment)

    def _replace(self, held: _Instance, candidate: Candidate) -> None:
        file = candidate.entry.attachment
        if not self._restoring:
            file = _revised(file, held.files[DICOM].revision + 1)
        kept = {number: each for number, each in held.files.items() if number >= FIRST_USER_TYPE}
        held.files = {DICOM: file, **kept}
        held.stamp = candidate.entry.stamp
        held.described_by = candidate
        self._ledger.log(ChangeType.REPLACED_INSTANCE, Level.INSTANCE, candidate.digest(Level.INSTANCE))

    def _label(self, held: _Instance, candidate: Candidate) -> None:
        labels = held.labels.union(candidate.entry.labels)
        if labels != held.labels:
            held.labels = labels
            self._ledger.log(ChangeType.UPDATED_LABELS, Level.INSTANCE, candidate.digest(Level.INSTANCE))

    def _write(self) -> None:
        classes: Counter[tuple[int, int]] = Counter()
        added: list[dict[str, Value]] = []
        for digest, each in self._instances.items():
            if each.described_by is None:
                continue
            header = each.described_by.entry.header
            class_id = self._uids[header.sop_class_uid]
            own = {
                "class_id": class_id,
                "syntax_id": self._uids[header.transfer_syntax_uid],
                "stamp": each.stamp,
            }
            described = each.described_by.described
            if each.before is None:
                own |= {"parent_id": each.series, "received": each.received}
                self._rows.add(Level.INSTANCE, each.number, described, public_id=digest, **own)
                self._ledger.count(Level.INSTANCE, 1)
            else:
                self._rows.rewrite(Level.INSTANCE, each.number, described, **own)
                classes[each.series, each.before.class_id] -= 1
            classes[each.series, class_id] += 1
            file = each.files[DICOM]
            added.append(
                {"level": int(Level.INSTANCE), "resource": each.number, **to_row(file, file.revision)}
            )
            self._ledger.count_file(file, 1)
        self._rows.write()
        self._drop_files()
        insert_rows(self._connection, self._schema.attachment, added)
        count_classes(self._connection, self._schema, classes)
        self._write_stamps()
        instances = self._instances.values()
        added_labels = {
            each.number: each.labels - (each.before.labels if each.before else set()) for each in instances
        }
        write_labels(self._connection, self._schema, added_labels)
        self._ledger.write()

    def _drop_files(self) -> None:
        """Remove the attachments that were made from files which are replaced."""
        replaced = {
            each.number: each.before.files
            for each in self._instances.values()
            if each.before and each.described_by
        }
        for files in replaced.values():
            for content_type, file in files.items():
                if content_type < FIRST_USER_TYPE:
                    self._ledger.count_file(file, -1)
        table = self._schema.attachment
        for some in chunks(replaced):
            made_from_them = (
                table.c.level == int(Level.INSTANCE),
                table.c.resource.in_(some),
                table.c.content_type < FIRST_USER_TYPE,
            )
            self._connection.execute(delete(table).where(*made_from_them))

    def _write_stamps(self) -> None:
        """Write the stamps of what is stored already."""
        changed = [
            {"at": each.number, "stamp": each.stamp}
            for each in self._instances.values()
            if each.before and not each.described_by and each.stamp != each.before.stamp
        ]
        if changed:
            table = self._schema.levels[Level.INSTANCE].table
            self._connection.execute(update(table).where(table.c.id == bindparam("at")), changed)


def _revised(record: AttachmentRecord, revision: int) -> AttachmentRecord:
    return record if record.revision == revision else replace(record, revision=revision)
