"""Broken indexes about mirroring: each breaks one promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.index import Details, Mirrored
from fileroom.testing.memory_index import MemoryIndex
from tests.contract.index_mutants import must_fail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom.index import Entry
    from fileroom.model import AttachmentRecord, Change


class _GivesDetails(MemoryIndex):
    """Makes something else of the attachments that it is given."""

    def mirror(
        self,
        entries: Sequence[Entry],
        details: Mapping[str, Details],
        removed: Sequence[str] = (),
        changes: Sequence[Change] = (),
    ) -> Mirrored:
        rows = self._tables.rows
        given = {
            id_: replace(
                each,
                attachments=tuple(
                    self._given(one, rows[id_].attachments.get(one.content_type) if id_ in rows else None)
                    for one in each.attachments
                ),
            )
            for id_, each in details.items()
        }
        return super().mirror(entries, given, removed, changes)

    def _given(self, file: AttachmentRecord, there: AttachmentRecord | None) -> AttachmentRecord:
        raise NotImplementedError


@must_fail("test_another_attachment_takes_the_place_of_what_is_there")
class KeepsWhateverIsThere(_GivesDetails):
    def _given(self, file: AttachmentRecord, there: AttachmentRecord | None) -> AttachmentRecord:
        return replace(there, revision=file.revision) if there else file


@must_fail("test_another_attachment_takes_the_place_of_what_is_there")
class TakesUnknownBytesForTheSame(_GivesDetails):
    def _given(self, file: AttachmentRecord, there: AttachmentRecord | None) -> AttachmentRecord:
        return replace(there, revision=file.revision) if there and there.digest == file.digest else file


@must_fail("test_details_become_those_given")
class KeepsTheRevisionOfWhatIsThere(_GivesDetails):
    def _given(self, file: AttachmentRecord, there: AttachmentRecord | None) -> AttachmentRecord:
        return there if there and there.is_copy_of(file) else file


@must_fail("test_an_attachment_that_is_there_stays_where_it_lies")
class WritesOverWhereAnAttachmentLies(MemoryIndex):
    def mirror(
        self,
        entries: Sequence[Entry],
        details: Mapping[str, Details],
        removed: Sequence[str] = (),
        changes: Sequence[Change] = (),
    ) -> Mirrored:
        mirrored = super().mirror(entries, details, removed, changes)
        with self._transaction() as tables:
            for id_, each in details.items():
                if id_ in tables.rows:
                    row = tables.rows[id_]
                    files = {one.content_type: one for one in each.attachments if one.content_type != 1}
                    tables.put(replace(row, attachments={**row.attachments, **files}))
        return mirrored


@must_fail("test_details_of_what_is_not_there_are_passed_over_and_are_garbage")
class ForgetsWhatWasNotTaken(MemoryIndex):
    def mirror(
        self,
        entries: Sequence[Entry],
        details: Mapping[str, Details],
        removed: Sequence[str] = (),
        changes: Sequence[Change] = (),
    ) -> Mirrored:
        mirrored = super().mirror(entries, details, removed, changes)
        return replace(mirrored, garbage=tuple(one for each in mirrored.committed for one in each.garbage))
