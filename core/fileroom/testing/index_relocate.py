"""The part of the index kit about bytes that were moved: attachments get another locator, and nothing else.

It is for indexes with the capability ``relocate``; of others only the refusal is tested.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotSupportedError, RevisionError
from fileroom.index import AddLabel, Attach, Detach, Overwrite, Relocation, SetMetadata
from fileroom.tags import TagSet
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import IndexCase, all_changes, details_of, ids_of, is_of, locator_of, state
from fileroom.testing.index_family import FAMILY, A, B

if TYPE_CHECKING:
    from fileroom.index import Index
    from fileroom.model import AttachmentRecord
    from fileroom.testing.index_case import OpenIndex

REPORT = 1024
NOBODY = ids_of(entry("nobody")).study
LOCATORS = (
    "cold:{uuid}",
    "{uuid}",
    "{uuid}/{uuid}",
    "named/ä/山田.dcm",
    "*",
    "*{uuid}",
    "={uuid}",
    "a 'quoted' %_ name",
    "x" * 700,
)
"""Where bytes may go; ``{uuid}`` is the new one."""
_MANY = 600
_TURNS = 12


def move_of(index: Index, public_id: str, content_type: int = 1, to: str = "cold:{uuid}") -> Relocation:
    """Return the move of an attachment that must be there, under a new UUID."""
    uuid = attachment().uuid
    here = locator_of(index, public_id, content_type)
    return Relocation(public_id, content_type, here, to.format(uuid=uuid), uuid)


def _file(index: Index, move: Relocation) -> AttachmentRecord:
    files = details_of(index, move.id).attachments
    return next(file for file in files if file.content_type == move.content_type)


class RelocateContract(IndexCase):
    """Moving what attachments point at."""

    @pytest.fixture(autouse=True)
    def _needs_relocate(self, request: pytest.FixtureRequest) -> None:
        if not is_of(request, RelocateContract):
            return
        index = request.getfixturevalue("open_index")(TagSet.default())
        able = index.capabilities.relocate
        if not able:
            with pytest.raises(NotSupportedError):
                index.relocate([])
        index.close()
        if not able:
            pytest.skip("this index cannot tell where bytes were moved to, and says so")

    @pytest.mark.parametrize("owner", [0, 1, 2, 3], ids=["patient", "study", "series", "instance"])
    def test_locator_and_uuid_change_and_nothing_else(self, index: Index, owner: int) -> None:
        index.commit(FAMILY)
        public_id = ids_of(A)[owner]
        for data in ("old", "new"):  # the second has revision 2
            packed = replace(attachment(REPORT, data), stored_size=1, stored_digest="md5:00", codec="zip")
            index.edit([Attach(public_id, packed)])
        index.edit([Attach(public_id, attachment(REPORT + 1)), SetMetadata(public_id, "n", "v")])
        index.edit([AddLabel(public_id, "l")])
        before = details_of(index, public_id)
        move = move_of(index, public_id, REPORT)
        moved = replace(_file(index, move), locator=move.to, uuid=move.uuid)
        assert index.relocate([move]) == [True]
        files = [moved if file.content_type == REPORT else file for file in before.attachments]
        assert details_of(index, public_id) == replace(before, attachments=tuple(files))
        assert (public_id, moved) in list(index.attachments())

    def test_the_dicom_file_can_be_moved(self, index: Index) -> None:
        index.commit([A, B])
        move = move_of(index, ids_of(A).instance)
        assert index.relocate([move]) == [True]
        file = replace(A.attachment, locator=move.to, uuid=move.uuid)
        assert details_of(index, move.id).attachments == (file,)
        assert details_of(index, ids_of(B).instance).attachments == (B.attachment,)

    def test_nothing_is_logged_and_no_total_changes(self, index: Index) -> None:
        index.commit(FAMILY)
        before = (index.statistics(), all_changes(index), index.held([ids_of(A).instance]))
        assert index.relocate([move_of(index, ids_of(A).instance)]) == [True]
        assert (index.statistics(), all_changes(index), index.held([ids_of(A).instance])) == before

    @pytest.mark.parametrize("to", LOCATORS, ids=lambda to: ascii(to)[:20])
    def test_bytes_may_go_anywhere(self, index: Index, to: str) -> None:
        index.commit([A])
        there = move_of(index, ids_of(A).instance, to=to)
        assert index.relocate([there]) == [True]
        assert locator_of(index, there.id) == there.to
        back = move_of(index, ids_of(A).instance)
        assert index.relocate([back]) == [True]
        assert locator_of(index, back.id) == back.to

    def test_what_is_not_there_is_not_moved(self, index: Index) -> None:
        index.commit([A])
        study, instance = ids_of(A).study, ids_of(A).instance
        index.edit([Attach(study, attachment(REPORT))])
        right = move_of(index, study, REPORT)
        before = state(index)
        moves = [
            *(replace(right, id=each) for each in (NOBODY, "no id", "", study.upper(), instance)),
            replace(right, content_type=REPORT + 1),
            replace(right, locator="elsewhere"),
            replace(right, locator=""),
            replace(right, locator=locator_of(index, instance)),
        ]
        assert index.relocate(moves) == [False] * len(moves)
        assert state(index) == before

    def test_what_was_replaced_detached_or_moved_meanwhile_is_not_moved(self, index: Index) -> None:
        index.commit([A, B])
        study, series = ids_of(A).study, ids_of(A).series
        index.edit([Attach(study, attachment(REPORT)), Attach(series, attachment(REPORT))])
        asked = [(study, REPORT), (series, REPORT), (ids_of(A).instance, 1), (ids_of(B).instance, 1)]
        moves = [move_of(index, *each) for each in asked]
        index.edit([Attach(study, attachment(REPORT, "new")), Detach(series, REPORT)])
        index.commit([entry("A", "1", "1.1", "1.1.1", data="new")], Overwrite.ALWAYS)
        assert index.relocate([move_of(index, ids_of(B).instance)]) == [True]
        before = state(index)
        assert index.relocate(moves) == [False] * 4
        assert state(index) == before

    def test_there_is_one_answer_for_each_in_order(self, index: Index) -> None:
        index.commit(FAMILY)
        right = [move_of(index, ids_of(each).instance) for each in FAMILY]
        wrong = [replace(each, locator="elsewhere") for each in right]
        moves = [right[3], wrong[0], right[1], right[0], wrong[4]]
        assert index.relocate(moves) == [True, False, True, True, False]
        now = [locator_of(index, ids_of(each).instance) for each in FAMILY]
        old = [each.attachment.locator for each in FAMILY]
        assert now == [right[0].to, right[1].to, old[2], right[3].to, old[4]]
        assert index.relocate([]) == []

    def test_moves_of_one_attachment_follow_each_other(self, index: Index) -> None:
        index.commit([A])
        first = move_of(index, ids_of(A).instance)
        second = replace(move_of(index, first.id), locator=first.to)
        assert index.relocate([first, first, second]) == [True, False, True]
        assert locator_of(index, first.id) == second.to

    def test_where_it_lies_now_becomes_garbage_and_where_it_lay_does_not(self, index: Index) -> None:
        index.commit([A])
        study, instance = ids_of(A).study, ids_of(A).instance
        index.edit([Attach(study, attachment(REPORT))])
        moves = [move_of(index, study, REPORT), move_of(index, instance)]
        assert index.relocate(moves) == [True, True]
        assert index.edit([Detach(study, REPORT)])[0].garbage == (moves[0].to,)
        (replaced,) = index.commit([entry("A", "1", "1.1", "1.1.1", data="new")], Overwrite.ALWAYS)
        assert replaced.garbage == (moves[1].to,)

    def test_an_edit_made_of_bytes_that_were_moved_meanwhile_is_refused(self, index: Index) -> None:
        index.commit([A])
        study, file = ids_of(A).study, attachment(REPORT)
        index.edit([Attach(study, file)])
        move = move_of(index, study, REPORT)
        assert index.relocate([move]) == [True]
        with pytest.raises(RevisionError):
            index.edit([Attach(study, replace(file, digest="md5:00"), 1, file.uuid)])
        assert _file(index, move) == replace(file, locator=move.to, uuid=move.uuid)

    def test_moves_outlive_a_restart(self, open_index: OpenIndex) -> None:
        index = open_index(TagSet.default())
        index.commit([A])
        move = move_of(index, ids_of(A).instance)
        assert index.relocate([move]) == [True]
        index.close()
        index = open_index(TagSet.default())
        assert locator_of(index, move.id) == move.to
        index.close()

    def test_many_are_moved_at_once(self, index: Index) -> None:
        entries = [entry(series=str(number % 7), instance=f"9.{number}") for number in range(_MANY)]
        index.commit(entries)
        moves = [
            Relocation(ids_of(each).instance, 1, each.attachment.locator, f"cold:{number}", f"{number}")
            for number, each in enumerate(entries)
        ]
        assert index.relocate(moves) == [True] * _MANY
        assert {file.locator for _, file in index.attachments()} == {move.to for move in moves}

    def test_of_movers_of_one_attachment_one_wins(self, doors: list[Index]) -> None:
        doors[0].commit([A])
        for _ in range(_TURNS):
            moves = [move_of(doors[0], ids_of(A).instance) for _ in range(4)]
            start = threading.Barrier(len(moves))

            def work(number: int, moves: list[Relocation] = moves, start: threading.Barrier = start) -> bool:
                start.wait(timeout=60)
                return doors[number % len(doors)].relocate([moves[number]])[0]

            with ThreadPoolExecutor(len(moves)) as pool:
                won = list(pool.map(work, range(len(moves))))
            assert won.count(True) == 1
            assert locator_of(doors[-1], ids_of(A).instance) == moves[won.index(True)].to

    def test_an_edit_that_keeps_the_bytes_undoes_no_move(self, doors: list[Index]) -> None:
        doors[0].commit([A])
        study = ids_of(A).study
        doors[0].edit([Attach(study, attachment(REPORT))])
        with ThreadPoolExecutor(2) as pool:
            for _ in range(_TURNS):
                move = move_of(doors[0], study, REPORT)
                file, start = _file(doors[0], move), threading.Barrier(2)

                def keep(file: AttachmentRecord = file, start: threading.Barrier = start) -> None:
                    start.wait(timeout=60)
                    with contextlib.suppress(RevisionError):
                        doors[-1].edit([Attach(study, file, file.revision, file.uuid)])

                def relocate(move: Relocation = move, start: threading.Barrier = start) -> bool:
                    start.wait(timeout=60)
                    return doors[0].relocate([move])[0]

                keeping, moving = pool.submit(keep), pool.submit(relocate)
                keeping.result()
                assert moving.result()
                assert locator_of(doors[0], study, REPORT) == move.to

    def test_moves_of_one_call_are_seen_together_or_not_at_all(self, doors: list[Index]) -> None:
        entries = [entry(instance=f"9.{number}") for number in range(25)]
        ids = [ids_of(each).instance for each in entries]
        doors[0].commit(entries)
        done = threading.Event()

        def move() -> None:
            try:
                for turn in range(_TURNS):
                    doors[0].relocate([move_of(doors[0], each, to=f"{turn}:{{uuid}}") for each in ids])
            finally:
                done.set()

        seen = set()
        with ThreadPoolExecutor(1) as pool:
            moving = pool.submit(move)
            while not done.is_set():
                found = doors[-1].details(ids)
                locators = [each.attachments[0].locator for each in found if each]
                seen.add(len({one.partition(":")[0] if ":" in one else "" for one in locators}))
            moving.result()
        assert seen <= {1}
