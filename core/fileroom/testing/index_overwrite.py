"""The part of the index kit about committing instances that are there already."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.index import AddLabel, Attach, CommitStatus, Held, Overwrite, SetMetadata
from fileroom.model import ChangeType, Level
from fileroom.query import Query
from fileroom.testing.entries import MR_IMAGE, attachment, entry
from fileroom.testing.index_case import (
    IndexCase,
    all_changes,
    all_records,
    details_of,
    ids_of,
    locator_of,
    record_of,
    state,
)

if TYPE_CHECKING:
    from fileroom.index import Index

STORED, ALREADY_STORED = CommitStatus.STORED, CommitStatus.ALREADY_STORED
REPLACED, CONFLICT = CommitStatus.REPLACED, CommitStatus.CONFLICT

SAME, OTHER = "same bytes", "other bytes"
POLICIES = [
    (Overwrite.NEVER, SAME, ALREADY_STORED),
    (Overwrite.NEVER, OTHER, CONFLICT),
    (Overwrite.ALWAYS, SAME, REPLACED),
    (Overwrite.ALWAYS, OTHER, REPLACED),
    (Overwrite.IF_CHANGED, SAME, ALREADY_STORED),
    (Overwrite.IF_CHANGED, OTHER, REPLACED),
]


class OverwriteContract(IndexCase):
    """Instances that are there."""

    @pytest.mark.parametrize(("overwrite", "data", "status"), POLICIES)
    def test_status_follows_policy_and_digest(
        self, index: Index, overwrite: Overwrite, data: str, status: CommitStatus
    ) -> None:
        old, new = entry(data=SAME), entry(data=data)
        index.commit([old])
        (outcome,) = index.commit([new], overwrite)
        held = new if status is REPLACED else old
        assert (outcome.status, outcome.id) == (status, ids_of(old).instance)
        assert outcome.digest == held.attachment.digest
        assert locator_of(index, outcome.id) == held.attachment.locator

    @pytest.mark.parametrize(("overwrite", "data", "status"), POLICIES)
    def test_entries_of_one_batch_see_each_other(
        self, index: Index, overwrite: Overwrite, data: str, status: CommitStatus
    ) -> None:
        first, second = entry(data=SAME), entry(data=data)
        outcomes = index.commit([first, second], overwrite)
        loser, winner = (first, second) if status is REPLACED else (second, first)
        assert [outcome.status for outcome in outcomes] == [STORED, status]
        assert [outcome.garbage for outcome in outcomes] == [(), (loser.attachment.locator,)]
        assert outcomes[1].digest == winner.attachment.digest
        assert locator_of(index, outcomes[0].id) == winner.attachment.locator

    @pytest.mark.parametrize(("overwrite", "data", "status"), POLICIES)
    def test_garbage_is_the_file_that_nothing_points_at(
        self, index: Index, overwrite: Overwrite, data: str, status: CommitStatus
    ) -> None:
        old, new = entry(data=SAME), entry(data=data)
        index.commit([old])
        (outcome,) = index.commit([new], overwrite)
        loser = old if status is REPLACED else new
        assert outcome.garbage == (loser.attachment.locator,)

    @pytest.mark.parametrize("overwrite", [Overwrite.NEVER, Overwrite.IF_CHANGED])
    def test_a_file_registered_where_it_lies_gives_way_to_a_copy_that_the_storage_keeps(
        self, index: Index, overwrite: Overwrite
    ) -> None:
        original, copy = entry(data=SAME, locator="external:/somewhere/a.dcm"), entry(data=SAME)
        index.commit([original])
        held = index.held([ids_of(original).instance])[ids_of(original).instance]
        (outcome,) = index.commit([copy], overwrite)
        (again,) = index.commit([original], overwrite)
        assert (held.external, outcome.status, again.status) == (True, REPLACED, ALREADY_STORED)
        assert locator_of(index, outcome.id) == copy.attachment.locator
        assert not index.held([outcome.id])[outcome.id].external

    def test_a_file_registered_where_it_lies_does_not_give_way_to_other_bytes_or_another_such_file(
        self, index: Index
    ) -> None:
        index.commit([entry(data=SAME, locator="external:/somewhere/a.dcm")])
        offered = [entry(data=OTHER), entry(data=SAME, locator="external:/elsewhere/a.dcm")]
        outcomes = [index.commit([one])[0] for one in offered]
        assert [one.status for one in outcomes] == [CONFLICT, ALREADY_STORED]
        assert locator_of(index, outcomes[0].id) == "external:/somewhere/a.dcm"

    @pytest.mark.parametrize(("overwrite", "data", "status"), POLICIES)
    def test_a_file_committed_again_from_where_it_lies_is_no_garbage(
        self, index: Index, overwrite: Overwrite, data: str, status: CommitStatus
    ) -> None:
        index.commit([entry(data=SAME, locator="here")])
        (outcome,) = index.commit([entry(data=data, locator="here")], overwrite)
        assert (outcome.status, outcome.garbage) == (status, ())
        assert locator_of(index, outcome.id) == "here"

    def test_a_file_that_a_batch_comes_back_to_is_no_garbage(self, index: Index) -> None:
        offered = [("one", "there"), ("two", "elsewhere"), ("one", "there")]
        entries = [entry(data=data, locator=locator) for data, locator in offered]
        outcomes = index.commit(entries, Overwrite.IF_CHANGED)
        assert [outcome.status for outcome in outcomes] == [STORED, REPLACED, REPLACED]
        assert [outcome.garbage for outcome in outcomes] == [(), (), ("elsewhere",)]

    def test_replacing_drops_what_was_made_from_the_old_file(self, index: Index) -> None:
        old = entry(data="old")
        index.commit([old])
        made, users = [attachment(2), attachment(1023)], [attachment(1024), attachment(65535)]
        index.edit([Attach(ids_of(old).instance, file) for file in (*made, *users)])
        (outcome,) = index.commit([entry(data="new")], Overwrite.ALWAYS)
        assert sorted(outcome.garbage) == sorted(each.locator for each in (old.attachment, *made))
        kept = details_of(index, outcome.id).attachments
        assert [file.content_type for file in kept] == [1, 1024, 65535]

    def test_replacing_leaves_the_attachments_of_parents_alone(self, index: Index) -> None:
        old = entry(data="old")
        index.commit([old])
        index.edit([Attach(each, attachment(2)) for each in ids_of(old)[:3]])
        (outcome,) = index.commit([entry(data="new")], Overwrite.ALWAYS)
        assert outcome.garbage == (old.attachment.locator,)
        assert [len(details_of(index, each).attachments) for each in ids_of(old)] == [1, 1, 1, 1]

    def test_replacing_keeps_the_users_metadata_and_labels(self, index: Index) -> None:
        new = entry(data="new")
        instance = ids_of(new).instance
        index.commit([entry(data="old")])
        index.edit([SetMetadata(instance, "n", "v"), AddLabel(instance, "l")])
        before = details_of(index, instance)
        index.commit([new], Overwrite.ALWAYS)
        after = details_of(index, instance)
        assert (after.metadata, after.labels) == (before.metadata, before.labels)

    def test_replacing_takes_the_new_files_tags(self, index: Index) -> None:
        index.commit([entry(data="old", InstanceNumber="1", ImageComments="gone")])
        new = entry(data="new", InstanceNumber="2", NumberOfFrames="3", sop_class_uid=MR_IMAGE)
        index.commit([new], Overwrite.IF_CHANGED)
        tags = record_of(index, ids_of(new).instance).tags
        expected = ("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "NumberOfFrames")
        assert tags == {name: new.header.tags[name] for name in expected}
        (study,) = index.get([ids_of(new).study], ["SOPClassesInStudy"])
        assert study is not None
        assert study.computed == {"SOPClassesInStudy": MR_IMAGE}

    def test_replacing_leaves_the_parents_tags_alone(self, index: Index) -> None:
        new = entry(data="new", PatientName="New", Modality="MR")
        index.commit([entry(data="old", PatientName="Old", Modality="CT")])
        index.commit([new], Overwrite.ALWAYS)
        tags = record_of(index, ids_of(new).instance).all_tags()
        assert (tags["PatientName"], tags["Modality"]) == ("Old", "CT")

    def test_replacing_raises_the_files_revision(self, index: Index) -> None:
        revisions = []
        for data in ("one", "two", "three"):
            (outcome,) = index.commit([entry(data=data)], Overwrite.IF_CHANGED)
            revisions.append(details_of(index, outcome.id).attachments[0].revision)
        assert revisions == [1, 2, 3]

    def test_replacing_keeps_the_time_and_order_of_arrival(self, index: Index) -> None:
        entries = [entry(instance=uid) for uid in ("1", "2", "3")]
        index.commit(entries)
        before = all_records(index, Query(Level.INSTANCE))
        index.commit([entry(instance="1", data="new")], Overwrite.ALWAYS)
        after = all_records(index, Query(Level.INSTANCE))
        assert [(each.id, each.received) for each in after] == [(each.id, each.received) for each in before]

    @pytest.mark.parametrize(
        "second", [entry(data="old", PatientName="x"), entry(data="new", InstanceNumber="2", stamp=2)]
    )
    def test_what_is_not_replaced_changes_nothing(self, index: Index, second: object) -> None:
        index.commit([entry(data="old", InstanceNumber="1", stamp=1)])
        before = state(index)
        index.commit([second])  # type: ignore[list-item]
        assert state(index) == before

    @pytest.mark.parametrize(("overwrite", "data", "status"), POLICIES)
    def test_what_is_there_is_logged_only_when_replaced(
        self, index: Index, overwrite: Overwrite, data: str, status: CommitStatus
    ) -> None:
        old = entry(data=SAME)
        index.commit([old])
        since = index.changes().last
        index.commit([entry(data=data)], overwrite)
        logged = [(each.type, each.level, each.id) for each in all_changes(index, since)]
        replaced = (ChangeType.REPLACED_INSTANCE, Level.INSTANCE, ids_of(old).instance)
        assert logged == ([replaced] if status is REPLACED else [])


class StampContract(IndexCase):
    """The fingerprint of an entry's source."""

    def test_held_knows_digest_and_stamp_of_instances(self, index: Index) -> None:
        largest = 2**63 - 1
        entries = [entry(instance="1", stamp=largest), entry(instance="2", data="x")]
        index.commit(entries)
        one, two = (ids_of(each).instance for each in entries)
        held = index.held([two, one])
        assert held == {
            one: Held(entries[0].attachment.digest, largest),
            two: Held(entries[1].attachment.digest, 0),
        }

    def test_held_leaves_out_what_is_no_instance(self, index: Index) -> None:
        new = entry()
        index.commit([new])
        unknown = ids_of(entry("Q")).instance
        assert index.held([*ids_of(new)[:3], unknown, "no id", ""]) == {}
        assert index.held([]) == {}

    @pytest.mark.parametrize(
        ("data", "stamp", "overwrite", "expected"),
        [
            (SAME, 2, Overwrite.NEVER, 2),
            (SAME, 0, Overwrite.NEVER, 1),
            (SAME, 2, Overwrite.IF_CHANGED, 2),
            (SAME, 2, Overwrite.ALWAYS, 2),
            (SAME, 0, Overwrite.ALWAYS, 0),
            (OTHER, 2, Overwrite.NEVER, 1),
            (OTHER, 2, Overwrite.IF_CHANGED, 2),
            (OTHER, 0, Overwrite.ALWAYS, 0),
        ],
    )
    def test_the_stamp_is_that_of_the_last_source_of_these_bytes(
        self, index: Index, data: str, stamp: int, overwrite: Overwrite, expected: int
    ) -> None:
        index.commit([entry(data=SAME, stamp=1)])
        (outcome,) = index.commit([entry(data=data, stamp=stamp)], overwrite)
        assert index.held([outcome.id])[outcome.id].stamp == expected
