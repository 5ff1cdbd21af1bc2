"""The part of the index kit about waiting for changes."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from fileroom.index import AddLabel, Attach, SetMetadata
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import SeveralDoors, all_changes, ids_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.index import Index

LONG = 60.0
"""Seconds that no test waits if all is well."""

SOON = 20.0
"""Seconds within which what may be seen a second late is seen, on the busiest of machines."""

STEPS: dict[str, Callable[[Index], object]] = {
    "commit": lambda index: index.commit([entry("A", "2")]),
    "attachment": lambda index: index.edit([Attach(_study(), attachment(1024, "x"))]),
    "metadata": lambda index: index.edit([SetMetadata(_study(), "n", "v")]),
    "label": lambda index: index.edit([AddLabel(_study(), "l")]),
    "removal": lambda index: index.remove([_study()]),
}


class WaitContract(SeveralDoors):
    """Waiting for changes."""

    def test_a_change_that_is_there_ends_a_wait_at_once(self, index: Index) -> None:
        index.commit([entry()])
        for change in all_changes(index):
            for timeout in (0.0, LONG):
                began = time.monotonic()
                assert index.wait_for_changes(change.sequence - 1, timeout) is True
                assert time.monotonic() - began < SOON

    @pytest.mark.parametrize("timeout", [0.0, 0.2])
    def test_a_wait_for_nothing_ends_when_its_time_is_over(self, index: Index, timeout: float) -> None:
        index.commit([entry()])
        last = index.changes().last
        for since in (last, last + 1_000):
            began = time.monotonic()
            assert index.wait_for_changes(since, timeout) is False
            assert timeout * 0.9 <= time.monotonic() - began < timeout + SOON

    def test_nothing_was_logged_in_an_empty_index(self, index: Index) -> None:
        assert index.wait_for_changes(0, 0.0) is False

    @pytest.mark.parametrize("step", STEPS)
    def test_every_kind_of_change_is_seen(self, index: Index, step: str) -> None:
        index.commit([entry("A")])
        since = index.changes().last
        STEPS[step](index)
        assert index.wait_for_changes(since, 0.0) is True

    @pytest.mark.parametrize("step", STEPS)
    def test_a_change_by_another_thread_ends_a_wait(self, doors: list[Index], step: str) -> None:
        here, there = doors[0], doors[-1]
        here.commit([entry("A")])
        since = there.changes().last
        waits = threading.Event()

        def wait() -> bool:
            waits.set()
            return there.wait_for_changes(since, LONG)

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(wait)
            assert waits.wait(SOON)
            STEPS[step](here)
            assert waiting.result(SOON) is True

    def test_many_wait_for_one_change(self, doors: list[Index]) -> None:
        ready = threading.Barrier(7)

        def wait(number: int) -> bool:
            ready.wait(SOON)
            return doors[number % len(doors)].wait_for_changes(0, LONG)

        with ThreadPoolExecutor(6) as pool:
            waiting = [pool.submit(wait, number) for number in range(6)]
            ready.wait(SOON)
            doors[0].commit([entry()])
            assert [each.result(SOON) for each in waiting] == [True] * 6

    def test_one_wait_after_another_misses_nothing(self, doors: list[Index]) -> None:
        read = threading.Semaphore(0)

        def follow() -> list[int]:
            since = 0
            seen: list[int] = []
            while len(seen) < 12:
                assert doors[-1].wait_for_changes(since, LONG)
                page = doors[-1].changes(since)
                seen += [change.sequence for change in page]
                if not len(seen) % 4:
                    read.release()
                since = page.last
            return seen

        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(follow)
            for number in range(3):
                doors[0].commit([entry(str(number))])
                while not reading.done() and not read.acquire(timeout=0.05):
                    pass
            assert reading.result(SOON) == [change.sequence for change in all_changes(doors[0])]


def _study() -> str:
    return ids_of(entry("A")).study
