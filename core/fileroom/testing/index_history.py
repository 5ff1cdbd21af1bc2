"""The part of the index kit about history carried over: times of receipt, revisions, the change log.

It is for indexes with the capability ``history``; for others its tests are skipped.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError
from fileroom.index import AddLabel, Attach, Details, Edited, Overwrite, SetMetadata
from fileroom.model import Change, ChangeType, Level, Metadata, ResourceRecord
from fileroom.tags import TagSet
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import IndexCase, all_changes, details_of, ids_of, is_of, record_of, state
from fileroom.testing.index_family import FAMILY, A, B, C, E

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.index import Edit, Entry, Index
    from fileroom.testing.index_case import OpenIndex

REPORT = 1024
LONG_AGO = datetime(1999, 12, 31, 23, 59, 59, 987_000, tzinfo=UTC)
LATER = LONG_AGO + timedelta(days=400, milliseconds=1)
NOBODY = ids_of(entry("nobody")).study

LOG = (
    Change(3, ChangeType.NEW_STUDY, Level.STUDY, NOBODY, LONG_AGO),
    Change(4, ChangeType.DELETED, Level.STUDY, NOBODY, LATER),
    Change(2**40, ChangeType.UPDATED_LABELS, Level.INSTANCE, ids_of(A).instance, LATER),
)
"""Changes of another index's log, which has gaps."""


class _HistoryCase(IndexCase):
    @pytest.fixture(autouse=True)
    def _needs_history(self, request: pytest.FixtureRequest) -> None:
        mine = is_of(request, RevisionContract, LogContract, ReceiptContract)
        if "index" not in request.fixturenames or not mine:
            return
        if not request.getfixturevalue("index").capabilities.history:
            pytest.skip("this index does not carry history over")


class RevisionContract(_HistoryCase):
    """Revisions that another index gave."""

    def test_the_dicom_file_keeps_its_revision(self, index: Index) -> None:
        index.restore([replace(A, attachment=replace(A.attachment, revision=7)), B], {})
        revisions = [details_of(index, ids_of(each).instance).attachments[0].revision for each in (A, B)]
        assert revisions == [7, 1]

    def test_one_that_is_there_keeps_the_revision_it_has(self, index: Index) -> None:
        index.commit([A])
        index.restore([replace(A, attachment=replace(A.attachment, revision=7))], {})
        assert details_of(index, ids_of(A).instance).attachments[0].revision == 1

    def test_attachments_and_metadata_keep_their_revisions(self, index: Index) -> None:
        study = ids_of(A).study
        wanted = Details((replace(attachment(REPORT), revision=5),), {"n": Metadata("v", 9)})
        index.restore([A], {study: wanted})
        assert details_of(index, study) == wanted

    def test_revisions_go_on_from_there(self, index: Index) -> None:
        study, instance = ids_of(A).study, ids_of(A).instance
        held = Details((replace(attachment(REPORT), revision=5),), {"n": Metadata("v", 9)})
        index.restore([replace(A, attachment=replace(A.attachment, revision=7))], {study: held})
        edits: list[Edit] = [Attach(study, attachment(REPORT), 5), SetMetadata(study, "n", "w", 9)]
        assert [each.revision for each in index.edit(edits)] == [6, 10]
        index.commit([entry("A", "1", "1.1", "1.1.1", data="new")], Overwrite.ALWAYS)
        assert details_of(index, instance).attachments[0].revision == 8


class LogContract(_HistoryCase):
    """The change log that another index kept."""

    def test_nothing_is_logged_by_itself(self, index: Index) -> None:
        details = {ids_of(A).study: Details((attachment(REPORT),), {"n": Metadata("v")}, ("a",))}
        index.restore(FAMILY, details)
        assert all_changes(index) == []

    def test_changes_are_appended_as_they_are(self, index: Index) -> None:
        index.restore([A], {}, LOG[:1])
        index.restore([], {}, LOG[1:])
        assert all_changes(index) == list(LOG)
        page = index.changes(since=4, types=[ChangeType.UPDATED_LABELS])
        assert (page.changes, page.done) == (LOG[2:], True)

    def test_changes_that_are_not_newer_than_the_log_are_passed_over(self, index: Index) -> None:
        index.restore([], {}, LOG[:2])
        others = [replace(each, type=ChangeType.NEW_SERIES) for each in LOG]
        index.restore([], {}, others)
        assert all_changes(index) == [*LOG[:2], others[2]]
        index.restore([], {}, LOG)
        assert all_changes(index) == [*LOG[:2], others[2]]

    def test_the_log_goes_on_behind_what_it_took_over(self, index: Index) -> None:
        index.commit([E])
        own = all_changes(index)
        index.restore([], {}, LOG)
        taken = [each for each in LOG if each.sequence > own[-1].sequence]
        index.edit([AddLabel(ids_of(E).study, "a")])
        index.remove([ids_of(E).patient])
        logged = all_changes(index)
        assert logged[: len(own) + len(taken)] == own + taken
        assert [each.type.label for each in logged[len(own) + len(taken) :]] == [
            "UpdatedLabels",
            *["Deleted"] * 4,
        ]
        sequences = [each.sequence for each in logged]
        assert sequences == sorted(set(sequences))

    def test_the_log_goes_on_after_reopening(self, open_index: OpenIndex) -> None:
        first = open_index(TagSet.default())
        if not first.capabilities.history:
            pytest.skip("this index does not carry history over")
        first.restore([A], {}, LOG)
        first.close()
        again = open_index(TagSet.default())
        again.edit([AddLabel(ids_of(A).study, "a")])
        *taken, new = all_changes(again)
        again.close()
        assert taken == list(LOG)
        assert new.sequence > LOG[-1].sequence

    def test_what_fails_changes_nothing(self, index: Index) -> None:
        index.restore([E], {}, LOG[:1])
        before = state(index)
        details = {ids_of(A).study: Details(labels=("a",)), NOBODY: Details(labels=("a",))}
        with pytest.raises(NotFoundError):
            index.restore([A], details, LOG[1:])
        assert state(index) == before


class ReceiptContract(_HistoryCase):
    """When instances were received, and what their parents were."""

    @pytest.mark.parametrize("restoring", [True, False])
    def test_what_comes_into_being_takes_over_the_time_of_receipt(
        self, index: Index, *, restoring: bool
    ) -> None:
        _store(index, [replace(A, received=LONG_AGO)], restoring=restoring)
        assert [record_of(index, each).received for each in ids_of(A)] == [LONG_AGO] * 4

    @pytest.mark.parametrize("restoring", [True, False])
    def test_what_is_there_keeps_its_own_time_of_receipt(self, index: Index, *, restoring: bool) -> None:
        _store(index, [replace(A, received=LATER)], restoring=restoring)
        _store(index, [replace(each, received=LONG_AGO) for each in (A, B, C)], restoring=restoring)
        assert [record_of(index, each).received for each in ids_of(A)] == [LATER] * 4
        assert [record_of(index, each).received for each in ids_of(C)] == [LATER, LATER, LONG_AGO, LONG_AGO]

    def test_a_replacement_keeps_the_time_of_receipt(self, index: Index) -> None:
        index.commit([replace(A, received=LONG_AGO)])
        new = entry("A", "1", "1.1", "1.1.1", data="new")
        index.commit([replace(new, received=LATER)], Overwrite.ALWAYS)
        assert record_of(index, ids_of(A).instance).received == LONG_AGO

    @pytest.mark.parametrize("restoring", [True, False])
    def test_new_parents_are_what_another_index_says_of_them(self, index: Index, *, restoring: bool) -> None:
        new = entry(PatientName="New", StudyDate="20200202", Modality="MR", InstanceNumber="1")
        parent = _parent_of(new)
        _store(index, [replace(new, received=LATER, parent=parent)], restoring=restoring)
        record = record_of(index, ids_of(new).instance)
        assert (record.received, record.tags["InstanceNumber"]) == (LATER, "1")
        assert record.parent == parent

    def test_parents_that_are_there_stay_as_they_are(self, index: Index) -> None:
        new = entry(PatientName="New", StudyDate="20200202", Modality="MR")
        index.commit([replace(new, received=LONG_AGO)])
        sibling = entry(instance="9", PatientName="New")
        index.restore([replace(sibling, received=LATER, parent=_parent_of(sibling))], {})
        record = record_of(index, ids_of(sibling).instance)
        assert record.all_tags()["PatientName"] == "New"
        assert record.parent is not None
        assert record.parent.received == LONG_AGO

    def test_of_what_is_said_of_parents_the_index_keeps_what_it_keeps_of_headers(self, index: Index) -> None:
        series = replace(_parent_of(A), tags={"Modality": "MR", "KVP": "120", "SeriesInstanceUID": "9"})
        index.restore([replace(A, parent=series)], {})
        assert record_of(index, ids_of(A).series).tags == {"Modality": "MR", "SeriesInstanceUID": "1.1"}

    def test_parents_count_as_received_when_they_were_whatever_their_first_instance_says(
        self, index: Index
    ) -> None:
        index.restore([replace(A, received=LATER, parent=_parent_of(A)), replace(B, received=LONG_AGO)], {})
        assert [record_of(index, each).received for each in ids_of(B)] == [*[LONG_AGO] * 3, LONG_AGO]
        assert record_of(index, ids_of(A).instance).received == LATER

    def test_later_edits_are_those_of_any_resource(self, index: Index) -> None:
        index.restore([replace(A, received=LONG_AGO, parent=_parent_of(A))], {}, LOG)
        assert index.edit([AddLabel(ids_of(A).series, "a")]) == [Edited(0)]
        assert index.remove([ids_of(A).instance]).remaining == {ids_of(A).instance: None}


def _store(index: Index, entries: Sequence[Entry], *, restoring: bool) -> None:
    if restoring:
        index.restore(entries, {})
    else:
        index.commit(entries)


def _parent_of(one: Entry) -> ResourceRecord:
    """Return what another index says of an entry's series, and of those above it."""
    record: ResourceRecord | None = None
    identity = one.header.identity
    for level, uid, keyword in (
        (Level.PATIENT, identity.patient_id, "PatientName"),
        (Level.STUDY, identity.study_instance_uid, "StudyDescription"),
        (Level.SERIES, identity.series_instance_uid, "SeriesDescription"),
    ):
        tags = {level.uid_keyword: uid, keyword: "Old"}
        record = ResourceRecord(ids_of(one)[level - 1], level, uid, tags, record, LONG_AGO)
    assert record is not None
    return record
