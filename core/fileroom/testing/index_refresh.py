"""The part of the index kit about indexing again: refreshed tags, and tags that were configured later."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import KeyNotIndexedError
from fileroom.index import AddLabel, Attach, SetMetadata
from fileroom.model import Level
from fileroom.query import Query
from fileroom.query_parse import parse_query
from fileroom.tags import TagSet
from fileroom.testing.entries import MR_IMAGE, attachment, entry
from fileroom.testing.index_case import IndexCase, all_changes, all_records, ids_of, record_of, state
from fileroom.testing.index_family import FAMILY, IDS

if TYPE_CHECKING:
    from fileroom.index import Index
    from fileroom.testing.index_case import OpenIndex

MAIN = TagSet.default()
EXTENDED = TagSet.with_extra({Level.STUDY: ["PatientAge"]})
AGED = parse_query("study", {"PatientAge": "042Y"}, EXTENDED).query
BY_AGE = parse_query("instance", {}, EXTENDED, order_by="PatientAge").query


class RefreshContract(IndexCase):
    """Tags written anew."""

    def test_every_levels_tags_become_those_of_the_header(self, index: Index) -> None:
        index.commit(
            [entry(PatientName="Old", PatientSex="F", StudyID="1", Modality="CT", ImageComments="x")]
        )
        new = entry(PatientName="New", StudyDate="20200101", Modality="MR", InstanceNumber="2")
        assert index.refresh([new.header]) == 1
        tags = record_of(index, ids_of(new).instance).all_tags()
        assert tags == new.header.tags

    def test_searches_find_the_new_tags_and_not_the_old(self, index: Index) -> None:
        index.commit([entry(PatientName="Old", Modality="CT")])
        index.refresh([entry(PatientName="New", Modality="MR", sop_class_uid=MR_IMAGE).header])
        found = {
            (keyword, value): index.count(parse_query("study", {keyword: value}, MAIN).query)
            for keyword, values in {
                "PatientName": ("old", "new"),
                "ModalitiesInStudy": ("CT", "MR"),
                "SOPClassesInStudy": ("1.2.840.10008.5.1.4.1.1.2", MR_IMAGE),
            }.items()
            for value in values
        }
        assert list(found.values()) == [0, 1, 0, 1, 0, 1]

    def test_the_last_header_of_a_parent_wins(self, index: Index) -> None:
        entries = [entry(instance=uid, PatientName=f"Old{uid}") for uid in ("1", "2", "3")]
        index.commit(entries)
        headers = [entry(instance=uid, PatientName=f"New{uid}").header for uid in ("3", "1", "2")]
        assert index.refresh(headers) == 3
        assert record_of(index, ids_of(entries[0]).patient).tags["PatientName"] == "New2"

    def test_headers_of_instances_that_are_not_there_are_passed_over(self, index: Index) -> None:
        there = entry(instance="1", PatientName="There")
        index.commit([there])
        before = state(index)
        assert index.refresh([entry(instance="2", PatientName="Other").header, entry("Q").header]) == 0
        assert index.refresh([]) == 0
        assert state(index) == before

    def test_all_that_is_not_derived_from_dicom_stays(self, index: Index) -> None:
        index.commit(FAMILY)
        index.edit([Attach(IDS["1"], attachment(1024)), Attach(IDS["1.1.1"], attachment(2))])
        index.edit([SetMetadata(IDS["1"], "n", "v"), AddLabel(IDS["1.1.1"], "a")])
        before = state(index)
        headers = [replace(each.header, tags={**each.header.tags, "PatientName": "New"}) for each in FAMILY]
        assert index.refresh(headers[::-1]) == len(FAMILY)
        after = state(index)
        assert after.pop("records") != before.pop("records")
        assert after == before

    def test_times_and_order_of_arrival_stay(self, index: Index) -> None:
        index.commit(FAMILY)
        queries = [Query(level) for level in Level]
        before = [(each.id, each.received) for query in queries for each in all_records(index, query)]
        index.refresh([each.header for each in FAMILY[::-1]])
        assert [(each.id, each.received) for query in queries for each in all_records(index, query)] == before

    def test_refreshing_is_not_logged(self, index: Index) -> None:
        index.commit(FAMILY)
        before = all_changes(index)
        index.refresh([each.header for each in FAMILY])
        index.complete()
        assert all_changes(index) == before


class CompleteContract(IndexCase):
    """Tags that were configured when there were instances already."""

    def test_an_extra_tag_is_searchable_at_once_where_nothing_was_stored(self, open_index: OpenIndex) -> None:
        index = open_index(EXTENDED)
        assert index.count(AGED) == 0
        index.commit([entry(PatientAge="042Y")])
        assert index.count(AGED) == 1
        index.close()
        reopened = open_index(EXTENDED)
        assert reopened.count(AGED) == 1
        reopened.close()

    def test_an_extra_tag_of_later_is_searchable_when_the_index_is_complete(
        self, open_index: OpenIndex
    ) -> None:
        aged = entry(PatientAge="042Y")
        index = open_index(MAIN)
        index.commit([aged])
        index.close()
        index = open_index(EXTENDED)
        _assert_incomplete(index)
        index.commit([entry(study="2", PatientAge="042Y")])
        index.refresh([aged.header])
        _assert_incomplete(index)
        index.complete()
        assert (index.count(AGED), len(index.find(AGED).records)) == (2, 2)
        assert len(all_records(index, BY_AGE)) == 2
        index.close()
        reopened = open_index(EXTENDED)
        assert reopened.count(AGED) == 2
        reopened.close()

    def test_an_incomplete_index_answers_other_searches(self, open_index: OpenIndex) -> None:
        index = open_index(MAIN)
        index.commit([entry(PatientID="P", PatientName="N")])
        index.close()
        index = open_index(EXTENDED)
        assert index.count(parse_query("study", {"PatientName": "n"}, EXTENDED).query) == 1
        index.close()

    def test_an_index_opened_without_the_tag_in_between_is_incomplete_again(
        self, open_index: OpenIndex
    ) -> None:
        for tags, uid in ((EXTENDED, "1"), (MAIN, "2")):
            index = open_index(tags)
            index.commit([entry(study=uid, PatientAge="042Y")])
            index.close()
        index = open_index(EXTENDED)
        _assert_incomplete(index)
        index.close()

    def test_an_index_from_which_everything_was_removed_is_complete(self, open_index: OpenIndex) -> None:
        index = open_index(MAIN)
        index.commit([entry()])
        index.close()
        index = open_index(EXTENDED)
        _assert_incomplete(index)
        index.remove([ids_of(entry()).patient])
        assert index.count(AGED) == 0
        index.commit([entry(PatientAge="042Y")])
        assert index.count(AGED) == 1
        index.close()


def _assert_incomplete(index: Index) -> None:
    for search in (index.find, index.count):
        for query in (AGED, BY_AGE):
            with pytest.raises(KeyNotIndexedError) as error:
                search(query)
            assert error.value.keyword == "PatientAge"
