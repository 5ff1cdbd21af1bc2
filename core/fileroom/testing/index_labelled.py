"""The part of the index kit about labels that entries bring."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.index import AddLabel, CommitStatus, Overwrite
from fileroom.model import ChangeType, Level
from fileroom.query import Query
from fileroom.testing.entries import entry
from fileroom.testing.index_case import IndexCase, all_changes, all_records, details_of, ids_of, state

if TYPE_CHECKING:
    from fileroom.index import Index

LABELLED = (ChangeType.UPDATED_LABELS, Level.INSTANCE)


class LabelledContract(IndexCase):
    """Entries with labels."""

    def test_a_new_instance_has_the_labels_of_its_entry(self, index: Index) -> None:
        new = entry(labels=("b", "a", "b"))
        index.commit([new, entry(instance="9")])
        assert details_of(index, ids_of(new).instance).labels == ("a", "b")
        assert [details_of(index, each).labels for each in ids_of(new)[:3]] == [(), (), ()]
        found = all_records(index, Query(Level.INSTANCE, labels=("a",)))
        assert [each.id for each in found] == [ids_of(new).instance]

    def test_labels_are_logged_after_the_instance_that_has_them(self, index: Index) -> None:
        entries = [entry(instance="1", labels=("a", "b")), entry(instance="2"), entry(instance="3")]
        index.commit(entries)
        logged = [(each.type, each.level, each.id) for each in all_changes(index)][3:]
        one, two, three = (ids_of(each).instance for each in entries)
        new = (ChangeType.NEW_INSTANCE, Level.INSTANCE)
        assert logged == [(*new, one), (*LABELLED, one), (*new, two), (*new, three)]

    def test_replacing_adds_the_labels_to_those_that_are_there(self, index: Index) -> None:
        (old,) = index.commit([entry(data="old", labels=("a",))])
        index.edit([AddLabel(old.id, "mine")])
        since = index.changes().last
        index.commit([entry(data="new", labels=("a", "b"))], Overwrite.IF_CHANGED)
        assert details_of(index, old.id).labels == ("a", "b", "mine")
        logged = [(each.type, each.level) for each in all_changes(index, since)]
        assert logged == [(ChangeType.REPLACED_INSTANCE, Level.INSTANCE), LABELLED]

    def test_labels_that_are_there_are_not_logged_again(self, index: Index) -> None:
        index.commit([entry(data="old", labels=("a",))])
        since = index.changes().last
        index.commit([entry(data="new", labels=("a",))], Overwrite.ALWAYS)
        assert [each.type for each in all_changes(index, since)] == [ChangeType.REPLACED_INSTANCE]

    @pytest.mark.parametrize("data", ["old", "new"])
    def test_what_is_not_taken_is_not_labelled(self, index: Index, data: str) -> None:
        index.commit([entry(data="old", stamp=1)])
        before, since = state(index), index.changes().last
        (outcome,) = index.commit([entry(data=data, stamp=1, labels=("a",))])
        assert outcome.status in (CommitStatus.ALREADY_STORED, CommitStatus.CONFLICT)
        assert state(index) == before
        assert all_changes(index, since) == []

    def test_labels_of_one_batch_add_up(self, index: Index) -> None:
        one = entry(data="1", labels=("a",))
        index.commit([one, entry(data="2", labels=("b", "a")), entry(data="3")], Overwrite.IF_CHANGED)
        assert details_of(index, ids_of(one).instance).labels == ("a", "b")

    def test_labels_of_many_entries_are_kept_apart(self, index: Index) -> None:
        entries = [entry(instance=str(number), labels=(f"l{number % 7}",)) for number in range(1, 1200)]
        index.commit(entries)
        again = [replace(each, labels=("all",), stamp=5) for each in entries]
        index.commit(again, Overwrite.ALWAYS)
        details = index.details([ids_of(each).instance for each in entries])
        assert [each and each.labels for each in details] == [
            ("all", f"l{number % 7}") for number in range(1, 1200)
        ]
