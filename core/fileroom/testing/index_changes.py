"""The parts of the index kit about the change log and the totals."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError
from fileroom.index import AddLabel, Attach, Overwrite
from fileroom.model import ChangePage, ChangeType, Level, Statistics
from fileroom.query import Query
from fileroom.tags import TagSet
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import IndexCase, all_changes, ids_of
from fileroom.testing.index_family import FAMILY, A, B, D, E

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.index import Index
    from fileroom.model import AttachmentRecord
    from fileroom.testing.index_case import OpenIndex


class ChangesContract(IndexCase):
    """The change log."""

    def test_an_empty_log_is_done(self, index: Index) -> None:
        page = index.changes()
        assert (page.changes, page.done) == ((), True)
        assert index.changes(since=page.last) == page

    def test_sequences_strictly_increase(self, index: Index) -> None:
        index.commit(FAMILY)
        index.edit([AddLabel(ids_of(A).study, "a"), AddLabel(ids_of(B).series, "a")])
        index.remove([ids_of(A).patient])
        index.commit(FAMILY)
        sequences = [each.sequence for each in all_changes(index)]
        assert sequences == sorted(set(sequences))
        assert sequences[0] > 0

    def test_sequences_are_not_used_again_after_removal_and_reopening(self, open_index: OpenIndex) -> None:
        with_all = open_index(TagSet.default())
        with_all.commit(FAMILY)
        with_all.remove([ids_of(A).patient, ids_of(E).patient])
        used = all_changes(with_all)
        with_all.close()
        reopened = open_index(TagSet.default())
        reopened.commit([A])
        new = all_changes(reopened, since=used[-1].sequence)
        assert [each.type.label for each in new] == ["NewPatient", "NewStudy", "NewSeries", "NewInstance"]
        assert all_changes(reopened) == used + new
        reopened.close()

    def test_entries_outlive_their_resources(self, index: Index) -> None:
        index.commit([E])
        before = all_changes(index)
        index.remove([ids_of(E).patient])
        assert all_changes(index)[:4] == before

    def test_a_page_begins_after_since_and_holds_at_most_limit(self, index: Index) -> None:
        index.commit(FAMILY)
        everything = all_changes(index)
        since = 0
        for start in range(0, len(everything), 3):
            page = index.changes(since=since, limit=3)
            assert list(page.changes) == everything[start : start + 3]
            assert page.last == page.changes[-1].sequence
            assert page.done is (start + 3 >= len(everything))
            since = page.last
        assert index.changes(since=since) == ChangePage((), since, done=True)

    def test_types_select(self, index: Index) -> None:
        index.commit(FAMILY)
        index.edit([AddLabel(ids_of(A).study, "a")])
        wanted = {ChangeType.NEW_STUDY, ChangeType.UPDATED_LABELS}
        expected = [each for each in all_changes(index) if each.type in wanted]
        assert len(expected) == 4
        assert all_changes(index, limit=2, types=list(wanted)) == expected
        assert all_changes(index, types=[ChangeType.DELETED]) == all_changes(index, types=[]) == []

    def test_done_speaks_of_the_types_asked_for(self, index: Index) -> None:
        index.commit(FAMILY)
        assert index.changes(limit=2, types=[ChangeType.NEW_PATIENT]).done
        assert not index.changes(limit=1, types=[ChangeType.NEW_PATIENT]).done

    def test_a_reader_that_asks_for_types_misses_none(self, index: Index) -> None:
        index.commit([A])
        since = index.changes(types=[ChangeType.DELETED]).last
        index.remove([ids_of(A).patient])
        assert len(index.changes(since=since, types=[ChangeType.DELETED]).changes) == 4

    def test_dates_are_in_utc(self, index: Index) -> None:
        before = datetime.now(UTC) - timedelta(seconds=1)
        index.commit([A])
        index.commit([E])
        dates = [each.date for each in all_changes(index)]
        assert all(date.utcoffset() == timedelta(0) for date in dates)
        assert before <= min(dates) <= max(dates) <= datetime.now(UTC) + timedelta(seconds=1)


class StatisticsContract(IndexCase):
    """The totals."""

    def test_an_empty_index_holds_nothing(self, index: Index) -> None:
        assert index.statistics() == Statistics(0, 0, 0, 0, 0, 0, 0)

    def test_totals_equal_a_recount_after_every_step(self, index: Index) -> None:
        study, instance = ids_of(A).study, ids_of(A).instance
        steps: list[Callable[[], object]] = [
            lambda: index.commit(FAMILY),
            lambda: index.commit([entry("A", "1", "1.1", "1.1.1", data="longer")]),
            lambda: index.commit([entry("A", "1", "1.1", "1.1.1", data="longer")], Overwrite.ALWAYS),
            lambda: index.edit([Attach(study, attachment(1024, "12345"))]),
            lambda: index.edit([Attach(instance, attachment(2, "12"))]),
            lambda: index.edit([Attach(study, attachment(1024, "123456789"))]),
            lambda: index.commit([entry("A", "1", "1.1", "1.1.1", data="x")], Overwrite.IF_CHANGED),
            lambda: index.refresh([A.header]),
            lambda: index.remove([ids_of(B).instance]),
            lambda: index.remove([study]),
            lambda: index.remove([ids_of(D).patient, ids_of(E).instance]),
        ]
        for number, step in enumerate(steps):
            step()
            assert index.statistics() == recount(index), f"after step {number}"

    def test_plain_and_stored_bytes_are_counted_apart(self, index: Index) -> None:
        index.commit([A])
        plain = attachment(1024, "x" * 2**10)
        index.edit([Attach(ids_of(A).study, _compressed(plain, 100))])
        totals = index.statistics()
        assert (totals.attachments, totals.bytes, totals.stored_bytes) == (2, 1024, 100)

    def test_a_failed_write_leaves_the_totals(self, index: Index) -> None:
        index.commit([A])
        before = index.statistics()
        with pytest.raises(NotFoundError):
            index.edit([Attach(ids_of(A).study, attachment(1024, "12")), AddLabel("no id", "a")])
        assert index.statistics() == before


def _compressed(file: AttachmentRecord, stored_size: int) -> AttachmentRecord:
    return replace(file, codec="zlib", stored_size=stored_size, stored_digest="md5:" + "0" * 32)


def recount(index: Index) -> Statistics:
    """Return the totals, counted one by one."""
    files = [file for _, file in index.attachments()]
    return Statistics(
        patients=index.count(Query(Level.PATIENT)),
        studies=index.count(Query(Level.STUDY)),
        series=index.count(Query(Level.SERIES)),
        instances=index.count(Query(Level.INSTANCE)),
        attachments=len(files),
        bytes=sum(file.size for file in files),
        stored_bytes=sum(file.stored_size for file in files),
    )
