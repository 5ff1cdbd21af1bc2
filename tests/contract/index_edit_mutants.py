"""Broken indexes about editing, removing, totals and indexing again: each breaks one promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.index import (
    AddLabel,
    Attach,
    Detach,
    Edited,
    RemoveLabel,
    SetMetadata,
    UnsetMetadata,
)
from fileroom.model import ChangeType, Level
from fileroom.testing.memory_edit import DICOM
from fileroom.testing.memory_index import MemoryIndex
from tests.contract.index_mutants import WritesWithoutALock, must_fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.index import (
        Details,
        Edit,
        Entry,
        Removal,
    )
    from fileroom.model import AttachmentRecord, Header, Statistics
    from fileroom.tags import TagSet
    from fileroom.testing.memory_tables import Row, Tables


# Editing


@must_fail("test_a_wrong_revision_is_refused")
class IgnoresRevisions(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, Attach | Detach):
            edit = replace(edit, if_revision=None)
        return super()._edit_one(tables, edit)


@must_fail("test_a_file_of_another_uuid_is_left_alone")
class IgnoresUuids(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, Attach):
            edit = replace(edit, if_uuid=None)
        return super()._edit_one(tables, edit)


@must_fail("test_a_file_of_another_uuid_is_left_alone")
class LooksAtTheUuidInsteadOfTheRevision(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, Attach) and edit.if_uuid is not None:
            edit = replace(edit, if_revision=None)
        return super()._edit_one(tables, edit)


@must_fail("test_a_file_of_another_uuid_is_left_alone")
class DemandsNoUuidOfNothing(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, Attach) and edit.id in tables.rows:
            there = tables.rows[edit.id].attachments.get(edit.attachment.content_type)
            edit = edit if there else replace(edit, if_uuid=None)
        return super()._edit_one(tables, edit)


@must_fail("test_what_is_noted_of_a_file_leaves_it_where_it_lies")
class CallsWhatIsNotedOfAFileGarbage(MemoryIndex):
    noted: tuple[str, ...] = ()

    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        outcome = super()._edit_one(tables, edit)
        if isinstance(edit, Attach) and edit.if_uuid is not None:
            self.noted = (edit.attachment.locator,)
        return outcome

    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        self.noted = ()
        return [replace(each, garbage=each.garbage + self.noted) for each in super().edit(edits)]


@must_fail("test_metadata_of_another_revision_is_left_alone")
class IgnoresRevisionsOfMetadata(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, SetMetadata | UnsetMetadata):
            edit = replace(edit, if_revision=None)
        return super()._edit_one(tables, edit)


@must_fail("test_of_writers_who_read_the_same_revision_one_wins")
class ReadsTheRevisionBeforeItLocks(WritesWithoutALock):
    pass


@must_fail("test_edits_that_fail_change_nothing")
class EditsOneByOne(MemoryIndex):
    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        return [super(EditsOneByOne, self).edit([edit])[0] for edit in edits]


@must_fail("test_the_dicom_file_is_neither_replaced_nor_detached")
class DetachesTheDicomFile(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, Detach) and edit.content_type == DICOM:
            row = tables.rows[edit.id]
            tables.put(replace(row, attachments={}))
            return Edited(0)
        return super()._edit_one(tables, edit)


@must_fail("test_a_file_attached_again_from_where_it_lies_is_no_garbage")
class CallsTheAttachedFileGarbage(MemoryIndex):
    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        with self._transaction() as tables:
            return [self._edit_one(tables, edit) for edit in edits]


@must_fail("test_detaching_leaves_the_file_as_garbage")
class ForgetsTheDetachedFile(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        outcome = super()._edit_one(tables, edit)
        return replace(outcome, garbage=()) if isinstance(edit, Detach) else outcome


@must_fail("test_setting_a_value_raises_the_revision_even_if_it_is_the_same")
class TakesAnEqualValueForNoChange(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, SetMetadata) and edit.id in tables.rows:
            there = tables.rows[edit.id].metadata.get(edit.name)
            if there and there.value == edit.value:
                return Edited(there.revision)
        return super()._edit_one(tables, edit)


@must_fail("test_names_differ_by_code_point")
class FoldsNamesOfMetadata(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, SetMetadata | UnsetMetadata):
            edit = replace(edit, name=edit.name.casefold())
        return super()._edit_one(tables, edit)


@must_fail("test_a_label_edit_without_effect_is_not_logged")
class LogsLabelsThatWereThere(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        outcome = super()._edit_one(tables, edit)
        if isinstance(edit, AddLabel | RemoveLabel):
            tables.log(ChangeType.UPDATED_LABELS, tables.rows[edit.id])
        return outcome


@must_fail("test_unsetting_what_is_not_there_is_not_found")
class UnsetsWhatIsNotThere(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, UnsetMetadata) and edit.name not in tables.rows[edit.id].metadata:
            return Edited(0)
        return super()._edit_one(tables, edit)


@must_fail("test_metadata_and_labels_come_in_order_of_code_points")
class ListsMetadataAsItWasSet(MemoryIndex):
    def details(self, ids: Sequence[str]) -> list[Details | None]:
        rows = self._tables.rows
        return [
            each and replace(each, metadata=rows[id_].metadata)
            for each, id_ in zip(super().details(ids), ids, strict=True)
        ]


# Removing


@must_fail("test_what_is_beneath_and_ancestors_left_childless_go_too")
class NamesTheParentAsRemaining(MemoryIndex):
    def remove(self, ids: Sequence[str]) -> Removal:
        parents = {each: self._tables.rows[each].parent for each in ids if each in self._tables.rows}
        return replace(super().remove(ids), remaining=parents)


@must_fail("test_what_is_beneath_and_ancestors_left_childless_go_too")
class LeavesEmptyParents(MemoryIndex):
    def remove(self, ids: Sequence[str]) -> Removal:
        before = self._tables.rows
        removal = super().remove(ids)
        with self._transaction() as tables:
            for level, each in removal.removed:
                if level == Level.PATIENT and each not in ids:
                    tables.put(before[each])
        return removal


@must_fail("test_what_is_beneath_and_ancestors_left_childless_go_too")
class LogsNoDeletions(MemoryIndex):
    def remove(self, ids: Sequence[str]) -> Removal:
        changes = self._tables.changes
        removal = super().remove(ids)
        self._store.tables.changes = list(changes)
        return removal


@must_fail("test_children_are_reported_and_logged_before_their_parents")
class ReportsParentsFirst(MemoryIndex):
    def remove(self, ids: Sequence[str]) -> Removal:
        removal = super().remove(ids)
        return replace(removal, removed=removal.removed[::-1])


@must_fail("test_garbage_is_all_that_was_attached_to_what_went")
class ForgetsAttachmentsOfParents(MemoryIndex):
    def remove(self, ids: Sequence[str]) -> Removal:
        rows = self._tables.rows
        removal = super().remove(ids)
        instances = [rows[each] for level, each in removal.removed if level == Level.INSTANCE]
        return replace(removal, garbage=tuple(row.attachments[DICOM].locator for row in instances))


@must_fail("test_one_id_that_is_not_there_keeps_all")
class RemovesOneByOne(MemoryIndex):
    def remove(self, ids: Sequence[str]) -> Removal:
        removals = [super(RemovesOneByOne, self).remove([each]) for each in ids]
        return removals[0]


# Totals, reading and indexing again


@must_fail("test_plain_and_stored_bytes_are_counted_apart")
class CountsPlainBytesTwice(MemoryIndex):
    def statistics(self) -> Statistics:
        totals = super().statistics()
        return replace(totals, stored_bytes=totals.bytes)


@must_fail("test_totals_equal_a_recount_after_every_step")
class ForgetsToSubtract(MemoryIndex):
    def _replaced(self, held: Row, entry: Entry) -> Row:
        row = super()._replaced(held, entry)
        self.drift = held.attachments[DICOM].size
        return row

    def statistics(self) -> Statistics:
        totals = super().statistics()
        return replace(totals, bytes=totals.bytes + getattr(self, "drift", 0))


@must_fail("test_the_walk_can_be_taken_up_after_any_id")
class IncludesAfter(MemoryIndex):
    def attachments(self, after: str | None = None) -> Iterator[tuple[str, AttachmentRecord]]:
        return (each for each in super().attachments() if after is None or each[0] >= after)


@must_fail("test_the_walk_yields_all_in_order_of_ids_and_content_types")
class WalksInOrderOfArrival(MemoryIndex):
    def attachments(self, after: str | None = None) -> Iterator[tuple[str, AttachmentRecord]]:
        rows = self._tables.rows.values()
        return ((row.id, file) for row in rows for file in row.attachments.values())


@must_fail("test_all_that_is_not_derived_from_dicom_stays")
class DropsAttachmentsOnRefresh(MemoryIndex):
    def refresh(self, headers: Sequence[Header]) -> int:
        with self._transaction() as tables:
            for header in headers:
                row = tables.rows.get(header.identity.public_id(Level.INSTANCE))
                if row:
                    tables.put(replace(row, attachments={DICOM: row.attachments[DICOM]}))
        return super().refresh(headers)


@must_fail("test_every_levels_tags_become_those_of_the_header")
class MergesTagsOnRefresh(MemoryIndex):
    def refresh(self, headers: Sequence[Header]) -> int:
        rows = self._tables.rows
        merged = []
        for header in headers:
            line = [rows.get(header.identity.public_id(level)) for level in Level]
            old = {keyword: value for row in line if row for keyword, value in row.tags.items()}
            merged.append(replace(header, tags={**old, **header.tags}))
        return super().refresh(merged)


@must_fail("test_an_extra_tag_of_later_is_searchable_when_the_index_is_complete")
class AnswersBeforeItIsComplete(MemoryIndex):
    def __init__(self, tags: TagSet, store: MemoryIndex.Store | None = None) -> None:
        super().__init__(tags, store)
        self.complete()


@must_fail("test_everything_is_there_after_reopening")
class ForgetsLabelsWhenReopened(MemoryIndex):
    def __init__(self, tags: TagSet, store: MemoryIndex.Store | None = None) -> None:
        super().__init__(tags, store)
        with self._transaction() as tables:
            for row in list(tables.rows.values()):
                tables.put(replace(row, labels=frozenset()))
