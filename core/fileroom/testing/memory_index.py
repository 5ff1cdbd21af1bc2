"""The shortest index that keeps every promise: the model that other indexes are held to.

Every write works on a copy of the tables, which takes the place of the old ones when it has succeeded; a
reader keeps the tables it began with. That is all there is to atomicity and isolation here, and it costs
time in proportion to what is held: for tests and small archives.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fileroom.index import (
    CommitStatus,
    Committed,
    Details,
    Held,
    Index,
    IndexCapabilities,
    Mirrored,
    Overwrite,
    Page,
    Removal,
)
from fileroom.model import ChangePage, ChangeType, Level
from fileroom.storage import is_external
from fileroom.testing import memory_edit, memory_search
from fileroom.testing.memory_edit import DICOM
from fileroom.testing.memory_tables import Row, Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fileroom.index import Edit, Edited, Entry, Relocation
    from fileroom.model import AttachmentRecord, Change, Header, ResourceRecord, Statistics, TagValue
    from fileroom.query import Query
    from fileroom.tags import TagSet
    from fileroom.testing.memory_tables import Owner

FIRST_USER_TYPE = 1024

_NEW = {
    Level.PATIENT: ChangeType.NEW_PATIENT,
    Level.STUDY: ChangeType.NEW_STUDY,
    Level.SERIES: ChangeType.NEW_SERIES,
    Level.INSTANCE: ChangeType.NEW_INSTANCE,
}


class MemoryIndex(Index):
    """An index in memory.

    Args:
        tags: the tags to keep.
        store: where they are kept; two indexes with one store are one index opened twice.
    """

    capabilities = IndexCapabilities(history=True, mirror=True, relocate=True)

    class Store:
        """What outlives a `MemoryIndex` and can be opened again."""

        def __init__(self) -> None:
            self.tables = Tables()
            self.lock = threading.Lock()

    def __init__(self, tags: TagSet, store: Store | None = None) -> None:
        self.tags = tags
        self._store = MemoryIndex.Store() if store is None else store
        self._extra = frozenset(spec for specs in tags.levels.values() for spec in specs if spec.extra)
        with self._transaction() as tables:
            tables.complete &= self._extra

    @property
    def _tables(self) -> Tables:
        return self._store.tables

    @contextmanager
    def _transaction(self) -> Iterator[Tables]:
        with self._store.lock:
            tables = self._tables.copy()
            yield tables
            if not tables.totals.instances:
                tables.complete = self._extra
            self._store.tables = tables

    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        """See `Index.commit`."""
        with self._transaction() as tables:
            return self._commit_all(tables, entries, overwrite)

    def _commit_all(self, tables: Tables, entries: Sequence[Entry], overwrite: Overwrite) -> list[Committed]:
        outcomes = [self._commit_one(tables, entry, overwrite) for entry in entries]
        live = _locators(tables.rows[outcome.id] for outcome in outcomes)
        return [replace(outcome, garbage=_without(live, outcome.garbage)) for outcome in outcomes]

    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        digest = entry.attachment.digest
        held = tables.rows.get(entry.header.identity.public_id(Level.INSTANCE))
        if held is None:
            row = self._create(tables, entry)
            self._label(tables, row, entry)
            return Committed(CommitStatus.STORED, row.id, digest)
        old = held.attachments[DICOM]
        if overwrite.replaces(old, entry.attachment):
            row = self._replaced(held, entry)
            tables.put(row)
            tables.log(ChangeType.REPLACED_INSTANCE, row)
            self._label(tables, row, entry)
            made_from_it = [file for number, file in held.attachments.items() if number < FIRST_USER_TYPE]
            return Committed(
                CommitStatus.REPLACED, held.id, digest, tuple(file.locator for file in made_from_it)
            )
        unchanged = old.digest == digest
        if unchanged:
            tables.put(replace(held, stamp=entry.stamp or held.stamp))
        status = CommitStatus.ALREADY_STORED if unchanged else CommitStatus.CONFLICT
        return Committed(status, held.id, old.digest, (entry.attachment.locator,))

    def _create(self, tables: Tables, entry: Entry) -> Row:
        parent: str | None = None
        for level in Level:
            public_id = entry.header.identity.public_id(level)
            if public_id not in tables.rows:
                uid, tags = self._described(entry.header, level)
                received = entry.received or datetime.now(UTC)
                if above := entry.above(level):
                    tags, received = self._kept(above.tags, level, uid), above.received
                tables.arrived += 1
                row = Row(public_id, level, uid, tags, parent, tables.arrived, received)
                if level is Level.INSTANCE:
                    row = replace(row, attachments={DICOM: replace(entry.attachment, revision=1)})
                    row = replace(row, sop_class_uid=entry.header.sop_class_uid, stamp=entry.stamp)
                tables.put(row)
                tables.log(_NEW[level], row)
            parent = public_id
        return tables.rows[public_id]

    def _replaced(self, held: Row, entry: Entry) -> Row:
        file = replace(entry.attachment, revision=held.attachments[DICOM].revision + 1)
        kept = {number: each for number, each in held.attachments.items() if number >= FIRST_USER_TYPE}
        return replace(
            held,
            tags=self._described(entry.header, Level.INSTANCE)[1],
            sop_class_uid=entry.header.sop_class_uid,
            stamp=entry.stamp,
            attachments={DICOM: file, **kept},
        )

    def _label(self, tables: Tables, row: Row, entry: Entry) -> None:
        if not row.labels.issuperset(entry.labels):
            tables.put(replace(row, labels=row.labels.union(entry.labels)))
            tables.log(ChangeType.UPDATED_LABELS, row)

    def _described(self, header: Header, level: Level) -> tuple[str, dict[str, TagValue]]:
        """Return a level's identifier, and the tags of it that this index keeps."""
        identity = header.identity
        uid = (
            identity.patient_id,
            identity.study_instance_uid,
            identity.series_instance_uid,
            identity.sop_instance_uid,
        )[level - 1]
        return uid, self._kept(header.tags, level, uid)

    def _kept(self, tags: Mapping[str, TagValue], level: Level, uid: str) -> dict[str, TagValue]:
        kept = [spec.keyword for spec in self.tags.levels[level] if spec.keyword in tags]
        return {keyword: tags[keyword] for keyword in kept} | {level.uid_keyword: uid}

    def restore(
        self, entries: Sequence[Entry], details: Mapping[str, Details], changes: Sequence[Change] = ()
    ) -> list[Committed]:
        """See `Index.restore`."""
        with self._transaction() as tables:
            logged = tables.changes.copy()
            outcomes = self._commit_all(tables, entries, Overwrite.NEVER)
            for entry, outcome in zip(entries, outcomes, strict=True):
                if outcome.status is CommitStatus.STORED:
                    row = tables.rows[outcome.id]
                    tables.put(replace(row, attachments={DICOM: entry.attachment}))
            for public_id, wanted in details.items():
                owner = tables.owner(public_id) or tables.existing(public_id)
                memory_edit.add_missing(tables, owner, wanted)
            tables.changes = _appended(logged, changes)
            return outcomes

    def mirror(
        self,
        entries: Sequence[Entry],
        details: Mapping[str, Details],
        removed: Sequence[str] = (),
        changes: Sequence[Change] = (),
    ) -> Mirrored:
        """See `Index.mirror`."""
        with self._transaction() as tables:
            logged = tables.changes.copy()
            garbage = {file.locator for wanted in details.values() for file in wanted.attachments}
            garbage.update(self._remove(tables, [each for each in removed if each in tables.rows]).garbage)
            outcomes = self._commit_all(tables, entries, Overwrite.IF_CHANGED)
            for entry, outcome in zip(entries, outcomes, strict=True):
                garbage.update(outcome.garbage)
                if outcome.status is not CommitStatus.ALREADY_STORED:
                    row = tables.rows[outcome.id]
                    tables.put(replace(row, attachments={**row.attachments, DICOM: entry.attachment}))
            for public_id, wanted in details.items():
                if owner := tables.owner(public_id):
                    garbage.update(memory_edit.make_like(tables, owner, wanted))
            tables.changes = _appended(logged, changes)
            live = _locators(tables.owners())
            return Mirrored(tuple(outcomes), tuple(sorted(garbage - live)))

    def find(self, query: Query) -> Page:
        """See `Index.find`."""
        tables = self._tables
        rows, cursor = self._page(query, self._matching(query, tables), tables)
        return Page(tuple(tables.record(row, query.computed) for row in rows), cursor)

    def count(self, query: Query) -> int:
        """See `Index.count`."""
        return len(self._matching(query, self._tables))

    def _matching(self, query: Query, tables: Tables) -> list[Row]:
        memory_search.check(query, self.tags, tables)
        return memory_search.matching(query, tables)

    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        return memory_search.page(query, rows, tables)

    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        """See `Index.get`."""
        tables = self._tables
        return [tables.record(tables.rows[each], computed) if each in tables.rows else None for each in ids]

    def children(self, parent: str) -> Iterator[ResourceRecord]:
        """See `Index.children`."""
        tables = self._tables
        return (tables.record(row) for row in tables.below(tables.existing(parent)))

    def held(self, ids: Sequence[str]) -> dict[str, Held]:
        """See `Index.held`."""
        rows = self._tables.rows
        instances = [rows[each] for each in ids if each in rows and rows[each].level is Level.INSTANCE]
        files = [row.attachments[DICOM] for row in instances]
        return {
            row.id: Held(file.digest, row.stamp, is_external(file.locator))
            for row, file in zip(instances, files, strict=True)
        }

    def details(self, ids: Sequence[str]) -> list[Details | None]:
        """See `Index.details`."""
        owners = map(self._tables.owner, ids)
        return [None if owner is None else _details(owner) for owner in owners]

    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        """See `Index.edit`."""
        with self._transaction() as tables:
            outcomes = [self._edit_one(tables, edit) for edit in edits]
            live = _locators(owner for edit in edits if (owner := tables.owner(edit.id)))
            return [replace(outcome, garbage=_without(live, outcome.garbage)) for outcome in outcomes]

    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        return memory_edit.apply(tables, edit)

    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        """See `Index.relocate`."""
        with self._transaction() as tables:
            return [memory_edit.relocate(tables, move) for move in moves]

    def refresh(self, headers: Sequence[Header]) -> int:
        """See `Index.refresh`."""
        with self._transaction() as tables:
            there = [each for each in headers if each.identity.public_id(Level.INSTANCE) in tables.rows]
            for header in there:
                for level in Level:
                    row = tables.rows[header.identity.public_id(level)]
                    row = replace(row, tags=self._described(header, level)[1])
                    if level is Level.INSTANCE:
                        row = replace(row, sop_class_uid=header.sop_class_uid)
                    tables.put(row)
            return len(there)

    def complete(self) -> None:
        """See `Index.complete`."""
        with self._transaction() as tables:
            tables.complete = self._extra

    def remove(self, ids: Sequence[str]) -> Removal:
        """See `Index.remove`."""
        with self._transaction() as tables:
            return self._remove(tables, ids)

    def _remove(self, tables: Tables, ids: Sequence[str]) -> Removal:
        rows = dict(tables.rows)
        doomed = {tables.existing(each).id for each in ids}
        for row in rows.values():  # parents come before their children
            if row.parent in doomed:
                doomed.add(row.id)
        parents: set[str | None] = set()
        for row in reversed(rows.values()):
            if row.id not in doomed and (row.level is Level.INSTANCE or row.id in parents):
                parents.add(row.parent)
            else:
                doomed.add(row.id)
                tables.drop(row)
                tables.log(ChangeType.DELETED, row)
        gone = [row for row in reversed(rows.values()) if row.id in doomed]
        return Removal(
            removed=tuple((int(row.level), row.id) for row in gone),
            remaining={each: _remaining(rows, each, doomed) for each in ids},
            garbage=tuple(_locators(gone)),
        )

    def changes(
        self, since: int = 0, limit: int = 100, types: Sequence[ChangeType] | None = None
    ) -> ChangePage:
        """See `Index.changes`."""
        newer = [
            change
            for change in self._tables.changes
            if change.sequence > since and (types is None or change.type in types)
        ]
        page = tuple(newer[:limit])
        return ChangePage(page, page[-1].sequence if page else since, len(newer) == len(page))

    def statistics(self) -> Statistics:
        """See `Index.statistics`."""
        return self._tables.totals

    def attachments(self, after: str | None = None) -> Iterator[tuple[str, AttachmentRecord]]:
        """See `Index.attachments`."""
        owners = {owner.id: owner for owner in self._tables.owners()}
        for each in sorted(owners):
            if after is None or each > after:
                yield from ((each, file) for _, file in sorted(owners[each].attachments.items()))


def _appended(logged: list[Change], changes: Sequence[Change]) -> list[Change]:
    last = logged[-1].sequence if logged else 0
    return logged + [each for each in changes if each.sequence > last]


def _locators(owners: Iterable[Owner]) -> set[str]:
    return {file.locator for owner in owners for file in owner.attachments.values()}


def _without(live: set[str], garbage: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(locator for locator in garbage if locator not in live)


def _details(owner: Owner) -> Details:
    attachments = tuple(file for _, file in sorted(owner.attachments.items()))
    return Details(attachments, dict(sorted(owner.metadata.items())), tuple(sorted(owner.labels)))


def _remaining(rows: dict[str, Row], public_id: str, doomed: set[str]) -> str | None:
    ancestor: str | None = public_id
    while ancestor in doomed:
        ancestor = rows[ancestor].parent
    return ancestor
