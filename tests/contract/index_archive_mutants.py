"""Broken indexes about what hangs on the archive itself: each breaks one promise."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.index import AddLabel, Details, Removal, RemoveLabel
from fileroom.model import ARCHIVE_ID, Change, ChangeType, Level
from fileroom.testing.memory_index import MemoryIndex
from fileroom.testing.memory_tables import Owner
from tests.contract.index_mutants import WritesWithoutALock, must_fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fileroom.index import Committed, Edit, Edited, Entry, Held, Mirrored, Relocation
    from fileroom.model import AttachmentRecord, ResourceRecord, Statistics
    from fileroom.tags import TagSet
    from fileroom.testing.memory_tables import Tables


@must_fail("test_the_archive_itself_is_there_from_the_beginning")
class KnowsTheArchiveOnceSomethingHangsThere(MemoryIndex):
    def details(self, ids: Sequence[str]) -> list[Details | None]:
        found = super().details(ids)
        return [
            None if each == ARCHIVE_ID and one == Details() else one
            for each, one in zip(ids, found, strict=True)
        ]


@must_fail("test_the_archive_itself_takes_attachments")
class ShowsOneAttachmentOfTheArchive(MemoryIndex):
    def details(self, ids: Sequence[str]) -> list[Details | None]:
        found = super().details(ids)
        return [
            one and replace(one, attachments=one.attachments[-1:] if each == ARCHIVE_ID else one.attachments)
            for each, one in zip(ids, found, strict=True)
        ]


@must_fail("test_the_archive_itself_takes_metadata_and_labels")
class LabelsResourcesOnly(MemoryIndex):
    def details(self, ids: Sequence[str]) -> list[Details | None]:
        found = super().details(ids)
        return [
            one and replace(one, labels=() if each == ARCHIVE_ID else one.labels)
            for each, one in zip(ids, found, strict=True)
        ]


@must_fail("test_edits_of_the_archive_itself_are_checked_like_all_others")
class ChecksNoRevisionOfTheArchive(MemoryIndex):
    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        return super().edit([_unchecked(each) if each.id == ARCHIVE_ID else each for each in edits])


def _unchecked(edit: Edit) -> Edit:
    if isinstance(edit, AddLabel | RemoveLabel):
        return edit
    return replace(edit, if_revision=None)


@must_fail("test_what_hangs_on_a_patient_and_on_the_archive_itself_is_kept_apart")
class HangsItOnTheFirstPatient(MemoryIndex):
    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        first = next(iter(self._tables.rows), ARCHIVE_ID)
        return super().edit([replace(each, id=first) if each.id == ARCHIVE_ID else each for each in edits])


@must_fail("test_nothing_is_logged_of_the_archive_itself")
class LogsWhatHappensToTheArchive(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        edited = super()._edit_one(tables, edit)
        if edit.id == ARCHIVE_ID:
            last = tables.changes[-1]
            change = Change(
                last.sequence + 1, ChangeType.UPDATED_METADATA, Level.PATIENT, ARCHIVE_ID, last.date
            )
            tables.changes.append(change)
        return edited


@must_fail("test_the_archive_itself_is_no_resource")
class ShowsTheArchiveAsAResource(MemoryIndex):
    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        first = next(iter(self._tables.rows), "")
        return super().get([first if each == ARCHIVE_ID else each for each in ids], computed)


@must_fail("test_the_archive_itself_is_no_resource")
class HoldsTheArchive(MemoryIndex):
    def held(self, ids: Sequence[str]) -> dict[str, Held]:
        found = super().held(ids)
        if ARCHIVE_ID in ids:
            found |= dict.fromkeys([ARCHIVE_ID], next(iter(super().held(list(self._tables.rows)).values())))
        return found


@must_fail("test_the_archive_itself_is_no_resource")
class RemovesTheArchiveGladly(MemoryIndex):
    def remove(self, ids: Sequence[str]) -> Removal:
        return super().remove([each for each in ids if each != ARCHIVE_ID])


@must_fail("test_it_outlives_all_resources")
class ClearsTheArchiveWithTheLastPatient(MemoryIndex):
    def _remove(self, tables: Tables, ids: Sequence[str]) -> Removal:
        removal = super()._remove(tables, ids)
        if not tables.rows:
            tables.put(Owner(ARCHIVE_ID))
        return removal


@must_fail("test_the_walk_begins_with_its_attachments")
class WalksThroughResourcesOnly(MemoryIndex):
    def attachments(self, after: str | None = None) -> Iterator[tuple[str, AttachmentRecord]]:
        return super().attachments(after or ARCHIVE_ID)


@must_fail("test_the_walk_begins_with_its_attachments")
class AlwaysBeginsWithTheArchive(MemoryIndex):
    def attachments(self, after: str | None = None) -> Iterator[tuple[str, AttachmentRecord]]:
        yield from ((ARCHIVE_ID, file) for _, file in sorted(self._tables.archive.attachments.items()))
        yield from super().attachments(after or ARCHIVE_ID)


@must_fail("test_totals_count_its_attachments")
class CountsAttachmentsOfResourcesOnly(MemoryIndex):
    def statistics(self) -> Statistics:
        totals, own = super().statistics(), self._tables.archive.attachments.values()
        return replace(
            totals,
            attachments=totals.attachments - len(own),
            bytes=totals.bytes - sum(file.size for file in own),
            stored_bytes=totals.stored_bytes - sum(file.stored_size for file in own),
        )


@must_fail("test_restoring_adds_what_the_archive_itself_has_not")
class RestoresResourcesOnly(MemoryIndex):
    def restore(
        self, entries: Sequence[Entry], details: Mapping[str, Details], changes: Sequence[Change] = ()
    ) -> list[Committed]:
        return super().restore(
            entries, {each: one for each, one in details.items() if each != ARCHIVE_ID}, changes
        )


@must_fail("test_mirroring_makes_the_archive_itself_like_another")
class MirrorsResourcesOnly(MemoryIndex):
    def mirror(
        self,
        entries: Sequence[Entry],
        details: Mapping[str, Details],
        removed: Sequence[str] = (),
        changes: Sequence[Change] = (),
    ) -> Mirrored:
        kept = {each: one for each, one in details.items() if each != ARCHIVE_ID}
        return super().mirror(entries, kept, removed, changes)


@must_fail("test_its_attachments_can_be_moved")
class MovesAttachmentsOfResourcesOnly(MemoryIndex):
    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        return super().relocate([replace(each, id=each.id * (each.id != ARCHIVE_ID)) for each in moves])


@must_fail("test_it_is_there_after_reopening_and_compacting")
class ForgetsTheArchiveAtTheEnd(MemoryIndex):
    def __init__(self, tags: TagSet, store: MemoryIndex.Store | None = None) -> None:
        super().__init__(tags, store)
        with self._transaction() as tables:
            tables.put(Owner(ARCHIVE_ID))


@must_fail("test_it_is_there_after_reopening_and_compacting")
class CompactsTheArchiveAway(MemoryIndex):
    def compact(self) -> int:
        with self._transaction() as tables:
            tables.put(replace(tables.archive, metadata={}))
        return 0


@must_fail("test_of_two_who_change_it_at_once_one_is_told")
class ChangesTheArchiveWithoutALock(WritesWithoutALock):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        edited = super()._edit_one(tables, edit)
        time.sleep(0.001)
        return edited
