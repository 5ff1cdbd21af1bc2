"""The part of the index kit about instances that are new."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fileroom.index import CommitStatus, Committed, Overwrite
from fileroom.model import ChangeType, Level
from fileroom.query import Query
from fileroom.testing.entries import entry
from fileroom.testing.index_case import (
    IndexCase,
    all_changes,
    all_records,
    details_of,
    ids_of,
    record_of,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.index import Index
    from fileroom.model import ResourceRecord


class StoreContract(IndexCase):
    """Instances that are new."""

    def test_a_new_instance_is_stored(self, index: Index) -> None:
        new = entry()
        assert index.commit([new]) == [
            Committed(CommitStatus.STORED, ids_of(new).instance, new.attachment.digest)
        ]
        assert details_of(index, ids_of(new).instance).attachments == (new.attachment,)

    def test_an_instance_brings_its_parents(self, index: Index) -> None:
        new = entry("P", "1.2", "1.2.3", "1.2.3.4")
        index.commit([new])
        line: list[ResourceRecord | None] = [record_of(index, ids_of(new).instance)]
        while line[-1] is not None:
            line.append(line[-1].parent)
        assert [(each.level, each.id, each.uid) for each in line if each] == [
            (Level.INSTANCE, ids_of(new).instance, "1.2.3.4"),
            (Level.SERIES, ids_of(new).series, "1.2.3"),
            (Level.STUDY, ids_of(new).study, "1.2"),
            (Level.PATIENT, ids_of(new).patient, "P"),
        ]

    def test_outcomes_come_in_the_order_of_the_entries(self, index: Index) -> None:
        known = entry(instance="5")
        index.commit([known])
        entries = [entry(instance=uid) for uid in ("9", "5", "1", "7")]
        outcomes = index.commit(entries)
        assert [outcome.id for outcome in outcomes] == [ids_of(each).instance for each in entries]
        assert [outcome.status for outcome in outcomes] == ["stored", "already_stored", "stored", "stored"]

    def test_committing_nothing_does_nothing(self, index: Index) -> None:
        assert index.commit([]) == []
        assert index.statistics().instances == 0

    def test_many_entries_fit_in_one_batch(self, index: Index) -> None:
        entries = [entry(series=str(number % 7), instance=f"9.{number}") for number in range(2500)]
        assert {outcome.status for outcome in index.commit(entries)} == {CommitStatus.STORED}
        ids = [ids_of(each).instance for each in entries]
        assert len(index.held(ids)) == len(index.get(ids)) == len(index.details(ids)) == 2500
        assert {outcome.status for outcome in index.commit(entries)} == {CommitStatus.ALREADY_STORED}
        assert index.statistics().series == 7

    def test_tags_are_kept_as_they_were_given(self, index: Index) -> None:
        items: tuple[dict[str, str], ...] = (
            {"ScheduledProcedureStepID": "1", "RequestedProcedureID": "Ä "},
            {},
        )
        given = entry(
            PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう",
            PatientSex="",
            StudyDescription="  Sch\u0308del % _ \\ 'x' ",
            SeriesNumber="05",
            RequestAttributesSequence=items,
            ImageComments="line\r\nline\t" + "x" * 5000,
        )
        index.commit([given])
        tags = record_of(index, ids_of(given).instance).all_tags()
        assert {name: tags.get(name) for name in given.header.tags} == dict(given.header.tags)

    def test_a_missing_tag_stays_missing(self, index: Index) -> None:
        new = entry()
        index.commit([new])
        tags = record_of(index, ids_of(new).instance).all_tags()
        assert set(tags) == set(new.header.tags)

    def test_tags_stand_at_their_own_level(self, index: Index) -> None:
        new = entry(PatientName="N", StudyDate="20200101", Modality="CT", InstanceNumber="1")
        index.commit([new])
        own = [set(record_of(index, each).tags) for each in ids_of(new)]
        assert own == [
            {"PatientID", "PatientName"},
            {"StudyInstanceUID", "StudyDate"},
            {"SeriesInstanceUID", "Modality"},
            {"SOPInstanceUID", "SOPClassUID", "InstanceNumber"},
        ]

    def test_tags_that_the_index_does_not_keep_are_ignored(self, index: Index) -> None:
        new = entry(PatientAge="042Y", KVP="120")
        index.commit([new])
        assert record_of(index, ids_of(new).instance).all_tags().keys().isdisjoint({"PatientAge", "KVP"})

    def test_the_identifier_of_the_identity_is_always_among_the_tags(self, index: Index) -> None:
        bare = entry("", "1.2", "1.3", "1.4")
        bare = replace(bare, header=replace(bare.header, tags={"PatientID": "not this"}))
        index.commit([bare])
        records = [record_of(index, each) for each in ids_of(bare)]
        assert [record.uid for record in records] == ["", "1.2", "1.3", "1.4"]
        assert [record.tags.get(record.level.uid_keyword) for record in records] == ["", "1.2", "1.3", "1.4"]

    def test_parents_keep_the_tags_of_their_first_instance(self, index: Index) -> None:
        first = entry(instance="1", PatientName="First", StudyDate="20200101", Modality="CT")
        index.commit([first])
        index.commit([entry(instance="2", PatientName="Second", PatientSex="F", Modality="MR")])
        tags = record_of(index, ids_of(first).series).all_tags()
        assert (tags["PatientName"], tags["StudyDate"], tags["Modality"]) == ("First", "20200101", "CT")
        assert "PatientSex" not in tags

    def test_parents_of_one_batch_keep_the_tags_of_its_first_instance(self, index: Index) -> None:
        first, second = entry(instance="1", PatientName="First"), entry(instance="2", PatientName="Second")
        index.commit([first, second])
        assert record_of(index, ids_of(first).patient).tags["PatientName"] == "First"

    def test_parents_come_into_being_once(self, index: Index) -> None:
        index.commit([entry(study="1", instance="1"), entry(study="1", instance="2")])
        index.commit([entry(study="1", series="1.9", instance="3"), entry(study="2", instance="4")])
        totals = index.statistics()
        assert (totals.patients, totals.studies, totals.series, totals.instances) == (1, 2, 3, 4)
        assert [len(all_records(index, Query(level))) for level in Level] == [1, 2, 3, 4]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("a1", "A1"),
            ("\u00e9", "e\u0301"),
            ("\u00e9", "e"),
            ("ﬁ", "fi"),
            ("ア", "ｱ"),
            ("1", "\uff11"),
            ("ß", "ss"),
            ("İ", "i"),
            ("x", "x\u200b"),
            ("1", "01"),
            ("a b", "a  b"),
            ("", "\u00a0"),
            ("\U0001f9b4", "\uffff"),
            ("a%", "a_"),
        ],
    )
    def test_identifiers_that_look_alike_are_different(self, index: Index, one: str, other: str) -> None:
        entries = [entry(one), entry(other)]
        assert [outcome.status for outcome in index.commit(entries)] == [
            CommitStatus.STORED,
            CommitStatus.STORED,
        ]
        assert [record_of(index, ids_of(each).patient).uid for each in entries] == [one, other]
        assert index.commit([entry(one)])[0].status is CommitStatus.ALREADY_STORED

    def test_one_uid_under_two_patients_is_two_resources(self, index: Index) -> None:
        index.commit([entry("A"), entry("B")])
        totals = index.statistics()
        assert (totals.patients, totals.studies, totals.series, totals.instances) == (2, 2, 2, 2)

    def test_receipt_is_noted_in_utc(self, index: Index) -> None:
        before = datetime.now(UTC) - timedelta(seconds=1)
        new = entry()
        index.commit([new])
        for each in ids_of(new):
            received = record_of(index, each).received
            assert received.utcoffset() == timedelta(0)
            assert before <= received <= datetime.now(UTC) + timedelta(seconds=1)

    def test_the_revision_of_a_new_file_is_one_whatever_its_record_says(self, index: Index) -> None:
        new = entry()
        index.commit([replace(new, attachment=replace(new.attachment, revision=9))])
        assert details_of(index, ids_of(new).instance).attachments[0].revision == 1

    def test_a_batch_that_fails_changes_nothing(self, index: Index) -> None:
        index.commit([entry(instance="1")])
        before = state(index)
        bad = entry(study="3")
        bad = replace(bad, header=replace(bad.header, tags=Unreadable()))
        with pytest.raises(Exception, match="unreadable"):
            index.commit([entry(study="2"), entry(instance="1", data="new"), bad], Overwrite.ALWAYS)
        assert state(index) == before
        assert index.commit([entry(study="2")])[0].status is CommitStatus.STORED

    def test_new_resources_are_logged_from_patient_to_instance(self, index: Index) -> None:
        new = entry()
        index.commit([new])
        assert [(each.type, each.level, each.id) for each in all_changes(index)] == [
            (ChangeType.NEW_PATIENT, Level.PATIENT, ids_of(new).patient),
            (ChangeType.NEW_STUDY, Level.STUDY, ids_of(new).study),
            (ChangeType.NEW_SERIES, Level.SERIES, ids_of(new).series),
            (ChangeType.NEW_INSTANCE, Level.INSTANCE, ids_of(new).instance),
        ]

    def test_a_batch_is_logged_entry_by_entry(self, index: Index) -> None:
        entries = [entry(series="1", instance="1"), entry(series="2", instance="2")]
        index.commit([*entries, entry(series="1", instance="3")])
        new = ChangeType
        assert [each.type for each in all_changes(index)] == [
            *(new.NEW_PATIENT, new.NEW_STUDY, new.NEW_SERIES, new.NEW_INSTANCE),
            *(new.NEW_SERIES, new.NEW_INSTANCE),
            new.NEW_INSTANCE,
        ]


class Unreadable(Mapping[str, str]):
    """Tags that raise when they are looked at."""

    def __getitem__(self, key: str) -> str:
        raise RuntimeError("unreadable")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("unreadable")

    def __len__(self) -> int:
        raise RuntimeError("unreadable")
