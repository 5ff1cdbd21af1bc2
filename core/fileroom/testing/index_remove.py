"""The part of the index kit about removal."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError
from fileroom.index import AddLabel, Attach, Removal, SetMetadata
from fileroom.model import ChangeType, Level, Statistics
from fileroom.query import Query
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import IndexCase, all_changes, all_records, details_of, ids_of, state
from fileroom.testing.index_family import FAMILY, IDS, LEVELS, PARENTS, D, E

if TYPE_CHECKING:
    from fileroom.index import Index


class RemoveContract(IndexCase):
    """Removal."""

    @pytest.mark.parametrize(
        ("asked", "gone", "remaining"),
        [
            (["1.1.1"], ["1.1.1"], ["1.1"]),
            (["1.1"], ["1.1", "1.1.1", "1.1.2"], ["1"]),
            (["1.2.1"], ["1.2", "1.2.1"], ["1"]),
            (["2.1.1"], ["2", "2.1", "2.1.1"], ["A"]),
            (["2"], ["2", "2.1", "2.1.1"], ["A"]),
            (["3.1"], ["E", "3", "3.1", "3.1.1"], [None]),
            (["E"], ["E", "3", "3.1", "3.1.1"], [None]),
            (["1.1.1", "1.1.2"], ["1.1", "1.1.1", "1.1.2"], ["1", "1"]),
            (["1.1", "1.1.2"], ["1.1", "1.1.1", "1.1.2"], ["1", "1"]),
            (["3.1.1", "3"], ["E", "3", "3.1", "3.1.1"], [None, None]),
            (["1.2", "3.1.1"], ["1.2", "1.2.1", "E", "3", "3.1", "3.1.1"], ["1", None]),
            (["1.1.1", "1.1.1"], ["1.1.1"], ["1.1", "1.1"]),
            ([], [], []),
        ],
    )
    def test_what_is_beneath_and_ancestors_left_childless_go_too(
        self, index: Index, asked: list[str], gone: list[str], remaining: list[str | None]
    ) -> None:
        index.commit(FAMILY)
        since = index.changes().last
        removal = index.remove([IDS[each] for each in asked])
        expected = Counter((int(LEVELS[IDS[each]]), IDS[each]) for each in gone)
        assert Counter(removal.removed) == expected
        assert dict(removal.remaining) == {
            IDS[each]: left and IDS[left] for each, left in zip(asked, remaining, strict=True)
        }
        there = {record.id for level in Level for record in all_records(index, Query(level))}
        assert there == LEVELS.keys() - {IDS[each] for each in gone}
        logged = all_changes(index, since)
        assert Counter((int(each.level), each.id) for each in logged) == expected
        assert all(each.type is ChangeType.DELETED for each in logged)

    def test_children_are_reported_and_logged_before_their_parents(self, index: Index) -> None:
        index.commit(FAMILY)
        since = index.changes().last
        removal = index.remove([IDS["A"], IDS["3.1"]])
        for order in ([each for _, each in removal.removed], [each.id for each in all_changes(index, since)]):
            assert all(order.index(child) < order.index(parent) for child, parent in PARENTS.items())

    def test_garbage_is_all_that_was_attached_to_what_went(self, index: Index) -> None:
        index.commit([D, E])
        users = {each: attachment(1024) for each in ids_of(D)}
        index.edit([Attach(owner, file) for owner, file in users.items()])
        index.edit([Attach(ids_of(E).study, attachment(1024))])
        assert set(index.remove([ids_of(D).series]).garbage) == {
            D.attachment.locator,
            *(file.locator for file in users.values()),
        }

    def test_what_is_removed_is_not_found_any_more(self, index: Index) -> None:
        index.commit(FAMILY)
        index.edit([SetMetadata(ids_of(D).study, "n", "v"), AddLabel(ids_of(D).study, "a")])
        index.remove([ids_of(D).study])
        assert index.get(ids_of(D)[1:]) == [None, None, None]
        assert index.details(ids_of(D)[1:]) == [None, None, None]
        assert index.held([ids_of(D).instance]) == {}
        assert ids_of(D).instance not in [owner for owner, _ in index.attachments()]
        assert [record.id for record in index.children(IDS["A"])] == [IDS["1"]]
        with pytest.raises(NotFoundError):
            list(index.children(ids_of(D).study))

    def test_what_is_stored_again_begins_anew(self, index: Index) -> None:
        index.commit([D])
        index.edit([Attach(ids_of(D).study, attachment(1024)), SetMetadata(ids_of(D).study, "n", "v")])
        index.edit([AddLabel(ids_of(D).study, "a"), Attach(ids_of(D).instance, attachment(2))])
        index.remove([ids_of(D).patient])
        again = entry("A", "2", "2.1", "2.1.1", PatientName="Other")
        assert index.commit([again])[0].status == "stored"
        assert [len(details_of(index, each).attachments) for each in ids_of(D)] == [0, 0, 0, 1]
        details = details_of(index, ids_of(D).study)
        assert (details.metadata, details.labels) == ({}, ())
        (patient,) = index.get([ids_of(D).patient])
        assert patient is not None
        assert patient.tags["PatientName"] == "Other"

    @pytest.mark.parametrize("missing", [ids_of(entry("nobody")).patient, "no id", ""])
    def test_one_id_that_is_not_there_keeps_all(self, index: Index, missing: str) -> None:
        index.commit(FAMILY)
        before = state(index)
        with pytest.raises(NotFoundError):
            index.remove([IDS["1.1.1"], missing, IDS["E"]])
        assert state(index) == before

    def test_many_resources_go_at_once(self, index: Index) -> None:
        entries = [entry(study=str(number), instance=f"9.{number}") for number in range(1200)]
        index.commit(entries)
        removal = index.remove([ids_of(each).study for each in entries])
        assert len(removal.removed) == len(set(removal.removed)) == 3 * 1200 + 1
        assert len(removal.garbage) == 1200
        assert index.statistics() == Statistics(0, 0, 0, 0, 0, 0, 0)

    def test_removing_from_an_empty_index_is_not_found(self, index: Index) -> None:
        with pytest.raises(NotFoundError):
            index.remove([IDS["A"]])
        assert index.remove([]) == Removal((), {}, ())
