"""Writers who are at work at once: they wait for each other only where they must, and lose nothing."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeVar

import pytest

from fileroom.errors import NotFoundError, RevisionError
from fileroom.index import Overwrite, Relocation, SetMetadata
from fileroom.model import Level
from fileroom.query import Query
from fileroom.tags import TagSet
from fileroom.testing.entries import CT_IMAGE, MR_IMAGE, entry
from fileroom.testing.index_case import all_changes, details_of, ids_of
from fileroom.testing.index_changes import recount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fileroom.index import Index
    from tests.plugins.index_sql.servers import ServerIndex

T = TypeVar("T")
BEFORE, HERE, THERE = entry("before"), entry("here"), entry("there")
PATIENCE = 30


@pytest.fixture
def index(postgres_index: ServerIndex) -> Iterator[Index]:
    opened = postgres_index.open(TagSet.default())
    opened.use_storage(SimpleNamespace(database=postgres_index.database))  # type: ignore[arg-type]
    opened.commit([BEFORE])  # who comes into an empty index first, or brings a new SOP class, is waited for
    yield opened
    opened.close()


@pytest.fixture
def other(index: Index) -> Iterator[Other]:
    with ThreadPoolExecutor(1) as pool:
        yield Other(index, pool)


class Other:
    """Another writer, who does something and does not commit it until told to."""

    def __init__(self, index: Index, pool: ThreadPoolExecutor) -> None:
        self._index = index
        self._pool = pool
        self._done, self._may_end = Event(), Event()

    def begin(self, work: Callable[[], object]) -> None:
        def unit() -> None:
            with self._index.unit():
                work()
                self._done.set()
                assert self._may_end.wait(PATIENCE)

        self._unit = self._pool.submit(unit)
        assert self._done.wait(PATIENCE)

    def end(self) -> None:
        self._may_end.set()
        self._unit.result(PATIENCE)


def waits_for(other: Other, work: Callable[[], T]) -> T:
    """Do something that has to wait for the other writer's end; return what came of it."""
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        with pytest.raises(TimeoutError):
            working.result(0.2)
        other.end()
        return working.result(PATIENCE)


def waits_and_raises(other: Other, work: Callable[[], object], error: type[Exception]) -> None:
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(error))
        waits_for(other, work)


def test_writers_of_different_patients_do_not_wait_for_each_other(index: Index, other: Other) -> None:
    other.begin(lambda: index.commit([HERE]))
    assert index.commit([THERE])[0].status == "stored"
    assert index.statistics().instances == index.count(Query(Level.INSTANCE)) == 2
    other.end()
    assert index.statistics() == recount(index)


def test_writers_of_one_series_do_not_wait_for_each_other_to_read_it(index: Index, other: Other) -> None:
    index.commit([HERE])
    other.begin(lambda: index.edit([SetMetadata(ids_of(HERE).study, "n", "v")]))
    assert index.commit([entry("here", instance="9")])[0].status == "stored"
    other.end()


def test_a_change_that_is_committed_late_is_not_missed_by_who_read_on(index: Index, other: Other) -> None:
    other.begin(lambda: index.commit([HERE]))
    index.commit([THERE])
    seen = index.changes().changes
    assert {change.id for change in seen} == {*ids_of(BEFORE), *ids_of(THERE)}
    other.end()
    late = index.changes(since=seen[-1].sequence).changes
    assert {change.id for change in late} == set(ids_of(HERE))
    assert list(seen + late) == all_changes(index)


def test_the_second_writer_of_an_instance_waits_and_is_told_of_the_first(index: Index, other: Other) -> None:
    other.begin(lambda: index.commit([HERE]))
    (outcome,) = waits_for(other, lambda: index.commit([entry("here", data="other")]))
    assert outcome.status == "conflict"


def test_two_who_replace_an_instance_do_it_one_after_the_other(index: Index, other: Other) -> None:
    index.commit([HERE])
    first, second = entry("here", data="first"), entry("here", data="second")
    other.begin(lambda: index.commit([first], Overwrite.IF_CHANGED))
    (outcome,) = waits_for(other, lambda: index.commit([second], Overwrite.IF_CHANGED))
    assert (outcome.status, outcome.garbage) == ("replaced", (first.attachment.locator,))
    assert details_of(index, ids_of(HERE).instance).attachments[0].revision == 3


def test_a_revision_that_somebody_is_changing_is_waited_for(index: Index, other: Other) -> None:
    index.commit([HERE])
    study = ids_of(HERE).study
    other.begin(lambda: index.edit([SetMetadata(study, "n", "v", if_revision=0)]))
    waits_and_raises(other, lambda: index.edit([SetMetadata(study, "n", "w", if_revision=0)]), RevisionError)
    assert details_of(index, study).metadata["n"].value == "v"


def test_a_child_of_a_parent_that_is_being_removed_makes_it_anew(index: Index, other: Other) -> None:
    index.commit([HERE])
    other.begin(lambda: index.remove([ids_of(HERE).study]))
    sibling = entry("here", instance="9")
    (outcome,) = waits_for(other, lambda: index.commit([sibling]))
    assert outcome.status == "stored"
    assert index.get(list(ids_of(sibling))).count(None) == 0
    assert index.statistics() == recount(index)


def test_a_parent_that_is_getting_a_child_stays_when_its_last_one_is_removed(
    index: Index, other: Other
) -> None:
    index.commit([HERE])
    sibling = entry("here", instance="9")
    other.begin(lambda: index.commit([sibling]))
    removal = waits_for(other, lambda: index.remove([ids_of(HERE).instance]))
    assert removal.remaining == {ids_of(HERE).instance: ids_of(HERE).series}
    assert index.get(list(ids_of(sibling))).count(None) == 0
    assert index.statistics() == recount(index)


def test_two_who_remove_the_last_two_siblings_leave_no_parent(index: Index, other: Other) -> None:
    sibling = entry("here", instance="9")
    index.commit([HERE, sibling])
    other.begin(lambda: index.remove([ids_of(HERE).instance]))
    removal = waits_for(other, lambda: index.remove([ids_of(sibling).instance]))
    assert removal.remaining == {ids_of(sibling).instance: None}
    assert index.statistics() == recount(index)
    assert index.statistics().patients == 1


def test_what_is_being_removed_is_gone_for_who_waited_to_edit_it(index: Index, other: Other) -> None:
    index.commit([HERE])
    study = ids_of(HERE).study
    other.begin(lambda: index.remove([ids_of(HERE).patient]))
    waits_and_raises(other, lambda: index.edit([SetMetadata(study, "n", "v")]), NotFoundError)


def classes_of(index: Index, study: str) -> str:
    (record,) = index.get([study], ["SOPClassesInStudy"])
    assert record is not None
    return record.computed["SOPClassesInStudy"]


@pytest.mark.parametrize("overwrite", [Overwrite.ALWAYS, Overwrite.IF_CHANGED])
def test_two_who_exchange_the_classes_of_a_series_are_both_counted(
    index: Index, other: Other, overwrite: Overwrite
) -> None:
    first, second = entry("here", sop_class_uid=CT_IMAGE), entry("here", instance="9", sop_class_uid=MR_IMAGE)
    index.commit([first, second])
    other.begin(lambda: index.commit([entry("here", data="x", sop_class_uid=MR_IMAGE)], overwrite))
    exchanged = entry("here", instance="9", data="x", sop_class_uid=CT_IMAGE)
    waits_for(other, lambda: index.commit([exchanged], overwrite))
    assert classes_of(index, ids_of(first).study) == f"{CT_IMAGE}\\{MR_IMAGE}"
    index.remove([ids_of(first).instance])
    assert classes_of(index, ids_of(first).study) == CT_IMAGE
    index.remove([ids_of(second).instance])
    assert index.get([ids_of(first).patient]) == [None]


def test_an_instance_of_a_class_whose_last_one_is_being_refreshed_away_is_counted(
    index: Index, other: Other
) -> None:
    first, second = entry("here", sop_class_uid=CT_IMAGE), entry("here", instance="9", sop_class_uid=CT_IMAGE)
    index.commit([first])
    other.begin(lambda: index.refresh([entry("here", sop_class_uid=MR_IMAGE).header]))
    waits_for(other, lambda: index.commit([second]))
    assert classes_of(index, ids_of(first).study) == f"{CT_IMAGE}\\{MR_IMAGE}"
    index.remove([ids_of(second).instance])
    assert classes_of(index, ids_of(first).study) == MR_IMAGE


def test_who_refreshes_what_is_being_stored_anew_writes_to_the_new_one(index: Index, other: Other) -> None:
    sibling, new = entry("here", instance="9"), entry("here", data="x")
    index.commit([HERE, sibling])

    def store_anew() -> None:
        index.remove([ids_of(HERE).instance])
        index.commit([new])

    other.begin(store_anew)
    headers = [entry("here", InstanceNumber="7").header, sibling.header]
    assert waits_for(other, lambda: index.refresh(headers)) == 2
    (record,) = index.get([ids_of(HERE).instance])
    assert record is not None
    assert record.tags["InstanceNumber"] == "7"


def test_many_who_store_replace_and_remove_in_one_series_count_its_classes_right(index: Index) -> None:
    classes = (CT_IMAGE, MR_IMAGE, "1.2.3", "1.2.4")

    def work(number: int) -> None:
        dice = random.Random(number)
        for step in range(12):
            instances = dice.sample(range(8), 3)
            if dice.random() < 0.25:
                with suppress(NotFoundError):
                    index.remove([ids_of(entry("here", instance=f"1.1.{instances[0]}")).instance])
                continue
            batch = [
                entry(
                    "here",
                    instance=f"1.1.{each}",
                    data=f"{number}.{step}",
                    sop_class_uid=dice.choice(classes),
                )
                for each in instances
            ]
            index.commit(batch, Overwrite.ALWAYS)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    found = index.find(Query(Level.INSTANCE, limit=100)).records
    there = {each.id: str(each.tags["SOPClassUID"]) for each in found if each.id != ids_of(BEFORE).instance}
    while there:
        assert classes_of(index, ids_of(HERE).study).split("\\") == sorted(set(there.values()))
        index.remove([there.popitem()[0]])
    assert index.get([ids_of(HERE).patient]) == [None]
    assert index.statistics() == recount(index)


def test_who_removes_what_is_being_moved_is_told_where_it_lies_then(index: Index, other: Other) -> None:
    index.commit([HERE])
    instance, file = ids_of(HERE).instance, HERE.attachment
    move = Relocation(instance, file.content_type, file.locator, "elsewhere", file.uuid)
    other.begin(lambda: index.relocate([move]))
    removal = waits_for(other, lambda: index.remove([instance]))
    assert removal.garbage == ("elsewhere",)


def test_more_writers_than_rows_of_totals_are_counted_right(index: Index) -> None:
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: index.commit([entry(str(number))]), range(60)))
    assert index.statistics() == recount(index)
    assert index.statistics().patients == 1 + 60
