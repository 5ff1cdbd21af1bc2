"""Any search among odd values has the answer of the reference index, whichever way it is planned."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from fileroom.model import Level
from fileroom.query import Query
from fileroom.testing.index_case import all_records
from fileroom.testing.memory_index import MemoryIndex
from fileroom_plugins.index_sql import find
from fileroom_plugins.index_sql.sqlite import Options, open_index
from tests.plugins.odd_searches import TAGS, queries, random_edits, random_entries, sort_keys, stripped
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.index import Index
    from tests.plugins.index_sql.servers import MakeServerIndex


@pytest.fixture(scope="module", params=["sqlite", "postgres", "mariadb"])
def indexes(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_server_index: MakeServerIndex,
) -> Iterator[tuple[Index, Index]]:
    source = random.Random(7)
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("searches") / "index.sqlite"
        ours = open_index(Options(path, synchronous="normal"), TAGS)
    else:
        ours = make_server_index(request.param).open(TAGS)
    theirs = MemoryIndex(TAGS)
    entries = list(random_entries(source, 60))
    edits = list(random_edits(source, entries))
    for index in (ours, theirs):
        index.commit(entries)
        index.edit(edits)
    yield ours, theirs
    ours.close()


def compare(indexes: tuple[Index, Index], query: Query) -> None:
    ours, theirs = (all_records(index, query) for index in indexes)
    assert sorted(each.id for each in ours) == sorted(each.id for each in theirs)
    assert [sort_keys(query, each) for each in ours] == [sort_keys(query, each) for each in theirs]
    assert indexes[0].count(query) == len(theirs)
    if not query.order_by:
        assert [each.id for each in ours] == [each.id for each in theirs]


@pytest.fixture(params=[find._SORTED, 1], ids=["collected", "walked"])
def plan(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches collect what they find, or walk along an order."""
    monkeypatch.setattr(find, "_SORTED", request.param)


SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.usefixtures("plan")
@given(query=queries())
@settings(SETTINGS, max_examples=60)
def test_every_search_has_the_answer_of_the_reference_index(
    indexes: tuple[Index, Index], query: Query
) -> None:
    compare(indexes, query)


@pytest.mark.slow
@pytest.mark.usefixtures("plan")
@given(query=queries())
@settings(SETTINGS, max_examples=times(250))
def test_many_searches_have_the_answers_of_the_reference_index(
    indexes: tuple[Index, Index], query: Query
) -> None:
    compare(indexes, query)


def test_every_record_and_computed_attribute_is_that_of_the_reference_index(
    indexes: tuple[Index, Index],
) -> None:
    for level in Level:
        ours, theirs = (all_records(index, Query(level)) for index in indexes)
        assert [stripped(each) for each in ours] == [stripped(each) for each in theirs]
