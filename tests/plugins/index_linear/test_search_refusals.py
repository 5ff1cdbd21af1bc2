"""Searches that the linear index refuses, and what it says about them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fileroom.errors import KeyNotIndexedError, QueryError
from fileroom.model import Level
from fileroom.query import Condition, Equal, Moment, Order, Query
from fileroom.query_parse import parse_query
from fileroom.tags import TagSet, TagSpec, dictionary_spec
from fileroom.testing.entries import entry
from fileroom.testing.index_case import ids_of
from fileroom_plugins.index_linear.search import Search
from fileroom_plugins.index_linear.tables import Row, Tables

MAIN = TagSet.default()
EXTENDED = TagSet.with_extra({Level.STUDY: ["PatientAge", "RequestedContrastAgent"]})


def spec_of(tags: TagSet, level: Level, keyword: str) -> TagSpec:
    spec = tags.by_keyword(level, keyword)
    assert spec
    return spec


def one_study(tags: TagSet) -> Tables:
    tables = Tables()
    parent = None
    for level, public_id in zip(Level, ids_of(entry()), strict=True):
        received = datetime(2020, 1, 1, tzinfo=UTC)
        tables.put(Row(public_id, level, "1", {level.uid_keyword: "1"}, parent, int(level), received))
        parent = public_id
    tables.complete = frozenset((int(level), spec.keyword) for level in Level for spec in tags.levels[level])
    return tables


def refused(tables: Tables, tags: TagSet, query: Query) -> KeyNotIndexedError:
    with pytest.raises(KeyNotIndexedError) as error:
        Search(tables, tags, query)
    return error.value


@pytest.mark.parametrize(
    "query",
    [
        Query(Level.STUDY, limit=0),
        Query(Level.STUDY, conditions=(Condition(spec_of(MAIN, Level.SERIES, "Modality"), Equal("CT")),)),
        Query(Level.STUDY, order_by=(Order(spec_of(MAIN, Level.INSTANCE, "InstanceNumber")),)),
        Query(Level.PATIENT, aggregates={"ModalitiesInStudy": Equal("CT")}),
        Query(Level.STUDY, aggregates={"NumberOfStudyRelatedSeries": Equal("1")}),
        Query(
            Level.SERIES,
            moments=(
                Moment(
                    spec_of(MAIN, Level.STUDY, "StudyDate"),
                    spec_of(MAIN, Level.SERIES, "SeriesTime"),
                    None,
                    None,
                ),
            ),
        ),
    ],
    ids=["no limit", "lower key", "lower order", "patients by modality", "by a count", "mixed moment"],
)
def test_a_search_that_makes_no_sense_is_refused(query: Query) -> None:
    with pytest.raises(QueryError) as error:
        Search(one_study(MAIN), MAIN, query)
    assert not isinstance(error.value, KeyNotIndexedError)


def test_a_tag_that_is_not_kept_is_refused_with_what_to_configure() -> None:
    spec = dictionary_spec("PatientAge", Level.STUDY)
    assert spec
    for query in (
        Query(Level.STUDY, conditions=(Condition(spec, Equal("042Y")),)),
        Query(Level.INSTANCE, order_by=(Order(spec),)),
    ):
        error = refused(one_study(MAIN), MAIN, query)
        assert error.keyword == "PatientAge"
        assert '[index.extra_tags] study = ["PatientAge"]' in str(error)


def test_a_tag_that_is_kept_to_be_shown_is_refused() -> None:
    spec = spec_of(MAIN, Level.INSTANCE, "ImagePositionPatient")
    query = Query(Level.INSTANCE, conditions=(Condition(spec, Equal("1")),))
    assert "shown" in str(refused(one_study(MAIN), MAIN, query))


def test_an_extra_tag_is_searchable_when_every_instance_has_been_read_for_it() -> None:
    aged = parse_query("study", {"PatientAge": "042Y"}, EXTENDED).query
    tables = one_study(EXTENDED)
    assert Search(tables, EXTENDED, aged).count() == 0
    tables.complete = frozenset()
    assert "fileroom rebuild" in str(refused(tables, EXTENDED, aged))
    assert Search(Tables(), EXTENDED, aged).count() == 0


@pytest.mark.parametrize(
    ("level", "keyword", "held"),
    [
        ("study", "StudyDescription", True),
        ("study", "PatientAge", True),
        ("instance", "SOPClassUID", True),
        ("study", "InstitutionName", False),
        ("study", "RequestedContrastAgent", False),
        ("instance", "ImageComments", False),
    ],
)
def test_what_index_dat_does_not_hold_is_not_searchable_until_headers_have_been_read(
    level: str, keyword: str, held: bool
) -> None:
    query = parse_query(level, {keyword: "2"}, EXTENDED).query
    tables = one_study(EXTENDED)
    assert Search(tables, EXTENDED, query).count() == 0
    taken_over = tables.rows[ids_of(entry()).instance]
    tables.put(taken_over._replace(partial=True))
    if held:
        assert Search(tables, EXTENDED, query).count() == 0
    else:
        assert "fileroom rebuild" in str(refused(tables, EXTENDED, query))
    tables.put(taken_over)
    assert Search(tables, EXTENDED, query).count() == 0
