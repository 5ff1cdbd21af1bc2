"""Searches of the linear index's tables have the answers of the reference index."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fileroom.errors import FileroomError, QueryError
from fileroom.index import Edit, Entry
from fileroom.model import Level
from fileroom.query import (
    COMPUTED,
    AnyOf,
    Condition,
    Empty,
    Equal,
    Item,
    Match,
    Query,
    Wildcard,
    wildcard_matches,
)
from fileroom.query_parse import parse_query
from fileroom.tags import TagSet, TagSpec
from fileroom.testing import index_strategies as some
from fileroom.testing.entries import entry
from fileroom.testing.index_corpus import TAGS, corpus, corpus_edits
from fileroom.testing.index_queries import ORDERS, QUERIES, Ask
from fileroom.testing.memory_index import MemoryIndex
from fileroom_plugins.index_linear.matching import verdict
from fileroom_plugins.index_linear.search import Search
from tests.plugins import odd_searches as odd
from tests.plugins.index_linear.twins import TwinArchive, filled
from tests.thorough import times

MAIN = TagSet.default()


@pytest.fixture(scope="module")
def archive() -> TwinArchive:
    return filled(TAGS, corpus(), corpus_edits())


@pytest.fixture(scope="module")
def odd_archive() -> TwinArchive:
    source = random.Random(7)
    entries = list(odd.random_entries(source, 60))
    return filled(odd.TAGS, entries, list(odd.random_edits(source, entries)))


def spec_of(tags: TagSet, level: Level, keyword: str) -> TagSpec:
    spec = tags.by_keyword(level, keyword)
    assert spec
    return spec


def parsed(ask: Ask) -> Query:
    return parse_query(ask.level, ask.keys, TAGS, **ask.options).query


# What is found ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", QUERIES)
def test_the_corpus_is_searched_as_the_reference_index_searches_it(archive: TwinArchive, theme: str) -> None:
    for ask in QUERIES[theme]:
        archive.check(parsed(ask))


@pytest.mark.parametrize("ask", ORDERS, ids=str)
def test_the_corpus_is_ordered_as_the_reference_index_orders_it(archive: TwinArchive, ask: Ask) -> None:
    for limit in (None, 1, 4):
        archive.check(replace(parsed(ask), limit=limit))


def test_computed_attributes_are_those_of_the_reference_index(
    archive: TwinArchive, odd_archive: TwinArchive
) -> None:
    every = tuple(name for names in COMPUTED.values() for name in names)
    for one in (archive, odd_archive):
        for level in Level:
            one.check(Query(level, computed=every))


@given(
    entries=st.lists(some.entries(), max_size=12), edits=st.lists(some.edits(), max_size=6), data=st.data()
)
@settings(deadline=None)
def test_any_small_archive_is_searched_as_the_reference_index_searches_it(
    entries: list[Entry], edits: list[Edit], data: st.DataObject
) -> None:
    reference = MemoryIndex(some.TAGS)
    reference.commit(entries)
    for edit in edits:
        with suppress(FileroomError):  # it may not find what it is about
            reference.edit([edit])
    small = TwinArchive(reference)
    for query in data.draw(st.lists(some.queries(), min_size=1, max_size=4)):
        small.check(query)


@given(query=odd.queries())
@settings(deadline=None, max_examples=150)
def test_any_search_among_odd_values_has_the_answer_of_the_reference_index(
    odd_archive: TwinArchive, query: Query
) -> None:
    odd_archive.check(query)


@pytest.mark.slow
@given(query=odd.queries())
@settings(deadline=None, max_examples=times(400))
def test_many_searches_have_the_answers_of_the_reference_index(
    odd_archive: TwinArchive, query: Query
) -> None:
    odd_archive.check(query)


@given(data=st.data())
@settings(deadline=None)
def test_what_is_named_by_identifier_or_place_is_found_like_all_else(
    odd_archive: TwinArchive, data: st.DataObject
) -> None:
    rows = list(odd_archive.tables.rows.values())
    one, other = data.draw(st.sampled_from(rows)), data.draw(st.sampled_from(rows))
    line = list(odd_archive.tables.line(one))
    conditions = []
    for named in data.draw(st.lists(st.sampled_from(line), max_size=2)):
        spec = spec_of(odd.TAGS, named.level, named.level.uid_keyword)
        uids = data.draw(
            st.lists(st.sampled_from((named.uid, "", "a", "A", " a", "b", "a\\b", "1")), max_size=3)
        )
        wanted = tuple(map(Equal, uids))
        options: tuple[Match, ...] = (Equal(named.uid), AnyOf(wanted), AnyOf((*wanted, Wildcard("1*"))))
        conditions.append(Condition(spec, data.draw(st.sampled_from(options))))
    lowest = max((each.spec.level for each in conditions), default=Level.PATIENT)
    level = data.draw(st.sampled_from([each for each in Level if each >= lowest]))
    within = data.draw(st.sampled_from((None, *(each.id for each in line), other.id, "no id")))
    odd_archive.check(Query(level, tuple(conditions), within=within))


def test_an_instance_that_is_named_lies_within_its_own_series_only(archive: TwinArchive) -> None:
    query = parse_query("instance", {"SOPInstanceUID": "9.5.12"}, TAGS).query
    series = {row.uid: row.id for row in archive.tables.levels[Level.SERIES].values()}
    found = {uid: len(archive.found(replace(query, within=series[uid]))) for uid in ("9.4", "9.5")}
    assert found == {"9.4": 0, "9.5": 1}


def test_what_only_code_can_ask_is_answered_as_the_reference_index_answers_it(archive: TwinArchive) -> None:
    number = spec_of(TAGS, Level.SERIES, "SeriesNumber")
    items = spec_of(TAGS, Level.SERIES, "RequestAttributesSequence")
    for query in (
        Query(Level.SERIES, (Condition(number, Equal("5"), exact=True),)),
        Query(Level.SERIES, (Condition(number, Item({})),)),
        Query(Level.SERIES, (Condition(items, Item({})),)),
        Query(Level.SERIES, (Condition(items, Item({"NoSuchKeyword": Empty()})),)),
        Query(Level.SERIES, (Condition(items, Equal("S1")),)),
        Query(Level.STUDY, aggregates={"ModalitiesInStudy": AnyOf((Empty(), Equal("US")))}),
        Query(Level.INSTANCE, aggregates={"ModalitiesInStudy": Wildcard("U*")}),
    ):
        archive.check(query)


def test_an_item_may_hold_what_no_dictionary_names() -> None:
    spec = spec_of(MAIN, Level.SERIES, "RequestAttributesSequence")
    one = filled(MAIN, [entry(RequestAttributesSequence=({"NoSuchKeyword": "1"},))])
    for match in (Equal("1"), Empty()):
        one.check(Query(Level.SERIES, (Condition(spec, Item({"NoSuchKeyword": match})),)))


def test_a_modality_that_is_missing_is_none_of_a_study() -> None:
    one = filled(MAIN, [entry(study="1"), entry(study="2", Modality=""), entry(study="3", Modality="CT")])
    one.check(Query(Level.STUDY, aggregates={"ModalitiesInStudy": AnyOf((Empty(), Equal("MR")))}))


def test_siblings_on_a_page_share_their_parent(archive: TwinArchive) -> None:
    query = parse_query("instance", {"SeriesInstanceUID": "9.5"}, TAGS).query
    found = Search(archive.tables, TAGS, query).page().records
    assert len(found) == 12
    assert all(one.parent is other.parent for one, other in pairwise(found))


@given(
    pattern=st.one_of(st.text("ab*", max_size=6), st.text("a*?\\.\n", max_size=8)),
    text=st.one_of(st.text("ab", max_size=8), st.text("a\\.\n", max_size=12)),
)
@example("*a*a", "aaa")
@example("a*ba", "aba")
def test_a_wildcard_stands_for_what_the_query_module_says(pattern: str, text: str) -> None:
    assert verdict(Wildcard(pattern))([text]) is wildcard_matches(pattern, text)


def test_a_pattern_of_many_stars_fails_in_bearable_time() -> None:
    assert verdict(Wildcard("*a" * 60 + "*b?"))(["b" + "a" * 5000]) is False


# Pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        Query(Level.INSTANCE),
        parse_query("instance", {"PatientName": "*"}, TAGS).query,
        parse_query("instance", {}, TAGS, order_by=["-SeriesNumber", "InstanceNumber"]).query,
    ],
    ids=["everything", "conditions above", "ordered"],
)
def test_a_page_goes_on_behind_a_row_that_is_gone(query: Query) -> None:
    one = filled(TAGS, corpus())
    whole = [each.id for each in one.found(query)]
    first = Search(one.tables, TAGS, replace(query, limit=20)).page()
    one.tables.drop(one.tables.rows[first.records[-1].id])
    rest = one.found(replace(query, cursor=first.cursor))
    assert [each.id for each in (*first.records, *rest)] == whole


def test_without_a_limit_a_page_is_of_bearable_size() -> None:
    one = filled(MAIN, [entry(instance=f"1.{number}") for number in range(501)])
    page = Search(one.tables, MAIN, Query(Level.INSTANCE)).page()
    assert (len(page.records), page.cursor is None) == (500, False)
    assert len(one.found(Query(Level.INSTANCE))) == 501


@pytest.mark.parametrize("cursor", ["", "nonsense", "\u0661", "W1tbW1s=", "e30=", "WzFd"])
def test_what_is_no_cursor_is_refused(archive: TwinArchive, cursor: str) -> None:
    with pytest.raises(QueryError, match="not a cursor"):
        Search(archive.tables, TAGS, Query(Level.STUDY, cursor=cursor)).page()


def test_a_cursor_of_another_order_or_level_is_refused(archive: TwinArchive) -> None:
    by_date = parse_query("study", {}, TAGS, order_by="StudyDate", limit=2).query
    cursor = Search(archive.tables, TAGS, by_date).page().cursor
    assert cursor
    for other in (
        replace(by_date, order_by=()),
        replace(by_date, order_by=(replace(by_date.order_by[0], descending=True),)),
        replace(by_date, level=Level.SERIES),
    ):
        with pytest.raises(QueryError, match="not a cursor"):
            Search(archive.tables, TAGS, replace(other, cursor=cursor)).page()
