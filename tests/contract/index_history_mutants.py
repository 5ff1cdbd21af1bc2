"""Broken indexes about restoring, age, vouching and compacting: each breaks one promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fileroom.index import CommitStatus, Details, Index
from fileroom.model import ChangeType, Level
from fileroom.testing.memory_edit import DICOM
from fileroom.testing.memory_index import MemoryIndex
from tests.contract.index_mutants import must_fail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom.index import Committed, Entry, Overwrite
    from fileroom.model import Change
    from fileroom.testing.memory_tables import Row, Tables

    Wanted = Mapping[str, Details]


# Restoring


@must_fail("test_entries_are_restored_as_they_are_committed")
class RestoresOverWhatIsThere(MemoryIndex):
    def _commit_all(self, tables: Tables, entries: Sequence[Entry], overwrite: Overwrite) -> list[Committed]:
        return super()._commit_all(tables, entries, type(overwrite).IF_CHANGED)


@must_fail("test_what_is_restored_comes_in_the_order_of_the_entries")
class RestoresByIdentifier(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        ordered = sorted(entries, key=lambda each: each.header.identity.sop_instance_uid)
        return super().restore(ordered, details, changes)


@must_fail("test_details_are_added_at_every_level")
class RestoresDetailsOfInstancesOnly(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        rows = self._tables.rows
        kept = {
            each: wanted
            for each, wanted in details.items()
            if each not in rows or rows[each].level is Level.INSTANCE
        }
        return super().restore(entries, kept, changes)


@must_fail("test_details_come_with_the_entries_that_bring_their_resources")
class LooksForTheResourcesOfDetailsFirst(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        there = self._tables.rows.keys() & details.keys()
        return super().restore(entries, {each: details[each] for each in there}, changes)


class _TakesDetailsOver(MemoryIndex):
    """Puts details in the place of what is there."""

    what = "attachments"

    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        outcomes = super().restore(entries, details, changes)
        with self._transaction() as tables:
            for each, wanted in details.items():
                row = tables.rows[each]
                tables.put(self._taken_over(row, wanted))
        return outcomes

    def _taken_over(self, row: Row, wanted: Details) -> Row:
        raise NotImplementedError


@must_fail("test_what_is_there_stays_as_it_is")
class ReplacesMetadata(_TakesDetailsOver):
    def _taken_over(self, row: Row, wanted: Details) -> Row:
        return replace(row, metadata={**row.metadata, **wanted.metadata})


@must_fail("test_what_is_there_stays_as_it_is")
class ForgetsLabelsThatAreThere(_TakesDetailsOver):
    def _taken_over(self, row: Row, wanted: Details) -> Row:
        return replace(row, labels=frozenset(wanted.labels))


@must_fail("test_the_dicom_file_stays")
class ReplacesTheDicomFile(_TakesDetailsOver):
    def _taken_over(self, row: Row, wanted: Details) -> Row:
        return replace(row, attachments={file.content_type: file for file in wanted.attachments})


@must_fail("test_restoring_again_changes_nothing")
class CountsRevisionsAgain(_TakesDetailsOver):
    def _taken_over(self, row: Row, wanted: Details) -> Row:
        raised = {name: replace(each, revision=each.revision + 1) for name, each in row.metadata.items()}
        return replace(row, metadata=raised)


@must_fail("test_details_of_what_is_not_there_are_refused")
class PassesOverDetailsOfNothing(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        there = {each.id for each in self.get(list(details)) if each}
        return super().restore(entries, {each: details[each] for each in there}, changes)


@must_fail("test_what_fails_changes_nothing")
class RestoresInSteps(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        outcomes = super().restore(entries, {})
        super().restore([], details, changes)
        return outcomes


# History


@must_fail("test_the_dicom_file_keeps_its_revision")
class BeginsRevisionsOfRestoredFilesAnew(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        anew = [replace(each, attachment=replace(each.attachment, revision=1)) for each in entries]
        return super().restore(anew, details, changes)


@must_fail("test_one_that_is_there_keeps_the_revision_it_has")
class GivesWhatIsThereTheRevisionOfTheEntry(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        outcomes = super().restore(entries, details, changes)
        with self._transaction() as tables:
            for entry, one in zip(entries, outcomes, strict=True):
                if one.status is CommitStatus.ALREADY_STORED:
                    row = tables.rows[one.id]
                    file = replace(row.attachments[DICOM], revision=entry.attachment.revision)
                    tables.put(replace(row, attachments={**row.attachments, DICOM: file}))
        return outcomes


@must_fail("test_attachments_and_metadata_keep_their_revisions")
class BeginsRevisionsOfDetailsAnew(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        anew = {
            each: replace(
                wanted,
                attachments=tuple(replace(file, revision=1) for file in wanted.attachments),
                metadata={name: replace(one, revision=1) for name, one in wanted.metadata.items()},
            )
            for each, wanted in details.items()
        }
        return super().restore(entries, anew, changes)


@must_fail("test_nothing_is_logged_by_itself")
class LogsWhatItRestores(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        outcomes = Index.restore(self, entries, details)
        super().restore([], {}, changes)
        return outcomes


class _OtherChanges(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        return super().restore(entries, details, self._others(changes))

    def _others(self, changes: Sequence[Change]) -> Sequence[Change]:
        raise NotImplementedError


@must_fail("test_changes_are_appended_as_they_are")
class CountsSequencesAnew(_OtherChanges):
    def _others(self, changes: Sequence[Change]) -> Sequence[Change]:
        last = self.changes(limit=1000).last
        return [replace(each, sequence=last + number) for number, each in enumerate(changes, start=1)]


@must_fail("test_changes_are_appended_as_they_are")
class DatesChangesToday(_OtherChanges):
    def _others(self, changes: Sequence[Change]) -> Sequence[Change]:
        return [replace(each, date=datetime.now(UTC)) for each in changes]


@must_fail("test_changes_are_appended_as_they_are")
class KeepsChangesOfWhatIsThereOnly(_OtherChanges):
    def _others(self, changes: Sequence[Change]) -> Sequence[Change]:
        return [each for each in changes if each.id in self._tables.rows]


@must_fail("test_changes_that_are_not_newer_than_the_log_are_passed_over")
class AppendsWhatItHasAlready(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        outcomes = super().restore(entries, details)
        with self._transaction() as tables:
            tables.changes = sorted([*tables.changes, *changes], key=lambda each: each.sequence)
        return outcomes


@must_fail("test_the_log_goes_on_behind_what_it_took_over")
class CountsOnFromItsOwnLog(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Wanted, changes: Sequence[Change] = ()
    ) -> list[Committed]:
        outcomes = super().restore(entries, details, changes)
        with self._transaction() as tables:
            tables.changes.sort(key=lambda each: -each.sequence)
        return outcomes


@must_fail("test_what_comes_into_being_takes_over_the_time_of_receipt")
class ReceivesNow(MemoryIndex):
    def _create(self, tables: Tables, entry: Entry) -> Row:
        return super()._create(tables, replace(entry, received=None))


@must_fail("test_what_is_there_keeps_its_own_time_of_receipt")
class ReceivesParentsAnew(MemoryIndex):
    def _create(self, tables: Tables, entry: Entry) -> Row:
        row = super()._create(tables, entry)
        for each in list(tables.line(row)):
            tables.put(replace(each, received=row.received))
        return row


@must_fail("test_new_parents_are_what_another_index_says_of_them")
class TakesParentsFromTheHeader(MemoryIndex):
    def _create(self, tables: Tables, entry: Entry) -> Row:
        return super()._create(tables, replace(entry, parent=None))


@must_fail("test_parents_that_are_there_stay_as_they_are")
class RewritesParents(MemoryIndex):
    def _create(self, tables: Tables, entry: Entry) -> Row:
        row = super()._create(tables, entry)
        for each in list(tables.line(row)):
            if above := entry.above(each.level):
                tables.put(replace(each, tags=above.tags))
        return row


@must_fail("test_of_what_is_said_of_parents_the_index_keeps_what_it_keeps_of_headers")
class KeepsAllThatIsSaidOfParents(MemoryIndex):
    def _create(self, tables: Tables, entry: Entry) -> Row:
        row = super()._create(tables, entry)
        for each in list(tables.line(row)):
            if above := entry.above(each.level):
                tables.put(replace(each, tags={**above.tags, each.level.uid_keyword: each.uid}))
        return row


# Age and space


@must_fail("test_a_study_is_as_old_as_its_newest_instance")
class GoesByTheFirstInstance(MemoryIndex):
    def oldest_studies(self, limit: int) -> list[str]:
        rows = [each for each in self._tables.rows.values() if each.level is Level.STUDY]
        return [each.id for each in sorted(rows, key=lambda each: each.received)][:limit]


@must_fail("test_there_are_no_more_than_asked_for")
class TakesNoneForAll(MemoryIndex):
    def oldest_studies(self, limit: int) -> list[str]:
        return super().oldest_studies(limit or 1000)


@must_fail("test_an_index_without_anything_vouches")
class VouchesForInstancesOnly(MemoryIndex):
    def vouches(self) -> bool:
        return bool(self._tables.totals.instances)


@must_fail("test_an_index_of_what_was_committed_here_vouches")
class ForgetsAtARemovalThatItVouches(MemoryIndex):
    def vouches(self) -> bool:
        return all(each.type is not ChangeType.DELETED for each in self._tables.changes)


@must_fail("test_vouching_changes_nothing_else")
class LogsThatItVouches(MemoryIndex):
    def vouch(self) -> None:
        with self._transaction() as tables:
            tables.log(ChangeType.UPDATED_METADATA, next(iter(tables.rows.values())))


@must_fail("test_what_the_index_answers_stays_as_it_was")
class CompactsTheLogAway(MemoryIndex):
    def compact(self) -> int:
        with self._transaction() as tables:
            tables.changes = [each for each in tables.changes if each.id in tables.rows]
        return 0
