"""Texts that are longer than an index holds are found and sorted by all of their characters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.index import AddLabel, SetMetadata
from fileroom.model import Level
from fileroom.query import Condition, Empty, Equal, Order, Query, Range, Wildcard
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom.testing.index_case import all_records, ids_of
from fileroom_plugins.index_sql import find
from fileroom_plugins.index_sql.sqlite import Options, open_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom.index import Index
    from fileroom.query import Match
    from tests.plugins.index_sql.servers import ServerIndex

TAGS = TagSet.default()
SPEC = next(spec for spec in TAGS.levels[Level.STUDY] if spec.keyword == "StudyDescription")
SAME = "same " * 60
TEXTS = [
    "",
    "a",
    SAME.strip(),
    f"{SAME}\U0001f600",
    f"{SAME}b",
    f"{SAME}a",
    f"{SAME}\ue000",
    "z",
    "\u0436" * 400,
]
ENTRIES = [entry("P", f"1.{number}", StudyDescription=text) for number, text in enumerate(TEXTS)]


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def index(request: pytest.FixtureRequest, path: Path) -> Iterator[Index]:
    if request.param == "sqlite":
        opened = open_index(Options(path), TAGS)
    else:
        server: ServerIndex = request.getfixturevalue(f"{request.param}_index")
        opened = server.open(TAGS)
    opened.commit(ENTRIES)
    yield opened
    opened.close()


def texts_found(index: Index, query: Query) -> list[str]:
    return [str(record.tags.get("StudyDescription", "")) for record in all_records(index, query)]


@pytest.mark.parametrize("sorted_at_most", [find._SORTED, 1])
@pytest.mark.parametrize("limit", [None, 1, 2])
@pytest.mark.parametrize("descending", [False, True])
def test_they_are_sorted_by_all_of_their_characters(
    index: Index, descending: bool, limit: int | None, sorted_at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "_SORTED", sorted_at_most)
    query = Query(Level.STUDY, order_by=(Order(SPEC, descending),), limit=limit)
    within = replace(query, within=ids_of(ENTRIES[0]).patient)
    expected = sorted(TEXTS, reverse=descending)
    assert texts_found(index, query) == texts_found(index, within) == expected


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (Equal(SAME.strip()), {2}),
        (Equal(f"{SAME}a"), {5}),
        (Wildcard(f"{SAME}*"), {3, 4, 5, 6}),
        (Wildcard(f"{SAME}?"), {3, 4, 5, 6}),
        (Wildcard("same*b"), {4}),
        (Wildcard("*\ue000"), {6}),
        (Range(f"{SAME}a", f"{SAME}b"), {4, 5}),
        (Range(None, f"{SAME}a"), {1, 2, 5}),
        (Empty(), {0}),
    ],
)
@pytest.mark.parametrize("sorted_at_most", [find._SORTED, 1])
def test_they_are_found_by_all_of_their_characters(
    index: Index, match: Match, expected: set[int], sorted_at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "_SORTED", sorted_at_most)
    query = Query(Level.STUDY, (Condition(SPEC, match, exact=True),))
    assert set(texts_found(index, query)) == {TEXTS[number] for number in expected}


def test_labels_metadata_and_uids_may_be_as_long(index: Index) -> None:
    ids = ids_of(ENTRIES[1])
    long, longer = "y" * 20_000, "y" * 20_001
    index.edit([AddLabel(ids.study, long), AddLabel(ids.study, longer), AddLabel(ids.series, longer)])
    index.edit([SetMetadata(ids.study, long, longer), SetMetadata(ids.study, longer, long)])
    assert [record.id for record in all_records(index, Query(Level.STUDY, labels=(long,)))] == [ids.study]
    found = all_records(index, Query(Level.STUDY, metadata={longer: Equal(long)}))
    assert [record.id for record in found] == [ids.study]
    index.commit([entry("Q", sop_class_uid="1." * 5000 + "1"), entry("Q", sop_class_uid="1." * 5000 + "2")])
    classes = Query(Level.STUDY, aggregates={"SOPClassesInStudy": Equal("1." * 5000 + "1")})
    assert len(all_records(index, classes)) == 1
