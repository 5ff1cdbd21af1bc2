"""Broken indexes about bytes that were moved: each breaks one promise."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.index import Attach
from fileroom.model import ChangeType
from fileroom.testing.memory_edit import DICOM
from fileroom.testing.memory_index import MemoryIndex
from tests.contract.index_mutants import WritesWithoutALock, must_fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.index import Edit, Edited, Relocation
    from fileroom.model import AttachmentRecord
    from fileroom.testing.memory_tables import Tables


class _ChangesMore(MemoryIndex):
    """Changes more of the record of what was moved than it may."""

    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        outcomes = super().relocate(moves)
        with self._transaction() as tables:
            for move, moved in zip(moves, outcomes, strict=True):
                if moved:
                    row = tables.rows[move.id]
                    file = self._changed(row.attachments[move.content_type], move)
                    tables.put(replace(row, attachments={**row.attachments, move.content_type: file}))
        return outcomes

    def _changed(self, file: AttachmentRecord, move: Relocation) -> AttachmentRecord:
        raise NotImplementedError


@must_fail("test_locator_and_uuid_change_and_nothing_else")
class RaisesTheRevisionOfWhatWasMoved(_ChangesMore):
    def _changed(self, file: AttachmentRecord, move: Relocation) -> AttachmentRecord:
        return replace(file, revision=file.revision + 1)


@must_fail("test_locator_and_uuid_change_and_nothing_else")
class ForgetsHowItIsStored(_ChangesMore):
    def _changed(self, file: AttachmentRecord, move: Relocation) -> AttachmentRecord:
        return replace(file, stored_size=file.size, stored_digest=file.digest, codec="none")


@must_fail("test_locator_and_uuid_change_and_nothing_else")
class MovesInstancesOnly(MemoryIndex):
    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        return super().relocate([replace(each, id=each.id * (each.content_type == DICOM)) for each in moves])


@must_fail("test_the_dicom_file_can_be_moved")
class LeavesTheDicomFileWhereItLies(MemoryIndex):
    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        return super().relocate([replace(each, id=each.id * (each.content_type != DICOM)) for each in moves])


@must_fail("test_the_dicom_file_can_be_moved")
class KeepsTheOldUuid(_ChangesMore):
    def _changed(self, file: AttachmentRecord, move: Relocation) -> AttachmentRecord:
        return replace(file, uuid=move.locator)


@must_fail("test_nothing_is_logged_and_no_total_changes")
class LogsMoves(MemoryIndex):
    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        outcomes = super().relocate(moves)
        with self._transaction() as tables:
            for move in moves:
                tables.log(ChangeType.UPDATED_ATTACHMENT, tables.rows[move.id])
        return outcomes


@must_fail("test_bytes_may_go_anywhere")
class CutsLocators(_ChangesMore):
    def _changed(self, file: AttachmentRecord, move: Relocation) -> AttachmentRecord:
        return replace(file, locator=file.locator[:255])


@must_fail("test_what_is_not_there_is_not_moved")
class MovesWhateverTheLocator(MemoryIndex):
    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        return super().relocate([replace(each, locator=self._where(each) or each.locator) for each in moves])

    def _where(self, move: Relocation) -> str | None:
        row = self._tables.rows.get(move.id)
        file = row.attachments.get(move.content_type) if row else None
        return file.locator if file else None


@must_fail("test_what_was_replaced_detached_or_moved_meanwhile_is_not_moved")
class AttachesAgainWhatIsGone(MovesWhateverTheLocator):
    pass


@must_fail("test_there_is_one_answer_for_each_in_order")
class MovesAllOrNothing(MemoryIndex):
    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        before = self._store.tables
        outcomes = super().relocate(moves)
        if not all(outcomes):
            self._store.tables = before
            return [False] * len(moves)
        return outcomes


@must_fail("test_moves_of_one_attachment_follow_each_other")
class LooksAtAllBeforeItMovesAny(MemoryIndex):
    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        last = {(each.id, each.content_type): each for each in reversed(moves)}
        done = dict(zip(last, super().relocate(list(last.values())), strict=True))
        return [
            done[each.id, each.content_type] and each is last[each.id, each.content_type] for each in moves
        ]


@must_fail("test_where_it_lies_now_becomes_garbage_and_where_it_lay_does_not")
class TellsMovesByTheUuidAlone(_ChangesMore):
    def _changed(self, file: AttachmentRecord, move: Relocation) -> AttachmentRecord:
        return replace(file, locator=move.locator)


@must_fail("test_an_edit_made_of_bytes_that_were_moved_meanwhile_is_refused")
class TellsEditsByTheRevisionAlone(MemoryIndex):
    def _edit_one(self, tables: Tables, edit: Edit) -> Edited:
        if isinstance(edit, Attach) and edit.if_revision is not None:
            edit = replace(edit, if_uuid=None)
        return super()._edit_one(tables, edit)


@must_fail("test_an_edit_that_keeps_the_bytes_undoes_no_move")
class EditsAndMovesWithoutALock(WritesWithoutALock):
    pass


@must_fail("test_moves_outlive_a_restart")
class ForgetsMoves(MemoryIndex):
    def close(self) -> None:
        with self._transaction() as tables:
            for row in list(tables.rows.values()):
                files = {number: self._moved_back(file) for number, file in row.attachments.items()}
                tables.put(replace(row, attachments=files))

    def _moved_back(self, file: AttachmentRecord) -> AttachmentRecord:
        return replace(file, locator=file.locator.removeprefix("cold:"))


@must_fail("test_many_are_moved_at_once")
class MovesTheFirstFew(MemoryIndex):
    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        return super().relocate(moves[:500]) + [False] * len(moves[500:])


@must_fail("test_of_movers_of_one_attachment_one_wins")
class MovesWithoutALock(WritesWithoutALock):
    pass


@must_fail("test_moves_of_one_call_are_seen_together_or_not_at_all")
class MovesOneByOne(MemoryIndex):
    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        outcomes = []
        for each in moves:
            outcomes += super().relocate([each])
            time.sleep(0.0005)
        return outcomes
