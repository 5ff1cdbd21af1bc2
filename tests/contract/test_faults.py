"""The fault wrappers strike at the step they are told, and otherwise do what the wrapped backend does."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import CatalogError, StorageError, StorageFullError
from fileroom.index import Index
from fileroom.storage import Storage
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom.testing.faults import EXIT_STATUS, Died, FaultyIndex, FaultyStorage
from fileroom.testing.memory_index import MemoryIndex
from fileroom.testing.memory_storage import MemoryStorage
from fileroom.testing.storage import StorageContract
from fileroom.testing.storage_case import listed, new_item

if TYPE_CHECKING:
    from fileroom.testing.memory_storage import Objects
    from fileroom.testing.storage_case import OpenStorage


class TestWithoutFaults(StorageContract):
    holds_in_memory = True

    @pytest.fixture
    def open_storage(self) -> OpenStorage:
        objects: Objects = {}
        return lambda: FaultyStorage(MemoryStorage(objects), {})


@pytest.mark.parametrize(("wrapper", "contract"), [(FaultyStorage, Storage), (FaultyIndex, Index)])
def test_every_method_of_the_contract_has_its_steps(wrapper: type, contract: type) -> None:
    methods = {name for name, _ in inspect.getmembers(contract, callable) if not name.startswith("_")}
    assert methods - vars(wrapper).keys() <= {"put"}  # which is a put_many


@pytest.mark.parametrize("step", [1, 2, 3])
def test_an_error_at_any_step_of_a_put_leaves_nothing(step: int) -> None:
    storage = FaultyStorage(MemoryStorage(), {"put_many": step}, StorageFullError("full"))
    with pytest.raises(StorageFullError):
        storage.put_many([new_item(b"x") for _ in range(4)])
    assert storage.struck
    assert listed(storage) == {}


@pytest.mark.parametrize(("step", "left"), [(1, 0), (2, 2), (3, 4)])
def test_death_in_a_put_leaves_what_was_done(step: int, left: int) -> None:
    storage = FaultyStorage(MemoryStorage(), {"put_many": step}, Died())
    with pytest.raises(Died):
        storage.put_many([new_item(b"x") for _ in range(4)])
    assert len(listed(storage)) == left


def test_steps_are_counted_over_calls_and_strike_once() -> None:
    storage = FaultyStorage(MemoryStorage(), {"stat": 4})
    locator = storage.put_many([new_item(b"x")])[0].locator
    storage.stat(locator)
    with pytest.raises(StorageError):
        storage.stat(locator)
    assert storage.stat(locator).size == 1


@pytest.mark.parametrize(("step", "committed"), [(1, False), (2, True)])
def test_an_index_can_fail_before_and_after_it_commits(step: int, committed: bool) -> None:
    index = FaultyIndex(MemoryIndex(TagSet.default()), {"commit": step})
    with pytest.raises(CatalogError):
        index.commit([entry()])
    assert (index.statistics().instances == 1) is committed


def test_a_fault_can_end_the_process() -> None:
    code = (
        "from fileroom.testing.faults import FaultyStorage; from fileroom.testing.memory_storage import *; "
        "FaultyStorage(MemoryStorage(), {'list': 1}, die=True).list(); print('alive')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (run.returncode, run.stdout) == (EXIT_STATUS, b"")
