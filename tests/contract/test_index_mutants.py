"""The index kit rejects every index that breaks a promise, by the test that is meant for it."""

from __future__ import annotations

import inspect
import unittest
from collections import defaultdict
from contextlib import redirect_stdout
from io import StringIO
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, settings

from fileroom.tags import TagSet
from fileroom.testing.index import IndexContract
from fileroom.testing.index_archive import ArchiveContract
from fileroom.testing.index_corpus import TAGS, corpus, corpus_edits
from fileroom.testing.index_machine import index_machine
from fileroom.testing.index_units import PlansContract, UnitContract
from fileroom.testing.index_waiting import WaitContract
from fileroom.testing.memory_index import MemoryIndex
from tests.contract import (
    index_archive_mutants,
    index_edit_mutants,
    index_history_mutants,
    index_mirror_mutants,
    index_mutants,
    index_paging_mutants,
    index_relocate_mutants,
    index_search_mutants,
    index_unit_mutants,
)
from tests.contract.index_mutants import MUTANTS

__all__ = [
    "index_archive_mutants",
    "index_mirror_mutants",
    "index_unit_mutants",
]  # imported for what it registers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom.index import Index


FOUND_BY_THE_MACHINE = [
    index_mutants.ReportsConflictsAsAlreadyStored,
    index_mutants.NormalisesIdentifiers,
    index_edit_mutants.IgnoresRevisions,
    index_edit_mutants.NamesTheParentAsRemaining,
    index_edit_mutants.MergesTagsOnRefresh,
    index_history_mutants.BeginsRevisionsOfDetailsAnew,
    index_history_mutants.LogsWhatItRestores,
    index_relocate_mutants.KeepsTheOldUuid,
    index_relocate_mutants.LogsMoves,
    index_search_mutants.IgnoresKeysOfUpperLevels,
    index_paging_mutants.TurnsTiesRoundEachTime,
]


def cases(test: str) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each case of a parametrised test."""
    function = getattr(IndexContract, test)
    tables = []
    for mark in reversed(getattr(function, "pytestmark", [])):
        names, rows = mark.args[:2]
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
        tables.append([dict(zip(names, row if len(names) > 1 else [row], strict=True)) for row in rows])
    for rows in product(*tables):
        yield {name: value for row in rows for name, value in row.items()}


def run(index_type: type[MemoryIndex], test: str, case: dict[str, Any]) -> None:
    """Run one case of a test of the kit on a new index of this type."""
    store = MemoryIndex.Store()

    def open_index(tags: TagSet) -> Index:
        return index_type(tags, store)

    arguments: dict[str, Any] = dict(case)
    for name in inspect.signature(getattr(IndexContract, test)).parameters.keys() - {"self", *case}:
        if name == "open_index":
            arguments[name] = open_index
        elif name == "index":
            arguments[name] = open_index(TagSet.default())
        elif name == "doors":
            arguments[name] = [open_index(TagSet.default()), open_index(TagSet.default())]
        elif name == "archive":
            arguments[name] = open_index(TAGS)
            arguments[name].commit(corpus())
            arguments[name].edit(corpus_edits())
    getattr(IndexContract(), test)(**arguments)


def rejects(index_type: type[MemoryIndex], test: str) -> bool:
    for case in cases(test):
        try:
            run(index_type, test, case)
        except (AssertionError, pytest.fail.Exception):
            return True
    return False


@pytest.mark.parametrize(("mutant", "test"), MUTANTS, ids=[mutant.__name__ for mutant, _ in MUTANTS])
def test_the_kit_rejects_an_index_that(mutant: type[MemoryIndex], test: str) -> None:
    assert rejects(mutant, test)


@pytest.mark.parametrize("test", sorted({test for _, test in MUTANTS}))
def test_the_reference_index_passes(test: str) -> None:
    assert not rejects(MemoryIndex, test)


@pytest.mark.parametrize("mutant", FOUND_BY_THE_MACHINE)
def test_the_machine_rejects_an_index_that(mutant: type[MemoryIndex]) -> None:
    assert not _lives(mutant)


def _lives(index_type: type[MemoryIndex]) -> bool:
    stores: dict[Path, MemoryIndex.Store] = defaultdict(MemoryIndex.Store)
    case = index_machine(lambda folder, tags: index_type(tags, stores[folder]))
    quick = settings(max_examples=50, deadline=None, phases=[Phase.generate], database=None, derandomize=True)
    case.settings = quick  # type: ignore[attr-defined]
    result = unittest.TestResult()
    with redirect_stdout(StringIO()):
        case("runTest").run(result)
    return result.wasSuccessful()


@pytest.mark.parametrize("contract", [ArchiveContract, WaitContract, UnitContract, PlansContract])
def test_every_test_of_these_parts_rejects_something(contract: type) -> None:
    tests = {name for name in vars(contract) if name.startswith("test_")}
    assert tests - {test for _, test in MUTANTS} == set()


def test_every_mutant_is_registered_once() -> None:
    names = [mutant.__name__ for mutant, _ in MUTANTS]
    assert len(names) == len(set(names)) > 25
