"""Broken indexes about committing and the change log: each breaks one promise."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.index import (
    CommitStatus,
    Overwrite,
)
from fileroom.model import ChangeType, Level
from fileroom.testing.memory_edit import DICOM
from fileroom.testing.memory_index import MemoryIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fileroom.index import (
        Committed,
        Entry,
        Removal,
    )
    from fileroom.model import ChangePage, Header, TagValue
    from fileroom.tags import TagSet
    from fileroom.testing.memory_tables import Row, Tables

MUTANTS: list[tuple[type[MemoryIndex], str]] = []
"""Every broken index, with the name of the test of the kit that must fail on it."""


def must_fail(test: str) -> Callable[[type[MemoryIndex]], type[MemoryIndex]]:
    def register(mutant: type[MemoryIndex]) -> type[MemoryIndex]:
        MUTANTS.append((mutant, test))
        return mutant

    return register


# Committing


@must_fail("test_a_file_registered_where_it_lies_gives_way_to_a_copy_that_the_storage_keeps")
class TakesAnOriginalForACopy(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        held = tables.rows.get(entry.header.identity.public_id(Level.INSTANCE))
        if held is not None and held.attachments[DICOM].digest == entry.attachment.digest:
            entry = replace(entry, attachment=replace(entry.attachment, locator="external:/copy"))
        return super()._commit_one(tables, entry, overwrite)


@must_fail("test_status_follows_policy_and_digest")
class ReportsConflictsAsAlreadyStored(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        outcome = super()._commit_one(tables, entry, overwrite)
        conflict = outcome.status is CommitStatus.CONFLICT
        return replace(outcome, status=CommitStatus.ALREADY_STORED) if conflict else outcome


@must_fail("test_status_follows_policy_and_digest")
class ReportsTheDigestOfTheEntry(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        return replace(super()._commit_one(tables, entry, overwrite), digest=entry.attachment.digest)


@must_fail("test_status_follows_policy_and_digest")
class ReplacesWhatIsNewerOnly(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        policy = Overwrite.IF_CHANGED if overwrite is Overwrite.ALWAYS else overwrite
        return super()._commit_one(tables, entry, policy)


@must_fail("test_outcomes_come_in_the_order_of_the_entries")
class AnswersNewOnesFirst(MemoryIndex):
    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        return sorted(
            super().commit(entries, overwrite), key=lambda each: each.status is not CommitStatus.STORED
        )


@must_fail("test_entries_of_one_batch_see_each_other")
class LooksUpTheWholeBatchBeforeItBegins(MemoryIndex):
    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        known = self._tables.rows
        outcomes = super().commit(entries, overwrite)
        return [each if each.id in known else replace(each, status=CommitStatus.STORED) for each in outcomes]


@must_fail("test_garbage_is_the_file_that_nothing_points_at")
class ForgetsTheFileThatWasNotTaken(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        outcome = super()._commit_one(tables, entry, overwrite)
        return outcome if outcome.status is CommitStatus.REPLACED else replace(outcome, garbage=())


@must_fail("test_replacing_drops_what_was_made_from_the_old_file")
class ForgetsDerivedFilesAsGarbage(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        outcome = super()._commit_one(tables, entry, overwrite)
        return replace(outcome, garbage=outcome.garbage[:1])


@must_fail("test_a_file_committed_again_from_where_it_lies_is_no_garbage")
class CallsTheLiveFileGarbage(MemoryIndex):
    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        with self._transaction() as tables:
            return [self._commit_one(tables, entry, overwrite) for entry in entries]


@must_fail("test_a_file_that_a_batch_comes_back_to_is_no_garbage")
class JudgesGarbageEntryByEntry(MemoryIndex):
    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        with self._transaction() as tables:
            return [self._judged(tables, entry, overwrite) for entry in entries]

    def _judged(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        outcome = self._commit_one(tables, entry, overwrite)
        live = tables.rows[outcome.id].attachments[DICOM].locator
        return replace(outcome, garbage=tuple(each for each in outcome.garbage if each != live))


@must_fail("test_replacing_drops_what_was_made_from_the_old_file")
class ReplacesTheUsersAttachments(MemoryIndex):
    def _replaced(self, held: Row, entry: Entry) -> Row:
        row = super()._replaced(held, entry)
        return replace(row, attachments={DICOM: row.attachments[DICOM]})


@must_fail("test_replacing_drops_what_was_made_from_the_old_file")
class KeepsWhatWasMadeFromTheOldFile(MemoryIndex):
    def _replaced(self, held: Row, entry: Entry) -> Row:
        row = super()._replaced(held, entry)
        return replace(row, attachments={**held.attachments, **row.attachments})


@must_fail("test_replacing_keeps_the_users_metadata_and_labels")
class ReplacesLabels(MemoryIndex):
    def _replaced(self, held: Row, entry: Entry) -> Row:
        return replace(super()._replaced(held, entry), labels=frozenset())


@must_fail("test_a_new_instance_has_the_labels_of_its_entry")
class ForgetsTheLabelsOfEntries(MemoryIndex):
    def _label(self, tables: Tables, row: Row, entry: Entry) -> None:
        pass


@must_fail("test_a_new_instance_has_the_labels_of_its_entry")
class LabelsTheStudyToo(MemoryIndex):
    def _label(self, tables: Tables, row: Row, entry: Entry) -> None:
        super()._label(tables, row, entry)
        study = tables.rows[entry.header.identity.public_id(Level.STUDY)]
        tables.put(replace(study, labels=study.labels.union(entry.labels)))


@must_fail("test_labels_are_logged_after_the_instance_that_has_them")
class LogsNoLabelsOfEntries(MemoryIndex):
    def _label(self, tables: Tables, row: Row, entry: Entry) -> None:
        tables.put(replace(row, labels=row.labels.union(entry.labels)))


@must_fail("test_replacing_adds_the_labels_to_those_that_are_there")
class LabelsOnlyWhatIsNew(MemoryIndex):
    def _label(self, tables: Tables, row: Row, entry: Entry) -> None:
        if row.attachments[DICOM].revision == 1:
            super()._label(tables, row, entry)


@must_fail("test_replacing_adds_the_labels_to_those_that_are_there")
class TakesTheLabelsOfTheNewFileAlone(MemoryIndex):
    def _label(self, tables: Tables, row: Row, entry: Entry) -> None:
        super()._label(tables, replace(row, labels=frozenset()), entry)


@must_fail("test_labels_that_are_there_are_not_logged_again")
class LogsLabelsOfEntriesThatWereThere(MemoryIndex):
    def _label(self, tables: Tables, row: Row, entry: Entry) -> None:
        super()._label(tables, row, entry)
        if row.labels.issuperset(entry.labels) and entry.labels:
            tables.log(ChangeType.UPDATED_LABELS, row)


@must_fail("test_what_is_not_taken_is_not_labelled")
class LabelsWhatItDoesNotTake(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        outcome = super()._commit_one(tables, entry, overwrite)
        self._label(tables, tables.rows[outcome.id], entry)
        return outcome


@must_fail("test_labels_of_one_batch_add_up")
class KeepsTheLastLabelsOfABatch(MemoryIndex):
    def _commit_all(self, tables: Tables, entries: Sequence[Entry], overwrite: Overwrite) -> list[Committed]:
        last = {each.header.identity: each.labels for each in entries}
        alike = [replace(each, labels=last[each.header.identity]) for each in entries]
        return super()._commit_all(tables, alike, overwrite)


@must_fail("test_replacing_takes_the_new_files_tags")
class KeepsTheOldTags(MemoryIndex):
    def _replaced(self, held: Row, entry: Entry) -> Row:
        return replace(super()._replaced(held, entry), tags=held.tags)


@must_fail("test_replacing_raises_the_files_revision")
class BeginsRevisionsAnew(MemoryIndex):
    def _replaced(self, held: Row, entry: Entry) -> Row:
        row = super()._replaced(held, entry)
        return replace(row, attachments={**row.attachments, DICOM: replace(entry.attachment, revision=1)})


@must_fail("test_replacing_keeps_the_time_and_order_of_arrival")
class MovesTheReplacedToTheEnd(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        outcome = super()._commit_one(tables, entry, overwrite)
        if outcome.status is CommitStatus.REPLACED:
            tables.arrived += 1
            tables.put(replace(tables.rows[outcome.id], number=tables.arrived))
        return outcome


@must_fail("test_parents_keep_the_tags_of_their_first_instance")
class TakesParentsTagsFromTheLastInstance(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        outcome = super()._commit_one(tables, entry, overwrite)
        patient = tables.rows[entry.header.identity.public_id(Level.PATIENT)]
        tables.put(replace(patient, tags=self._described(entry.header, Level.PATIENT)[1]))
        return outcome


@must_fail("test_the_stamp_is_that_of_the_last_source_of_these_bytes")
class KeepsTheFirstStamp(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        old = tables.rows.get(entry.header.identity.public_id(Level.INSTANCE))
        outcome = super()._commit_one(tables, entry, overwrite)
        if old and outcome.status is CommitStatus.ALREADY_STORED:
            tables.put(old)
        return outcome


@must_fail("test_what_is_not_replaced_changes_nothing")
class TakesTheStampOfAConflict(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        outcome = super()._commit_one(tables, entry, overwrite)
        if outcome.status is CommitStatus.CONFLICT:
            tables.put(replace(tables.rows[outcome.id], stamp=entry.stamp))
        return outcome


@must_fail("test_a_batch_that_fails_changes_nothing")
class CommitsEntryByEntry(MemoryIndex):
    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        return [super(CommitsEntryByEntry, self).commit([entry], overwrite)[0] for entry in entries]


@must_fail("test_identifiers_that_look_alike_are_different")
class NormalisesIdentifiers(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        identity = replace(entry.header.identity, patient_id=entry.header.identity.patient_id.casefold())
        return super()._commit_one(
            tables, replace(entry, header=replace(entry.header, identity=identity)), overwrite
        )


@must_fail("test_the_identifier_of_the_identity_is_always_among_the_tags")
class BelievesTheTagsAboutIdentifiers(MemoryIndex):
    def _described(self, header: Header, level: Level) -> tuple[str, dict[str, TagValue]]:
        uid, tags = super()._described(header, level)
        return uid, {keyword: header.tags[keyword] for keyword in tags if keyword in header.tags}


@must_fail("test_tags_are_kept_as_they_were_given")
class StripsTags(MemoryIndex):
    def _described(self, header: Header, level: Level) -> tuple[str, dict[str, TagValue]]:
        uid, tags = super()._described(header, level)
        return uid, {
            keyword: value.strip() if isinstance(value, str) else value for keyword, value in tags.items()
        }


@must_fail("test_writers_of_one_instance_agree_on_one_winner")
class WritesWithoutALock(MemoryIndex):
    @contextmanager
    def _transaction(self) -> Iterator[Tables]:
        tables = self._tables.copy()
        yield tables
        time.sleep(0.002)  # where another writer comes in between
        self._store.tables = tables


# The change log


@must_fail("test_new_resources_are_logged_from_patient_to_instance")
class LogsChildrenBeforeParents(MemoryIndex):
    def _create(self, tables: Tables, entry: Entry) -> Row:
        known = len(tables.changes)
        row = super()._create(tables, entry)
        new = tables.changes[known:]
        tables.changes[known:] = [
            replace(each, sequence=place.sequence) for each, place in zip(reversed(new), new, strict=True)
        ]
        return row


@must_fail("test_what_is_there_is_logged_only_when_replaced")
class LogsConflicts(MemoryIndex):
    def _commit_one(self, tables: Tables, entry: Entry, overwrite: Overwrite) -> Committed:
        outcome = super()._commit_one(tables, entry, overwrite)
        if outcome.status is CommitStatus.CONFLICT:
            tables.log(ChangeType.REPLACED_INSTANCE, tables.rows[outcome.id])
        return outcome


@must_fail("test_sequences_are_not_used_again_after_removal_and_reopening")
class UsesSequencesAgain(MemoryIndex):
    def __init__(self, tags: TagSet, store: MemoryIndex.Store | None = None) -> None:
        super().__init__(tags, store)
        with self._transaction() as tables:
            tables.changes = [each for each in tables.changes if each.id in tables.rows]


@must_fail("test_entries_outlive_their_resources")
class ForgetsChangesOfRemovedResources(MemoryIndex):
    def remove(self, ids: Sequence[str]) -> Removal:
        removal = super().remove(ids)
        gone = {each for _, each in removal.removed}
        with self._transaction() as tables:
            kept = ChangeType.DELETED
            tables.changes = [each for each in tables.changes if each.id not in gone or each.type is kept]
        return removal


@must_fail("test_a_page_begins_after_since_and_holds_at_most_limit")
class IncludesSince(MemoryIndex):
    def changes(
        self, since: int = 0, limit: int = 100, types: Sequence[ChangeType] | None = None
    ) -> ChangePage:
        return super().changes(since - 1, limit, types)


@must_fail("test_types_select")
class IgnoresTypes(MemoryIndex):
    def changes(
        self, since: int = 0, limit: int = 100, types: Sequence[ChangeType] | None = None
    ) -> ChangePage:
        return super().changes(since, limit)


@must_fail("test_done_speaks_of_the_types_asked_for")
class IsDoneOnlyAtTheEndOfTheLog(MemoryIndex):
    def changes(
        self, since: int = 0, limit: int = 100, types: Sequence[ChangeType] | None = None
    ) -> ChangePage:
        page = super().changes(since, limit, types)
        return replace(page, done=super().changes(page.last, 1).changes == ())


@must_fail("test_a_reader_that_asks_for_types_misses_none")
class SkipsAhead(MemoryIndex):
    def changes(
        self, since: int = 0, limit: int = 100, types: Sequence[ChangeType] | None = None
    ) -> ChangePage:
        page = super().changes(since, limit, types)
        return page if page.changes else replace(page, last=self._tables.changes[-1].sequence + 1)
