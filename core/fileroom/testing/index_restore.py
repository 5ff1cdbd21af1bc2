"""The part of the index kit about restoring: what another index held, taken over."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError, NotSupportedError
from fileroom.index import AddLabel, Attach, CommitStatus, Details, SetMetadata
from fileroom.model import Change, ChangeType, Level, Metadata
from fileroom.query import Query
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import (
    IndexCase,
    all_changes,
    all_records,
    details_of,
    ids_of,
    state,
)
from fileroom.testing.index_changes import recount
from fileroom.testing.index_family import FAMILY, A, E

if TYPE_CHECKING:
    from fileroom.index import Index

REPORT = 1024
NOBODY = ids_of(entry("nobody")).study


class RestoreContract(IndexCase):
    """What every index does when it restores."""

    def test_entries_are_restored_as_they_are_committed(self, index: Index) -> None:
        index.commit([entry(instance="1", data="same"), entry(instance="2", data="old")])
        entries = [entry(instance=uid, data=data) for uid, data in (("3", "x"), ("1", "same"), ("2", "new"))]
        outcomes = index.restore(entries, {})
        assert [one.id for one in outcomes] == [ids_of(each).instance for each in entries]
        assert [one.status for one in outcomes] == [
            CommitStatus.STORED,
            CommitStatus.ALREADY_STORED,
            CommitStatus.CONFLICT,
        ]
        assert [one.garbage for one in outcomes] == [
            (),
            *((each.attachment.locator,) for each in entries[1:]),
        ]
        held = index.held([outcomes[2].id])[outcomes[2].id]
        assert held.digest == outcomes[2].digest == entry(data="old").attachment.digest

    def test_what_is_restored_comes_in_the_order_of_the_entries(self, index: Index) -> None:
        entries = [entry(instance=uid) for uid in ("3", "1", "2")]
        index.restore(entries[:2], {})
        index.restore(entries[2:], {})
        assert [each.uid for each in all_records(index, Query(Level.INSTANCE))] == ["3", "1", "2"]

    @pytest.mark.parametrize("level", list(Level))
    def test_details_are_added_at_every_level(self, index: Index, level: Level) -> None:
        owner = ids_of(A)[level - 1]
        index.commit([A])
        before = details_of(index, owner)
        files = (attachment(2, "two"), attachment(REPORT, "report"))
        wanted = Details(files, {"n": Metadata("v"), "ä": Metadata("")}, ("a", "b c"))
        assert index.restore([], {owner: wanted}) == []
        assert details_of(index, owner) == replace(wanted, attachments=(*before.attachments, *files))
        assert index.statistics() == recount(index)

    def test_details_come_with_the_entries_that_bring_their_resources(self, index: Index) -> None:
        wanted = {each: Details(labels=(f"{number}",)) for number, each in enumerate(ids_of(A))}
        index.restore([A], wanted)
        assert [details_of(index, each).labels for each in ids_of(A)] == [("0",), ("1",), ("2",), ("3",)]

    def test_what_is_there_stays_as_it_is(self, index: Index) -> None:
        study = ids_of(A).study
        index.commit([A])
        mine = attachment(REPORT, "mine")
        index.edit([Attach(study, mine), SetMetadata(study, "n", "mine"), AddLabel(study, "c")])
        other = attachment(REPORT + 1)
        theirs = Details(
            (attachment(REPORT, "theirs"), other), {"m": Metadata("1"), "n": Metadata("theirs")}, ("a", "b")
        )
        index.restore([], {study: theirs})
        assert details_of(index, study) == Details(
            (mine, other), {"m": Metadata("1"), "n": Metadata("mine")}, ("a", "b", "c")
        )

    def test_the_dicom_file_stays(self, index: Index) -> None:
        instance = ids_of(A).instance
        index.restore([A], {instance: Details((attachment(1, "another"), attachment(2)))})
        files = details_of(index, instance).attachments
        assert [file.content_type for file in files] == [1, 2]
        assert files[0] == A.attachment

    def test_restoring_again_changes_nothing(self, index: Index) -> None:
        details = {
            ids_of(A).study: Details((attachment(REPORT),), {"n": Metadata("v")}, ("a",)),
            ids_of(E).instance: Details((attachment(2),)),
        }
        index.restore(FAMILY, details)
        before = state(index)
        outcomes = index.restore(FAMILY, details)
        assert {(one.status, one.garbage) for one in outcomes} == {(CommitStatus.ALREADY_STORED, ())}
        assert state(index) == before

    def test_restoring_nothing_does_nothing(self, index: Index) -> None:
        before = state(index)
        assert index.restore([], {}) == []
        assert index.restore([], {}, []) == []
        assert state(index) == before

    @pytest.mark.parametrize("public_id", [NOBODY, "no id", ""])
    def test_details_of_what_is_not_there_are_refused(self, index: Index, public_id: str) -> None:
        index.commit([A])
        before = state(index)
        with pytest.raises(NotFoundError):
            index.restore([], {ids_of(A).study: Details(labels=("a",)), public_id: Details(labels=("b",))})
        assert state(index) == before

    def test_many_are_restored_at_once(self, index: Index) -> None:
        entries = [entry(series=str(number % 7), instance=f"9.{number}") for number in range(1500)]
        details = {ids_of(each).instance: Details((attachment(2),), {}, ("a",)) for each in entries}
        assert {one.status for one in index.restore(entries, details)} == {CommitStatus.STORED}
        assert {len(one.attachments) for one in index.details(list(details)) if one} == {2}
        assert index.statistics() == recount(index)


class WithoutHistoryContract(IndexCase):
    """What the default does, for an index that cannot carry history over."""

    def test_the_log_of_another_is_refused(self, index: Index) -> None:
        if index.capabilities.history:
            pytest.skip("this index carries the log over")
        before = state(index)
        change = Change(
            1, ChangeType.NEW_STUDY, Level.STUDY, ids_of(A).study, datetime(2020, 1, 1, tzinfo=UTC)
        )
        with pytest.raises(NotSupportedError):
            index.restore([A], {}, [change])
        assert state(index) == before

    def test_what_is_restored_is_logged(self, index: Index) -> None:
        if index.capabilities.history:
            pytest.skip("this index logs nothing of its own")
        index.restore([A], {ids_of(A).study: Details(labels=("a",))})
        logged = [(each.type, each.id) for each in all_changes(index)]
        assert logged[0] == (ChangeType.NEW_PATIENT, ids_of(A).patient)
        assert logged[-1] == (ChangeType.UPDATED_LABELS, ids_of(A).study)
