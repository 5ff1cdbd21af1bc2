"""The part of the index kit about upkeep: the oldest studies, vouching, giving space back."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fileroom.index import Overwrite
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom.testing.index_case import IndexCase, ids_of, state
from fileroom.testing.index_corpus import TAGS, corpus, corpus_edits
from fileroom.testing.index_family import FAMILY, A, C, D, E

if TYPE_CHECKING:
    from fileroom.index import Entry, Index
    from fileroom.testing.index_case import OpenIndex

EVERYTHING = 1000


class AgeContract(IndexCase):
    """Studies by the age of their newest instance."""

    def test_every_study_is_named_once(self, index: Index) -> None:
        assert index.oldest_studies(EVERYTHING) == []
        index.commit(FAMILY)
        named = index.oldest_studies(EVERYTHING)
        assert sorted(named) == sorted({ids_of(each).study for each in FAMILY})

    def test_there_are_no_more_than_asked_for(self, index: Index) -> None:
        index.commit(FAMILY)
        assert [len(index.oldest_studies(limit)) for limit in (0, 1, 2, 3)] == [0, 1, 2, 3]

    def test_a_study_is_as_old_as_its_newest_instance(self, index: Index) -> None:
        _needs_history(index)
        index.commit([_aged(A, 9), _aged(D, 5), _aged(E, 7)])
        first, second, third = (ids_of(each).study for each in (A, D, E))
        assert index.oldest_studies(EVERYTHING) == [first, third, second]
        index.commit([_aged(C, 6)])
        assert index.oldest_studies(EVERYTHING) == [third, first, second]
        assert index.oldest_studies(1) == [third]

    def test_a_replacement_makes_no_study_younger(self, index: Index) -> None:
        _needs_history(index)
        index.commit([_aged(A, 9), _aged(D, 5)])
        index.commit([entry("A", "1", "1.1", "1.1.1", data="new")], Overwrite.ALWAYS)
        assert index.oldest_studies(1) == [ids_of(A).study]

    def test_a_removal_can_make_a_study_older(self, index: Index) -> None:
        _needs_history(index)
        index.commit([_aged(A, 9), _aged(C, 1), _aged(D, 5)])
        assert index.oldest_studies(1) == [ids_of(D).study]
        index.remove([ids_of(C).instance])
        assert index.oldest_studies(EVERYTHING) == [ids_of(A).study, ids_of(D).study]


class VouchContract(IndexCase):
    """Whether what the index does not know may be swept."""

    def test_an_index_without_anything_vouches(self, open_index: OpenIndex) -> None:
        index = open_index(TagSet.default())
        assert index.vouches()
        index.close()
        reopened = open_index(TagSet.default())
        assert reopened.vouches()
        reopened.close()

    def test_an_index_of_what_was_committed_here_vouches(self, open_index: OpenIndex) -> None:
        index = open_index(TagSet.default())
        index.commit(FAMILY)
        index.remove([ids_of(A).instance])
        assert index.vouches()
        index.close()
        reopened = open_index(TagSet.default())
        assert reopened.vouches()
        reopened.close()

    def test_vouching_changes_nothing_else(self, open_index: OpenIndex) -> None:
        index = open_index(TAGS)
        index.commit(corpus())
        index.edit(corpus_edits())
        before = state(index)
        index.vouch()
        index.vouch()
        assert index.vouches()
        assert state(index) == before
        index.close()
        reopened = open_index(TAGS)
        assert reopened.vouches()
        assert state(reopened) == before
        reopened.close()


class CompactContract(IndexCase):
    """Giving space back."""

    def test_what_the_index_answers_stays_as_it_was(self, open_index: OpenIndex) -> None:
        index = open_index(TAGS)
        index.commit(corpus())
        index.edit(corpus_edits())
        index.commit([entry("gone", str(number)) for number in range(200)])
        index.remove([ids_of(entry("gone")).patient])
        before = state(index)
        assert index.compact() >= 0
        assert state(index) == before
        index.close()
        reopened = open_index(TAGS)
        assert state(reopened) == before
        reopened.close()

    def test_an_empty_index_can_be_compacted(self, index: Index) -> None:
        assert index.compact() >= 0
        assert index.statistics().instances == 0

    def test_what_was_compacted_can_be_written_to(self, index: Index) -> None:
        index.commit([A])
        index.compact()
        index.commit([E])
        assert index.compact() >= 0
        assert index.statistics().instances == 2

    def test_two_openers_share_what_one_has_compacted(self, open_index: OpenIndex) -> None:
        one, other = open_index(TagSet.default()), open_index(TagSet.default())
        one.commit(FAMILY)
        other.remove([ids_of(A).patient])
        one.compact()
        assert other.statistics() == one.statistics()
        other.commit([A])
        assert state(one) == state(other)
        one.close()
        other.close()


def _aged(one: Entry, days: int) -> Entry:
    """Return an entry as if it had been received so many days ago."""
    return replace(one, received=datetime.now(UTC) - timedelta(days=days))


def _needs_history(index: Index) -> None:
    if not index.capabilities.history:
        pytest.skip("this index does not heed times of receipt")
