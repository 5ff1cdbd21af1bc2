"""The parts of the index kit about searching: what is found, and how much of it."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import KeyNotIndexedError
from fileroom.model import Level
from fileroom.query import COMPUTED, Condition, Empty, Moment, Order, Query
from fileroom.query_parse import parse_query
from fileroom.tags import dictionary_spec
from fileroom.testing.entries import CT_IMAGE, MR_IMAGE, entry
from fileroom.testing.index_case import IndexCase, all_records, ids_of, record_of
from fileroom.testing.index_corpus import TAGS, corpus, corpus_edits
from fileroom.testing.index_queries import ORDERS, QUERIES
from fileroom.testing.memory_index import MemoryIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.index import Index
    from fileroom.testing.index_case import OpenIndex
    from fileroom.testing.index_queries import Ask

EXAMPLES: list[tuple[str, dict[str, object], str]] = [
    ("patient", {"PatientID": "P1"}, "P1"),
    ("patient", {"PatientID": "P_1"}, "P_1"),
    ("patient", {"PatientID": "P_*"}, "P_1"),
    ("patient", {"PatientID": "P%*"}, "P%1"),
    ("patient", {"PatientID": "P[*"}, "P[1]"),
    ("patient", {"PatientID": "P?1"}, "P 1|P%1|P_1|PX1|P*1|P?1"),
    ("patient", {"PatientName": "MULLER^jürgen"}, "P1|p1|P 1"),
    ("patient", {"PatientName": "Γεωργίου*"}, "P*1|P?1"),
    ("patient", {"PatientName": "федоров*"}, "П1|п1"),
    ("patient", {"PatientName": "山田^太郎"}, "Y1|Y2"),
    ("patient", {"PatientName": "홍*"}, "K1|K2"),
    ("patient", {"PatientName": "قباني*"}, "ق1|ق2"),
    ("patient", {"PatientName": '""'}, "|N"),
    ("study", {"StudyDate": "20200101-20200102", "StudyTime": "0801-0000"}, "1.6"),
    ("study", {"StudyDate": "-20200101", "StudyTime": "-0000"}, "1.4|1.5|1.8|1.9|1.19"),
    ("study", {"AccessionNumber": '""'}, "1.10|1.11|9"),
    ("series", {"SeriesNumber": 5}, "9.1|9.2|9.3|9.4"),
    ("series", {"RequestAttributesSequence": {"ScheduledProcedureStepID": "S1"}}, "9.1|9.2"),
    ("instance", {"PatientID": "MANY", "Modality": "MR", "InstanceNumber": 2}, "9.4.2|9.5.2"),
]  # fmt: skip
"""Level, keys, and the identifiers of what is found, worked out by hand."""


class CorpusCase(IndexCase):
    """An index that holds the corpus."""

    @pytest.fixture
    def archive(self, open_index: OpenIndex) -> Iterator[Index]:
        """Open an index with extra tags and fill it with the corpus."""
        index = open_index(TAGS)
        index.commit(corpus())
        index.edit(corpus_edits())
        yield index
        index.close()


class FindContract(CorpusCase):
    """What is found."""

    @pytest.mark.parametrize("theme", QUERIES)
    def test_matching_is_that_of_the_query_module(self, archive: Index, theme: str) -> None:
        wrong = {}
        for ask in QUERIES[theme]:
            query = parsed(ask)
            expected = [record.uid for record in all_records(reference(), query)]
            assert 0 < len(expected) < reference().count(Query(query.level)), f"{ask} proves nothing"
            found = [record.uid for record in all_records(archive, query)]
            if found != expected:
                wrong[str(ask)] = f"found {found}, expected {expected}"
        assert wrong == {}

    def test_examples_worked_out_by_hand(self, archive: Index) -> None:
        wrong = {}
        for level, keys, expected in EXAMPLES:
            found = all_records(archive, parse_query(level, keys, TAGS).query)
            if [record.uid for record in found] != expected.split("|"):
                wrong[f"{level} {keys}"] = f"found {[record.uid for record in found]}, expected {expected}"
        assert wrong == {}

    def test_count_is_the_number_of_what_is_found(self, archive: Index) -> None:
        queries = {str(ask): parsed(ask) for asks in QUERIES.values() for ask in asks}
        counts = {name: archive.count(query) for name, query in queries.items()}
        assert counts == {name: reference().count(query) for name, query in queries.items()}

    def test_limit_order_and_cursor_play_no_part_in_counting(self, archive: Index) -> None:
        query = parsed(ORDERS[2])
        cursor = archive.find(replace(query, limit=5)).cursor
        assert archive.count(replace(query, limit=5)) == 29
        assert archive.count(replace(query, limit=5, cursor=cursor)) == 29

    def test_everything_is_found_in_order_of_arrival(self, archive: Index) -> None:
        for level in Level:
            expected = list(dict.fromkeys(ids_of(each)[level - 1] for each in corpus()))
            assert [record.id for record in all_records(archive, Query(level))] == expected

    def test_what_is_found_is_what_get_returns(self, archive: Index) -> None:
        for level in Level:
            found = all_records(archive, Query(level, computed=COMPUTED[level]))
            assert found == archive.get([record.id for record in found], COMPUTED[level])

    def test_within_an_ancestor_or_the_resource_itself(self, archive: Index) -> None:
        one = ids_of(entry("MANY", "9", "9.5", "9.5.2"))
        counts = [[archive.count(Query(level, within=each)) for level in Level] for each in one]
        assert counts == [[1, 1, 12, 26], [0, 1, 12, 26], [0, 0, 1, 12], [0, 0, 0, 1]]
        (found,) = all_records(archive, Query(Level.SERIES, within=one.series))
        assert found.uid == "9.5"

    def test_within_goes_with_other_conditions(self, archive: Index) -> None:
        many = ids_of(entry("MANY", "9"))
        query = parse_query("series", {"Modality": "CT"}, TAGS, within=many.study).query
        assert [record.uid for record in all_records(archive, query)] == ["9.1", "9.2", "9.3", "9.12"]

    @pytest.mark.parametrize("public_id", [ids_of(entry("nobody")).study, "no id", ""])
    def test_nothing_lies_within_what_is_not_there(self, archive: Index, public_id: str) -> None:
        query = Query(Level.INSTANCE, within=public_id)
        assert (all_records(archive, query), archive.count(query)) == ([], 0)

    def test_nothing_is_found_in_an_empty_index(self, index: Index) -> None:
        page = index.find(Query(Level.STUDY, limit=10))
        assert (page.records, page.cursor, index.count(Query(Level.STUDY))) == ((), None, 0)

    def test_a_tag_that_is_not_kept_is_named_in_the_error(self, index: Index) -> None:
        index.commit([entry()])
        kept = TAGS.by_keyword(Level.STUDY, "StudyDate")
        spec = dictionary_spec("PatientAge", Level.STUDY)
        time = dictionary_spec("AcquisitionTime", Level.STUDY)
        assert spec
        assert time
        assert kept
        for query in (
            Query(Level.STUDY, conditions=(Condition(spec, Empty()),)),
            Query(Level.INSTANCE, order_by=(Order(spec),)),
            Query(Level.SERIES, moments=(Moment(kept, time, None, None),)),
        ):
            for search in (index.find, index.count):
                with pytest.raises(KeyNotIndexedError) as error:
                    search(query)
                assert error.value.keyword in {"PatientAge", "AcquisitionTime"}


class ComputedContract(CorpusCase):
    """Attributes that the index computes."""

    ALL = tuple(name for names in COMPUTED.values() for name in names)

    def test_each_level_has_its_own(self, archive: Index) -> None:
        ids = ids_of(entry("MANY", "9", "9.1", "9.1.1"))
        computed = [dict(record.computed) for record in archive.get(ids, self.ALL) if record]
        assert computed == [
            {
                "NumberOfPatientRelatedStudies": "1",
                "NumberOfPatientRelatedSeries": "12",
                "NumberOfPatientRelatedInstances": "26",
            },
            {
                "ModalitiesInStudy": "CT\\MR\\SR\\US",
                "SOPClassesInStudy": f"{CT_IMAGE}\\{MR_IMAGE}",
                "NumberOfStudyRelatedSeries": "12",
                "NumberOfStudyRelatedInstances": "26",
            },
            {"NumberOfSeriesRelatedInstances": "3"},
            {},
        ]

    def test_only_those_asked_for_are_returned(self, archive: Index) -> None:
        study = ids_of(entry("MANY", "9")).study
        (record,) = archive.get([study], ["NumberOfStudyRelatedSeries"])
        assert record is not None
        assert record.computed == {"NumberOfStudyRelatedSeries": "12"}
        assert record_of(archive, study).computed == {}
        assert all(not each.computed for each in archive.find(Query(Level.STUDY)).records)

    def test_they_follow_what_is_stored_and_removed(self, archive: Index) -> None:
        new = entry("MANY", "9", "9.99", Modality="XA", sop_class_uid="1.2.9")
        query = replace(parse_query("study", {"ModalitiesInStudy": "XA"}, TAGS).query, computed=self.ALL)
        assert archive.count(query) == 0
        archive.commit([new])
        (found,) = all_records(archive, query)
        assert found.computed["NumberOfStudyRelatedInstances"] == "27"
        assert found.computed["SOPClassesInStudy"] == f"{CT_IMAGE}\\{MR_IMAGE}\\1.2.9"
        archive.remove([ids_of(new).instance])
        assert archive.count(query) == 0


@cache
def reference() -> MemoryIndex:
    """Return the reference index, holding the corpus; not to be written to."""
    index = MemoryIndex(TAGS)
    index.commit(corpus())
    index.edit(corpus_edits())
    return index


def parsed(ask: Ask) -> Query:
    """Return the query that a search of the corpus comes to."""
    return parse_query(ask.level, ask.keys, TAGS, **ask.options).query
