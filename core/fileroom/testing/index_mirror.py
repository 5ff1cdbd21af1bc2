"""The part of the index kit about mirroring: made like another index, part by part, while that lives on."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotSupportedError
from fileroom.index import AddLabel, Attach, CommitStatus, Details, SetMetadata
from fileroom.model import Change, ChangeType, Level, Metadata
from fileroom.query import Query
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import (
    IndexCase,
    all_changes,
    all_records,
    details_of,
    ids_of,
    is_of,
    state,
)
from fileroom.testing.index_changes import recount
from fileroom.testing.index_family import FAMILY, A, E

if TYPE_CHECKING:
    from fileroom.index import Index

REPORT = 1024
THEN = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
NOBODY = ids_of(entry("nobody")).study


def _change(sequence: int) -> Change:
    return Change(sequence, ChangeType.DELETED, Level.STUDY, NOBODY, THEN)


class MirrorContract(IndexCase):
    """What an index with the capability ``mirror`` does, and that one without it says so."""

    @pytest.fixture(autouse=True)
    def _needs_mirror(self, request: pytest.FixtureRequest) -> None:
        if "index" not in request.fixturenames or not is_of(request, MirrorContract):
            return
        index = request.getfixturevalue("index")
        if not index.capabilities.mirror:
            with pytest.raises(NotSupportedError):
                index.mirror([A], {})
            pytest.skip("this index cannot mirror, and says so")

    def test_who_mirrors_keeps_history(self, index: Index) -> None:
        assert index.capabilities.history

    def test_entries_come_as_with_if_changed(self, index: Index) -> None:
        old, same = entry(instance="1", data="old"), entry(instance="2", data="same")
        index.commit([old, same])
        entries = [
            entry(instance="1", data="new"),
            entry(instance="2", data="same"),
            entry(instance="3"),
        ]
        mirrored = index.mirror(entries, {})
        assert [one.status for one in mirrored.committed] == [
            CommitStatus.REPLACED,
            CommitStatus.ALREADY_STORED,
            CommitStatus.STORED,
        ]
        assert set(mirrored.garbage) == {old.attachment.locator, entries[1].attachment.locator}
        assert [each.uid for each in all_records(index, Query(Level.INSTANCE))] == ["1", "2", "3"]
        assert index.statistics() == recount(index)

    def test_files_have_the_revisions_they_come_with(self, index: Index) -> None:
        index.commit([entry(instance="1", data="old")])
        replaced = entry(instance="1", data="new")
        replaced = replace(replaced, attachment=replace(replaced.attachment, revision=7))
        new = replace(A, attachment=replace(A.attachment, revision=3))
        index.mirror([replaced, new], {})
        assert details_of(index, ids_of(replaced).instance).attachments == (replaced.attachment,)
        assert details_of(index, ids_of(A).instance).attachments == (new.attachment,)

    def test_the_time_of_receipt_is_heeded(self, index: Index) -> None:
        index.mirror([replace(A, received=THEN)], {})
        (record,) = index.get([ids_of(A).instance])
        assert record is not None
        assert record.received == THEN

    @pytest.mark.parametrize("level", list(Level))
    def test_details_become_those_given(self, index: Index, level: Level) -> None:
        owner = ids_of(A)[level - 1]
        index.commit([A])
        kept, gone = attachment(REPORT, "kept"), attachment(REPORT + 1, "gone")
        index.edit([Attach(owner, kept), Attach(owner, gone), SetMetadata(owner, "n", "1")])
        index.edit([SetMetadata(owner, "m", "2"), AddLabel(owner, "a"), AddLabel(owner, "b")])
        come = replace(attachment(REPORT + 2, "come"), revision=5)
        kept = replace(kept, revision=9)
        wanted = Details((kept, come), {"n": Metadata("3", 4)}, ("b", "c"))
        mirrored = index.mirror([], {owner: wanted})
        assert mirrored.garbage == (gone.locator,)
        own = (A.attachment,) if level is Level.INSTANCE else ()
        assert details_of(index, owner) == replace(wanted, attachments=(*own, kept, come))
        assert index.statistics() == recount(index)

    def test_an_attachment_that_is_there_stays_where_it_lies(self, index: Index) -> None:
        index.commit([A])
        study, file = ids_of(A).study, attachment(REPORT, "same")
        moved = replace(file, uuid=attachment().uuid, locator="moved")
        index.edit([Attach(study, moved)])
        mirrored = index.mirror([], {study: Details((replace(file, revision=9),))})
        assert mirrored.garbage == (file.locator,)
        assert details_of(index, study).attachments == (replace(moved, revision=9),)
        assert index.statistics() == recount(index)

    def test_another_attachment_takes_the_place_of_what_is_there(self, index: Index) -> None:
        index.commit([A])
        study = ids_of(A).study
        unknown = replace(attachment(REPORT, "same"), digest="", stored_digest="")
        for old, new in [
            (attachment(REPORT, "old"), attachment(REPORT, "new")),
            (unknown, replace(unknown, uuid=attachment().uuid, locator="another")),
        ]:
            index.mirror([], {study: Details((old,))})
            assert index.mirror([], {study: Details((new,))}).garbage == (old.locator,)
            assert details_of(index, study).attachments == (new,)

    def test_the_dicom_file_stays(self, index: Index) -> None:
        instance = ids_of(A).instance
        other = attachment(1, "another")
        mirrored = index.mirror([A], {instance: Details((other,))})
        assert details_of(index, instance).attachments == (A.attachment,)
        assert mirrored.garbage == (other.locator,)

    def test_details_of_what_is_not_there_are_passed_over_and_are_garbage(self, index: Index) -> None:
        file = attachment(REPORT)
        mirrored = index.mirror([A], {NOBODY: Details((file,)), "no id": Details(labels=("a",))})
        assert mirrored.garbage == (file.locator,)
        assert index.statistics().attachments == 1

    def test_what_is_removed_goes_with_all_beneath_and_its_bereft_ancestors(self, index: Index) -> None:
        index.commit(FAMILY)
        before = index.statistics()
        mirrored = index.mirror([], {}, [ids_of(E).patient, ids_of(E).instance, NOBODY, "no id"])
        assert index.get([ids_of(E).patient, ids_of(E).instance]) == [None, None]
        assert E.attachment.locator in mirrored.garbage
        assert index.statistics().patients == before.patients - 1
        assert index.statistics() == recount(index)

    def test_what_is_removed_may_come_again_in_the_same_call(self, index: Index) -> None:
        index.commit([A])
        again = replace(A, attachment=replace(A.attachment, locator="again", uuid=attachment(1).uuid))
        mirrored = index.mirror([again], {}, [ids_of(A).patient])
        assert [one.status for one in mirrored.committed] == [CommitStatus.STORED]
        assert mirrored.garbage == (A.attachment.locator,)
        assert details_of(index, ids_of(A).instance).attachments == (again.attachment,)

    def test_nothing_is_logged_but_what_is_given(self, index: Index) -> None:
        index.commit([A, E])
        logged = all_changes(index)
        last = logged[-1].sequence
        changes = [_change(last), _change(last + 5), _change(last + 9)]
        index.mirror(
            [entry(data="new")], {ids_of(A).study: Details(labels=("a",))}, [ids_of(E).patient], changes
        )
        assert all_changes(index) == [*logged, *changes[1:]]

    def test_mirroring_again_changes_nothing(self, index: Index) -> None:
        details = {ids_of(A).study: Details((attachment(REPORT),), {"n": Metadata("v", 3)}, ("a",))}
        index.commit([E])
        what = (FAMILY, details, [NOBODY], [_change(1000)])
        index.mirror(*what)
        before = state(index)
        assert index.mirror(*what).garbage == ()
        assert state(index) == before

    def test_many_are_mirrored_at_once(self, index: Index) -> None:
        entries = [entry(series=str(number % 7), instance=f"9.{number}") for number in range(1200)]
        details = {ids_of(each).instance: Details((attachment(2),), {}, ("a",)) for each in entries}
        index.mirror(entries, details)
        index.mirror([], {}, [ids_of(each).instance for each in entries[:600]])
        assert index.statistics().instances == len(entries) - 600
        assert index.statistics() == recount(index)
