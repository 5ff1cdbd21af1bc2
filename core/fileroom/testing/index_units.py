"""The part of the index kit about units of work, and about what an index says of its plans."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import FileroomError, NotFoundError
from fileroom.index import AddLabel, Attach, Overwrite, SetMetadata
from fileroom.model import Level
from fileroom.query import Query
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import (
    IndexCase,
    SeveralDoors,
    all_changes,
    all_records,
    details_of,
    ids_of,
    state,
)
from fileroom.testing.index_changes import recount
from fileroom.testing.index_family import FAMILY, A, B, E

if TYPE_CHECKING:
    from fileroom.index import Index

PATIENCE = 60.0
"""Seconds that a test waits for another thread before it fails."""


class UnitContract(SeveralDoors):
    """What a thread does in a block, in one transaction or in several."""

    def test_all_works_within_a_unit(self, doors: list[Index]) -> None:
        index = doors[0]
        with index.unit():
            assert [one.status for one in index.commit(FAMILY)] == ["stored"] * len(FAMILY)
            index.edit([Attach(ids_of(A).study, attachment(1024, "x")), AddLabel(ids_of(A).study, "l")])
            index.commit([entry("A", "1", "1.1", "1.1.1", data="new")], Overwrite.IF_CHANGED)
            index.remove([ids_of(E).patient])
            index.refresh([B.header])
            within = state(index)
            assert len(all_records(index, Query(Level.INSTANCE))) == len(FAMILY) - 1
            assert index.get([ids_of(E).patient]) == [None]
            assert index.statistics() == recount(index)
        assert state(index) == state(doors[-1]) == within

    def test_units_lie_within_each_other(self, doors: list[Index]) -> None:
        index = doors[0]
        with index.unit():
            index.commit([A])
            with index.unit():
                index.commit([E])
                with index.unit():
                    index.edit([AddLabel(ids_of(E).study, "l")])
            index.edit([AddLabel(ids_of(A).study, "l")])
        for one in (A, E):
            assert details_of(doors[-1], ids_of(one).study).labels == ("l",)
        with index.unit():
            index.remove([ids_of(A).patient])
        assert doors[-1].statistics().patients == 1

    def test_a_call_that_fails_within_a_unit_has_no_effect_of_its_own(self, doors: list[Index]) -> None:
        index = doors[0]
        study = ids_of(A).study
        with index.unit():
            index.commit([A])
            with pytest.raises(NotFoundError):
                index.edit([SetMetadata(study, "n", "lost"), AddLabel("no id", "l")])
            with pytest.raises(NotFoundError):
                index.remove([study, "no id"])
            index.edit([AddLabel(study, "kept")])
        details = details_of(doors[-1], study)
        assert (details.metadata, details.labels) == ({}, ("kept",))
        assert index.statistics() == recount(index)

    def test_a_unit_that_is_left_by_an_error_leaves_a_sound_index(self, doors: list[Index]) -> None:
        index = doors[0]
        index.commit([A])
        before = len(all_changes(index))
        error = RuntimeError("of the caller's own")

        def fail_within_a_unit() -> None:
            with index.unit():
                index.commit([B])
                index.commit([E])
                raise error

        with pytest.raises((RuntimeError, FileroomError)) as raised:
            fail_within_a_unit()
        assert raised.value is error
        there = [record is not None for record in index.get([ids_of(B).instance, ids_of(E).instance])]
        assert there in ([True, True], [False, False]), "each call by itself, or none"
        assert there[0] == (len(all_changes(index)) > before)
        assert index.statistics() == recount(doors[-1])
        index.commit([B, E])
        assert doors[-1].statistics().instances == 3

    def test_a_unit_is_its_threads_own(self, doors: list[Index]) -> None:
        here, there = doors[0], doors[-1]
        with ThreadPoolExecutor(1) as pool:
            with here.unit():
                here.commit([A])
                seen = pool.submit(lambda: (there.statistics(), recount(there))).result(PATIENCE)
                here.commit([E])
            assert seen[0] == seen[1]
            assert seen[0].instances in (0, 1)
            pool.submit(there.edit, [AddLabel(ids_of(A).study, "l")]).result(PATIENCE)
        assert details_of(here, ids_of(A).study).labels == ("l",)


class PlansContract(IndexCase):
    """How the usual searches are answered, in words."""

    def test_plans_are_lines_of_text_without_a_patients_values(self, index: Index) -> None:
        secret = entry("SECRET-ID", "1.22.333", PatientName="Doe^Jane", PatientBirthDate="19700301")
        for _ in range(2):
            plans = list(index.plans())
            for line in plans:
                assert line.strip()
                assert line.isprintable()
                assert not any(value in line for value in ("SECRET", "Doe", "Jane", "1.22.333", "19700301"))
            index.commit([secret])

    def test_asking_for_plans_changes_nothing(self, index: Index) -> None:
        index.commit(FAMILY)
        before = state(index)
        list(index.plans())
        assert state(index) == before
