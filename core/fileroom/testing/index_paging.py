"""The parts of the index kit about the order of answers and their pages."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import QueryError
from fileroom.index import Overwrite
from fileroom.model import Level
from fileroom.query import Query, sort_key
from fileroom.query_parse import parse_query
from fileroom.testing.entries import entry
from fileroom.testing.index_case import all_records, ids_of
from fileroom.testing.index_corpus import TAGS, corpus
from fileroom.testing.index_find import CorpusCase, parsed, reference
from fileroom.testing.index_queries import ORDERS

if TYPE_CHECKING:
    from fileroom.index import Entry, Index
    from fileroom.model import ResourceRecord

PAGED = [Query(Level.INSTANCE), *(parsed(ask) for ask in ORDERS[:3] + ORDERS[9:10] + ORDERS[12:14])]


class OrderContract(CorpusCase):
    """The order of answers."""

    def test_answers_stand_in_the_order_asked_for(self, archive: Index) -> None:
        wrong = {}
        for ask in ORDERS:
            query = parsed(ask)
            expected, found = all_records(reference(), query), all_records(archive, query)
            assert sorted(record.id for record in found) == sorted(record.id for record in expected), ask
            keys = [_keys(query, record) for record in found]
            if keys != [_keys(query, record) for record in expected]:
                wrong[str(ask)] = keys
        assert wrong == {}

    def test_numbers_are_ordered_by_value_and_missing_ones_come_first(self, archive: Index) -> None:
        query = parse_query("series", {"StudyInstanceUID": "9"}, TAGS, order_by="SeriesNumber").query
        numbers = [record.tags.get("SeriesNumber") for record in all_records(archive, query)]
        assert set(numbers[:3]) == {"abc", "", None}
        assert set(numbers[4:8]) == {"5", "05", " 5 ", "+5.0"}
        assert (numbers[3], numbers[8:]) == ("-1", ["9", "10", "1E2", "9007199254740993"])

    def test_missing_values_come_last_when_descending(self, archive: Index) -> None:
        query = parse_query("study", {}, TAGS, order_by="-StudyDate").query
        dates = [record.tags.get("StudyDate") for record in all_records(archive, query)]
        assert dates[0] == "99991231"
        assert set(dates[-2:]) == {None, ""}

    def test_the_order_of_ties_is_stable(self, archive: Index) -> None:
        query = parse_query("study", {}, TAGS, order_by="PatientWeight").query
        assert all_records(archive, query) == all_records(archive, query)


class PageContract(CorpusCase):
    """Pages and cursors."""

    @pytest.mark.parametrize("query", PAGED)
    def test_pages_put_together_are_the_whole_answer(self, archive: Index, query: Query) -> None:
        whole = [record.id for record in all_records(archive, query)]
        for limit in (1, 4, len(whole), 1000):
            read: list[str] = []
            cursor, last = None, False
            while not last:
                page = archive.find(replace(query, limit=limit, cursor=cursor))
                read += [record.id for record in page.records]
                cursor, last = page.cursor, page.cursor is None
                assert len(page.records) == limit or last
            assert read == whole, f"in pages of {limit}"

    def test_no_cursor_leads_to_an_empty_page(self, archive: Index) -> None:
        query = parse_query("series", {"Modality": "MR"}, TAGS, limit=2).query
        first = archive.find(query)
        second = archive.find(replace(query, cursor=first.cursor))
        assert (len(first.records), len(second.records), second.cursor) == (2, 2, None)

    @pytest.mark.parametrize("query", PAGED)
    def test_what_matched_all_the_time_is_found_once_whatever_happens_meanwhile(
        self, archive: Index, query: Query
    ) -> None:
        query = replace(query, level=Level.INSTANCE, limit=5)
        everything = {record.id for record in all_records(archive, query)}
        seen: list[str] = []
        removed: set[str] = set()
        page = archive.find(query)
        for number in range(100):
            seen += [record.id for record in page.records]
            if page.cursor is None:
                break
            ahead = sorted(everything - removed - set(seen))[:1]
            victims = {page.records[0].id, page.records[-1].id, *ahead}
            archive.remove(sorted(victims))
            removed |= victims
            archive.commit([_newcomer(number)])
            page = archive.find(replace(query, cursor=page.cursor))
        assert len(seen) == len(set(seen))
        assert everything - removed <= set(seen)

    def test_what_is_replaced_meanwhile_is_found_once(self, archive: Index) -> None:
        query = Query(Level.INSTANCE, limit=20)
        first = archive.find(query)
        archive.commit(
            [replace(each, attachment=_newcomer(0).attachment) for each in corpus()], Overwrite.ALWAYS
        )
        assert first.cursor is not None
        rest = all_records(archive, replace(query, cursor=first.cursor))
        ids = [record.id for record in (*first.records, *rest)]
        assert ids == [ids_of(each).instance for each in corpus()]

    @pytest.mark.parametrize("cursor", ["", "nonsense", "\u0661", "[[[", "{}"])
    def test_a_cursor_that_is_none_is_refused(self, archive: Index, cursor: str) -> None:
        with pytest.raises(QueryError):
            archive.find(Query(Level.STUDY, limit=5, cursor=cursor))


def _keys(query: Query, record: ResourceRecord) -> list[str | float | None]:
    line = {record.level: record.tags}
    while record.parent is not None:
        record = record.parent
        line[record.level] = record.tags
    return [sort_key(order.spec, line[order.spec.level].get(order.spec.keyword)) for order in query.order_by]


def _newcomer(number: int) -> Entry:
    return entry(
        "MANY",
        "9",
        f"9.{number % 12 + 1}",
        f"8.{number}",
        StudyDate="20200101",
        Modality="MR",
        SeriesNumber="5",
        InstanceNumber=str(number),
    )
