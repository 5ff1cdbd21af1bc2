"""Following the change log: what was, what comes, and when to stop."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.model import Change, ChangeType
from fileroom.testing.faults import FaultyIndex
from tests.integration.migration_archives import Memory, instance, open_archive

PATIENCE = 30.0


@pytest.fixture(params=["memory", "sqlite", "linear"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with open_archive(Memory(), request.param, tmp_path / "archive") as archive:
        yield archive


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


class Follower:
    """Follows in another thread, and tells what it sees."""

    def __init__(self, pool: ThreadPoolExecutor, changes: Iterator[Change]) -> None:
        self.seen: queue.Queue[Change] = queue.Queue()
        self.ended: Future[None] = pool.submit(self._run, changes)

    def _run(self, changes: Iterator[Change]) -> None:
        for change in changes:
            self.seen.put(change)

    def next(self, count: int) -> list[Change]:
        return [self.seen.get(timeout=PATIENCE) for _ in range(count)]


def test_what_was_logged_comes_first_in_order(archive: Archive) -> None:
    for number in range(1, 4):
        archive.store(instance(number)).check()
    logged = list(archive.changes())
    assert list(islice(archive.changes(follow=True), len(logged))) == logged
    assert list(islice(archive.changes(limit=1, follow=True), len(logged))) == logged
    since = logged[2].sequence
    assert list(islice(archive.changes(since, follow=True), len(logged) - 3)) == logged[3:]


def test_what_comes_later_is_waited_for(archive: Archive, pool: ThreadPoolExecutor) -> None:
    stop = threading.Event()
    follower = Follower(pool, archive.changes(follow=True, stop=stop))
    archive.store(instance(1)).check()
    assert [change.type.label for change in follower.next(4)] == [
        *("NewPatient", "NewStudy", "NewSeries", "NewInstance")
    ]
    (patient,) = archive.find("patient")
    patient.labels.add("seen")
    patient.delete()
    assert [change.type for change in follower.next(5)] == [ChangeType.UPDATED_LABELS] + [
        ChangeType.DELETED
    ] * 4
    stop.set()
    follower.ended.result(PATIENCE)
    assert follower.seen.empty()


def test_types_can_be_chosen_and_the_others_are_passed_over(
    archive: Archive, pool: ThreadPoolExecutor
) -> None:
    stop = threading.Event()
    follower = Follower(pool, archive.changes(0, 2, ["NewStudy", ChangeType.DELETED], follow=True, stop=stop))
    archive.store(instance(1)).check()
    archive.store(instance(2)).check()
    (new,) = follower.next(1)
    archive.delete(new.id)
    assert [change.type for change in (new, *follower.next(5))] == [ChangeType.NEW_STUDY] + [
        ChangeType.DELETED
    ] * 5
    stop.set()
    follower.ended.result(PATIENCE)


def test_it_ends_in_the_midst_of_a_page_when_it_is_told_to(archive: Archive) -> None:
    archive.store(instance(1)).check()
    stop = threading.Event()
    seen = []
    for change in archive.changes(follow=True, stop=stop):
        seen.append(change)
        stop.set()
    assert len(seen) == 1
    assert list(archive.changes(follow=True, stop=stop)) == []


def test_it_ends_when_the_archive_is_closed(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    for kind in ("memory", "sqlite", "linear"):
        archive = open_archive(Memory(), kind, tmp_path / kind)
        archive.store(instance(1)).check()
        follower = Follower(pool, archive.changes(follow=True))
        follower.next(4)
        archive.close()
        follower.ended.result(PATIENCE)


def test_a_failing_index_is_told(archive: Archive) -> None:
    archive.store(instance(1)).check()
    archive.index = FaultyIndex(archive.index, {"wait_for_changes": 1})
    changes = archive.changes(follow=True)
    assert len(list(islice(changes, 4))) == 4
    with pytest.raises(fileroom.FileroomError, match="a fault was asked for"):
        next(changes)


def test_what_makes_no_sense_is_refused_at_once(archive: Archive) -> None:
    for arguments in ({"since": -1}, {"limit": 0}, {"types": ["Nonsense"]}):
        with pytest.raises(fileroom.QueryError):
            archive.changes(**arguments, follow=True)
