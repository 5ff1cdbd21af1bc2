"""The part of the index kit about reading by id, and walking through everything."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError
from fileroom.index import Attach
from fileroom.tags import TagSet
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import IndexCase, ids_of, new_study, record_of, state
from fileroom.testing.index_corpus import TAGS, corpus, corpus_edits
from fileroom.testing.index_family import FAMILY, IDS, PARENTS, A, B, D

if TYPE_CHECKING:
    from fileroom.index import Index
    from fileroom.testing.index_case import OpenIndex

NOBODY = ids_of(entry("nobody")).study


class ReadContract(IndexCase):
    """Reading by id."""

    def test_get_answers_in_the_order_of_the_ids(self, index: Index) -> None:
        index.commit(FAMILY)
        asked = [IDS[uid] for uid in ("1.2.1", "E", "1", "1.2.1", "3.1", "1.1")]
        records = [record_of(index, each) for each in asked]
        assert index.get(asked) == records
        assert [record.id for record in records] == asked
        assert index.get([]) == []

    @pytest.mark.parametrize("missing", [NOBODY, "no id", "", NOBODY.upper(), NOBODY[:-1]])
    def test_what_is_not_there_is_none(self, index: Index, missing: str) -> None:
        study = new_study(index)
        (there,) = index.get([study])
        assert index.get([missing, study, missing]) == [None, there, None]
        assert index.details([missing, study]) == [None, *index.details([study])]

    def test_a_record_holds_the_whole_line_of_its_ancestors(self, index: Index) -> None:
        index.commit(FAMILY)
        for child, parent in PARENTS.items():
            assert record_of(index, child).parent == record_of(index, parent)
        assert record_of(index, IDS["A"]).parent is None

    def test_children_come_in_order_of_arrival(self, index: Index) -> None:
        index.commit([D, B, *FAMILY])
        order = {
            uid: [record.uid for record in index.children(IDS[uid])] for uid in ("A", "1", "1.1", "1.1.1")
        }
        assert order == {"A": ["2", "1"], "1": ["1.1", "1.2"], "1.1": ["1.1.2", "1.1.1"], "1.1.1": []}

    def test_children_are_whole_records(self, index: Index) -> None:
        index.commit(FAMILY)
        for parent in PARENTS.values():
            children = list(index.children(parent))
            assert children == index.get([child.id for child in children])

    @pytest.mark.parametrize("missing", [NOBODY, "no id", ""])
    def test_children_of_what_is_not_there_are_not_found(self, index: Index, missing: str) -> None:
        new_study(index)
        with pytest.raises(NotFoundError):
            list(index.children(missing))

    def test_details_answer_in_the_order_of_the_ids(self, index: Index) -> None:
        index.commit(FAMILY)
        index.edit(
            [Attach(IDS[uid], attachment(number)) for number, uid in enumerate(("1", "A", "1.1"), 1024)]
        )
        details = index.details([IDS["1.1"], IDS["A"], IDS["1"], IDS["1.1"]])
        numbers = [each.attachments[0].content_type for each in details if each]
        assert numbers == [1026, 1025, 1024, 1026]
        assert index.details([]) == []


class WalkContract(IndexCase):
    """Walking through all attachments."""

    def test_the_walk_yields_all_in_order_of_ids_and_content_types(self, index: Index) -> None:
        index.commit(FAMILY)
        index.edit([Attach(each, attachment(number)) for each in IDS.values() for number in (65535, 1024)])
        walk = list(index.attachments())
        places = [(owner, file.content_type) for owner, file in walk]
        assert places == sorted(places)
        assert len(set(places)) == 2 * len(IDS) + len(FAMILY)
        for public_id, details in zip(IDS.values(), index.details(list(IDS.values())), strict=True):
            assert details is not None
            assert [file for owner, file in walk if owner == public_id] == list(details.attachments)

    def test_the_walk_can_be_taken_up_after_any_id(self, index: Index) -> None:
        index.commit(FAMILY)
        walk = list(index.attachments())
        for number, (owner, _) in enumerate(walk, 1):
            assert list(index.attachments(after=owner)) == walk[number:]
        assert list(index.attachments(after=NOBODY)) == [each for each in walk if each[0] > NOBODY]

    def test_an_empty_index_has_nothing_to_walk_through(self, index: Index) -> None:
        assert list(index.attachments()) == []

    def test_the_walk_goes_on_while_others_write(self, index: Index) -> None:
        entries = [entry(instance=f"5.{number}") for number in range(1500)]
        index.commit(entries)
        walk = index.attachments()
        seen = [next(walk)]
        new = entry("Other")
        index.commit([new])
        index.edit([Attach(ids_of(new).study, attachment(1024))])
        seen += walk
        owners = [owner for owner, _ in seen]
        assert owners == sorted(owners)
        assert {ids_of(each).instance for each in entries} <= set(owners)

    def test_an_abandoned_walk_holds_nothing_up(self, index: Index) -> None:
        index.commit(FAMILY)
        walk = index.attachments()
        next(walk)
        assert index.remove([IDS["E"]]).remaining == {IDS["E"]: None}
        assert index.commit([A])[0].status == "already_stored"


class ReopenContract(IndexCase):
    """What outlives the opener."""

    def test_everything_is_there_after_reopening(self, open_index: OpenIndex) -> None:
        index = open_index(TAGS)
        index.commit(corpus())
        index.edit(corpus_edits())
        index.remove([ids_of(corpus()[3]).patient, ids_of(corpus()[-1]).instance])
        before = state(index)
        index.close()
        reopened = open_index(TAGS)
        assert state(reopened) == before
        reopened.close()

    def test_the_order_of_arrival_goes_on_after_reopening(self, open_index: OpenIndex) -> None:
        for uid in ("3", "1", "2"):
            index = open_index(TagSet.default())
            index.commit([entry(instance=uid)])
            index.close()
        index = open_index(TagSet.default())
        series = ids_of(entry()).series
        assert [record.uid for record in index.children(series)] == ["3", "1", "2"]
        index.close()

    def test_closing_twice_is_closing_once(self, open_index: OpenIndex) -> None:
        index = open_index(TagSet.default())
        index.close()
        index.close()
