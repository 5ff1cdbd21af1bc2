"""The part of the index kit about several writers and readers at once."""

# ruff: noqa: D102 - a test's name says what it proves
# ruff: noqa: B023 - what a turn binds is called in that turn

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import pytest

from fileroom.errors import NotFoundError, RevisionError
from fileroom.index import Attach, Overwrite, SetMetadata
from fileroom.model import Level, Metadata
from fileroom.query import Query
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import SeveralDoors, all_changes, details_of, ids_of, locator_of
from fileroom.testing.index_changes import recount

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.index import Index

T = TypeVar("T")
WRITERS = 6
ROUNDS = 8


class ConcurrencyContract(SeveralDoors):
    """Several threads on one index, or on two where it can be opened twice."""

    def test_what_one_wrote_the_other_sees_at_once(self, doors: list[Index]) -> None:
        here, there = doors[0], doors[-1]
        here.commit([entry()])
        study = ids_of(entry()).study
        there.edit([SetMetadata(study, "n", "v")])
        assert details_of(here, study).metadata == details_of(there, study).metadata == {"n": Metadata("v")}
        here.remove([study])
        assert there.get([study]) == [None]
        assert there.statistics() == here.statistics() == recount(there)

    @pytest.mark.parametrize(
        ("overwrite", "contents", "losers"),
        [
            (Overwrite.NEVER, ["same"] * WRITERS, "already_stored"),
            (Overwrite.NEVER, [str(number) for number in range(WRITERS)], "conflict"),
            (Overwrite.IF_CHANGED, [str(number) for number in range(WRITERS)], "replaced"),
            (Overwrite.ALWAYS, ["same"] * WRITERS, "replaced"),
        ],
    )
    def test_writers_of_one_instance_agree_on_one_winner(
        self, doors: list[Index], overwrite: Overwrite, contents: list[str], losers: str
    ) -> None:
        for turn in range(ROUNDS):
            entries = [entry(str(turn), data=data) for data in contents]
            outcomes = _at_once(doors, lambda door, number: door.commit([entries[number]], overwrite))
            statuses = Counter(outcome.status for (outcome,) in outcomes)
            assert statuses == {"stored": 1, losers: WRITERS - 1}
            garbage = [locator for (outcome,) in outcomes for locator in outcome.garbage]
            kept = locator_of(doors[0], ids_of(entries[0]).instance)
            assert sorted([*garbage, kept]) == sorted(each.attachment.locator for each in entries)
        totals = doors[-1].statistics()
        assert (totals.patients, totals.studies, totals.series, totals.instances) == (ROUNDS,) * 4

    def test_writers_of_one_study_make_it_once(self, doors: list[Index]) -> None:
        for turn in range(ROUNDS):
            _at_once(doors, lambda door, number: door.commit([entry(study=str(turn), instance=str(number))]))
        logged = Counter(change.type.label for change in all_changes(doors[0]))
        assert logged == {
            "NewPatient": 1,
            "NewStudy": ROUNDS,
            "NewSeries": ROUNDS,
            "NewInstance": ROUNDS * WRITERS,
        }
        assert doors[0].statistics() == recount(doors[-1])

    def test_of_writers_who_read_the_same_revision_one_wins(self, doors: list[Index]) -> None:
        doors[0].commit([entry()])
        study = ids_of(entry()).study

        for turn in range(ROUNDS):
            won = _at_once(doors, lambda door, number: _set_if(door, study, str(number), turn))
            assert won.count(True) == 1
            assert details_of(doors[-1], study).metadata["n"].value == str(won.index(True))

    def test_writers_who_store_and_remove_leave_a_sound_index(self, doors: list[Index]) -> None:
        def work(door: Index, number: int) -> None:
            for turn in range(ROUNDS):
                mine = [entry("P", str(turn), instance=f"{number}.{each}") for each in range(3)]
                door.commit(mine)
                victim = ids_of(mine[0])[1 + turn % 3]
                try:
                    door.edit([Attach(victim, attachment(1024, "x" * number))])
                    door.remove([victim])
                except NotFoundError:
                    pass  # another writer removed it with a parent

        _at_once(doors, work)
        index = doors[-1]
        assert index.statistics() == recount(index)
        for level in (Level.PATIENT, Level.STUDY, Level.SERIES):
            parents = {record.id for record in index.find(Query(level)).records}
            below = index.find(Query(Level(level + 1))).records
            assert {record.parent.id for record in below if record.parent} == parents
        sequences = [change.sequence for change in all_changes(index)]
        assert len(sequences) == len(set(sequences))

    def test_readers_see_a_batch_whole_or_not_at_all(self, doors: list[Index]) -> None:
        done = threading.Event()

        def write(door: Index) -> None:
            for turn in range(ROUNDS):
                door.commit([entry(study=str(turn), instance=str(number)) for number in range(25)])
            done.set()

        counts = set()
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write, doors[0])
            while not done.is_set() and not writing.done():
                counts.add(doors[-1].count(Query(Level.INSTANCE)))
            writing.result()
        assert {count % 25 for count in counts} <= {0}

    def test_a_reader_of_the_change_log_misses_nothing(self, doors: list[Index]) -> None:
        done = threading.Event()
        read: list[int] = []

        def follow(door: Index) -> None:
            since, finished = 0, False
            while not finished:
                stop = done.is_set()
                page = door.changes(since=since, limit=7)
                read.extend(change.sequence for change in page.changes)
                since, finished = page.last, page.done and stop

        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(follow, doors[-1])
            for turn in range(ROUNDS):
                _at_once(doors, lambda door, number: door.commit([entry(str(turn), str(number))]))
            done.set()
            reading.result()
        assert read == [change.sequence for change in all_changes(doors[0])]


def _set_if(door: Index, study: str, value: str, revision: int) -> bool:
    """Set a value if it has this revision, and say whether it had."""
    try:
        door.edit([SetMetadata(study, "n", value, if_revision=revision)])
    except RevisionError:
        return False
    return True


def _at_once(doors: list[Index], work: Callable[[Index, int], T]) -> list[T]:
    """Let writers begin at the same time, each with a number and one of the doors."""
    barrier = threading.Barrier(WRITERS)

    def begin(number: int) -> T:
        barrier.wait(timeout=60)
        return work(doors[number % len(doors)], number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(begin, range(WRITERS)))
