"""The storage kit rejects every storage that breaks a promise, by the test that is meant for it."""

from __future__ import annotations

import inspect
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from fileroom.storage import Storage, StorageCapabilities
from fileroom.testing.memory_storage import MemoryStorage
from fileroom.testing.storage import StorageContract
from tests.contract import (
    storage_hints_mutants,
    storage_list_mutants,
    storage_read_mutants,
    storage_splice_mutants,
    storage_tier_mutants,
)
from tests.contract.storage_hints_mutants import PresigningStorage
from tests.contract.storage_mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom.testing.memory_storage import Objects


__all__ = [  # imported for what they register
    "storage_hints_mutants",
    "storage_list_mutants",
    "storage_read_mutants",
    "storage_splice_mutants",
    "storage_tier_mutants",
]


class PlainStorage(MemoryStorage):
    """The reference storage without what not every storage need have."""

    capabilities = StorageCapabilities()
    splice = Storage.splice


def cases(test: str) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each case of a parametrised test."""
    tables = []
    for mark in getattr(getattr(StorageContract, test), "pytestmark", []):
        name, values = mark.args
        tables.append([{name: value} for value in values])
    for rows in product(*tables):
        yield {name: value for row in rows for name, value in row.items()}


def failures(storage_type: type[MemoryStorage], test: str, folder: Path) -> Iterator[BaseException]:
    """Run the cases of a test of the kit, each on a new storage of this type, and yield how they fail."""
    function = getattr(StorageContract, test)
    for case in cases(test):
        objects: Objects = {}
        fixtures: dict[str, Any] = {
            "open_storage": lambda objects=objects: storage_type(objects),
            "storage": storage_type(objects),
            "tmp_path": folder,
        }
        wanted = inspect.signature(function).parameters.keys() & fixtures.keys()
        try:
            function(StorageContract(), **case, **{name: fixtures[name] for name in wanted})
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - however it fails, it is rejected
            yield error


@pytest.mark.parametrize(("mutant", "test"), MUTANTS, ids=lambda part: getattr(part, "__name__", part))
def test_the_kit_rejects_a_storage_that(mutant: type[MemoryStorage], test: str, tmp_path: Path) -> None:
    assert next(failures(mutant, test, tmp_path), None) is not None


@pytest.mark.parametrize("test", [name for name in dir(StorageContract) if name.startswith("test_")])
@pytest.mark.parametrize("reference", [MemoryStorage, PlainStorage, PresigningStorage])
def test_the_kit_accepts_the_reference_storage(
    test: str, reference: type[MemoryStorage], tmp_path: Path
) -> None:
    if not test.endswith("_is_never_held_whole"):
        assert list(failures(reference, test, tmp_path)) == []


def test_every_test_of_the_kit_rejects_something() -> None:
    tests = {name for name in dir(StorageContract) if name.startswith("test_")}
    assert tests - {test for _, test in MUTANTS} == set()
