"""Tags that are configured differently from one opening to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.errors import KeyNotIndexedError
from fileroom.model import Level
from fileroom.query_parse import parse_query
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom_plugins.index_linear.index import LinearIndex

if TYPE_CHECKING:
    from pathlib import Path

EXTRA = TagSet.with_extra({Level.STUDY: ("PatientWeight",)})


def weights(index: LinearIndex) -> list[object]:
    page = index.find(parse_query("study", {}, TagSet.default()).query)
    return [record.tags.get("PatientWeight") for record in page.records]


def test_a_tag_that_is_configured_no_more_is_shown_no_more(tmp_path: Path) -> None:
    index = LinearIndex(tmp_path, EXTRA)
    index.commit([entry(PatientWeight="70")])
    assert weights(index) == ["70"]
    index.close()
    index = LinearIndex(tmp_path, TagSet.default())
    assert weights(index) == [None]
    index.close()


def test_a_tag_that_was_not_kept_for_a_while_is_not_searched_by(tmp_path: Path) -> None:
    query = parse_query("study", {"PatientWeight": "70"}, EXTRA).query
    index = LinearIndex(tmp_path, EXTRA)
    index.commit([entry(PatientWeight="70")])
    assert index.count(query) == 1
    index.close()
    index = LinearIndex(tmp_path, TagSet.default())
    index.commit([entry("Q", PatientWeight="70")])
    index.close()
    index = LinearIndex(tmp_path, EXTRA)
    with pytest.raises(KeyNotIndexedError):
        index.count(query)
    index.close()
