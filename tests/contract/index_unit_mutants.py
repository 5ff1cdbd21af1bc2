"""Broken indexes about waiting for changes, units and plans: each breaks one promise."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.errors import CatalogError, NotFoundError
from fileroom.index import AddLabel
from fileroom.model import ChangeType, Level
from fileroom.query import Query
from fileroom.testing.memory_index import MemoryIndex
from tests.contract.index_mutants import must_fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.index import Committed, Edit, Edited, Entry, Overwrite, Removal
    from fileroom.model import Statistics
    from fileroom.tags import TagSet


# Waiting


@must_fail("test_a_change_that_is_there_ends_a_wait_at_once")
class CountsChangesFromTheOneGiven(MemoryIndex):
    def wait_for_changes(self, since: int, timeout: float) -> bool:
        return super().wait_for_changes(since + 1, min(timeout, 0.0))


@must_fail("test_a_wait_for_nothing_ends_when_its_time_is_over")
class GivesUpAtOnce(MemoryIndex):
    def wait_for_changes(self, since: int, timeout: float) -> bool:
        return super().wait_for_changes(since, 0.0)


@must_fail("test_nothing_was_logged_in_an_empty_index")
class SaysYesToThoseWhoHaveReadNothing(MemoryIndex):
    def wait_for_changes(self, since: int, timeout: float) -> bool:
        return since == 0 or super().wait_for_changes(since, timeout)


@must_fail("test_every_kind_of_change_is_seen")
class WaitsForNewInstancesOnly(MemoryIndex):
    def wait_for_changes(self, since: int, timeout: float) -> bool:
        return bool(self.changes(since, 1, [ChangeType.NEW_INSTANCE]).changes)


@must_fail("test_a_change_by_another_thread_ends_a_wait")
class LooksOnce(MemoryIndex):
    def wait_for_changes(self, since: int, timeout: float) -> bool:
        found = super().wait_for_changes(since, 0.0)
        time.sleep(min(timeout, 0.05))
        return found


@must_fail("test_many_wait_for_one_change")
class WakesOnlyOne(MemoryIndex):
    _turn = threading.Lock()

    def wait_for_changes(self, since: int, timeout: float) -> bool:
        if not self._turn.acquire(blocking=False):
            return False
        try:
            return super().wait_for_changes(since, timeout)
        finally:
            time.sleep(0.05)
            self._turn.release()


@must_fail("test_one_wait_after_another_misses_nothing")
class WakesOnce(MemoryIndex):
    _woken = False

    def wait_for_changes(self, since: int, timeout: float) -> bool:
        if self._woken:
            return False
        self._woken = super().wait_for_changes(since, timeout)
        return self._woken


# Units


@must_fail("test_all_works_within_a_unit")
class ForgetsRemovalsWithinAUnit(MemoryIndex):
    _within = False

    @contextlib.contextmanager
    def unit(self) -> Iterator[None]:
        self._within = True
        yield
        self._within = False

    def remove(self, ids: Sequence[str]) -> Removal:
        if self._within and len(ids) == 1:
            before = self._tables
            removal = super().remove(ids)
            self._store.tables = before
            return removal
        return super().remove(ids)


@must_fail("test_units_lie_within_each_other")
class HasOneUnitAtATime(MemoryIndex):
    def __init__(self, tags: TagSet, store: MemoryIndex.Store | None = None) -> None:
        super().__init__(tags, store)
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def unit(self) -> Iterator[None]:
        assert self._turn.acquire(blocking=False), "a unit is open"
        try:
            yield
        finally:
            self._turn.release()


class _UndoesUnits(MemoryIndex):
    """Undoes what a unit did that is left by an error."""

    @contextlib.contextmanager
    def unit(self) -> Iterator[None]:
        before = self._tables
        try:
            yield
        except BaseException:
            self._store.tables = before
            raise


@must_fail("test_a_call_that_fails_within_a_unit_has_no_effect_of_its_own")
class KeepsEditsBeforeTheOneThatFailed(_UndoesUnits):
    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        return [one for edit in edits for one in super(_UndoesUnits, self).edit([edit])]


@must_fail("test_a_unit_that_is_left_by_an_error_leaves_a_sound_index")
class UndoesTheLastCallOnly(MemoryIndex):
    def commit(self, entries: Sequence[Entry], overwrite: Overwrite | None = None) -> list[Committed]:
        self._before = self._tables
        return super().commit(entries) if overwrite is None else super().commit(entries, overwrite)

    @contextlib.contextmanager
    def unit(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._store.tables = self._before
            raise


@must_fail("test_a_unit_that_is_left_by_an_error_leaves_a_sound_index")
class TakesEveryErrorForItsOwn(MemoryIndex):
    @contextlib.contextmanager
    def unit(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise CatalogError("the unit failed") from error


@must_fail("test_a_unit_is_its_threads_own")
class CountsTheUnitsOfOthers(MemoryIndex):
    """Totals go ahead of what is there, as long as a unit lasts."""

    _units = 0

    @contextlib.contextmanager
    def unit(self) -> Iterator[None]:
        CountsTheUnitsOfOthers._units += 1
        yield
        CountsTheUnitsOfOthers._units -= 1

    def statistics(self) -> Statistics:
        totals = super().statistics()
        return replace(totals, instances=totals.instances + self._units)


# Plans


@must_fail("test_plans_are_lines_of_text_without_a_patients_values")
class ShowsWhatItSearchedFor(MemoryIndex):
    def plans(self) -> Iterator[str]:
        for record in self.find(Query(Level.PATIENT)).records:
            yield f"PatientID = {record.uid}: by the index of identifiers"


@must_fail("test_asking_for_plans_changes_nothing")
class LabelsWhatItTriesPlansOn(MemoryIndex):
    def plans(self) -> Iterator[str]:
        for record in self.find(Query(Level.STUDY)).records:
            with contextlib.suppress(NotFoundError):
                self.edit([AddLabel(record.id, "tried")])
        yield "by looking"
