"""The parts of the index kit about attachments, and about edits in general."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError, NotSupportedError, RevisionError
from fileroom.index import (
    AddLabel,
    Attach,
    Detach,
    Details,
    Edited,
    RemoveLabel,
    SetMetadata,
    UnsetMetadata,
)
from fileroom.model import Level
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import (
    IndexCase,
    all_changes,
    details_of,
    ids_of,
    new_study,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.index import Edit, Index

REPORT = 1024


class AttachmentContract(IndexCase):
    """Attachments at all levels."""

    @pytest.mark.parametrize("level", list(Level))
    def test_resources_of_every_level_take_attachments(self, index: Index, level: Level) -> None:
        new = entry()
        index.commit([new])
        owner = ids_of(new)[level - 1]
        files = [attachment(number, f"{number}") for number in (65535, 1024, 2, 0)]
        assert index.edit([Attach(owner, file) for file in files]) == [Edited(1)] * 4
        own = details_of(index, owner).attachments
        assert [file for file in own if file.content_type != 1] == sorted(
            files, key=lambda file: file.content_type
        )

    def test_a_record_is_kept_as_it_was_given(self, index: Index) -> None:
        study = new_study(index)
        file = replace(
            attachment(REPORT, "x" * 10),
            size=2**40,
            stored_size=7,
            digest="sha256:" + "ab" * 32,
            stored_digest="md5:" + "00" * 16,
            codec="zstd",
            locator="ä b/c%_\\" + "x" * 1000,
        )
        index.edit([Attach(study, file)])
        assert details_of(index, study).attachments == (file,)

    def test_replacing_raises_the_revision_and_leaves_the_old_file_as_garbage(self, index: Index) -> None:
        study = new_study(index)
        old, new = attachment(REPORT, "old"), attachment(REPORT, "new")
        index.edit([Attach(study, old)])
        assert index.edit([Attach(study, new)]) == [Edited(2, (old.locator,))]
        assert details_of(index, study).attachments == (replace(new, revision=2),)

    def test_detaching_leaves_the_file_as_garbage(self, index: Index) -> None:
        study = new_study(index)
        file = attachment(REPORT)
        index.edit([Attach(study, file)])
        assert index.edit([Detach(study, REPORT)]) == [Edited(0, (file.locator,))]
        assert details_of(index, study).attachments == ()

    def test_revisions_begin_anew_after_detaching(self, index: Index) -> None:
        study = new_study(index)
        index.edit([Attach(study, attachment(REPORT)), Attach(study, attachment(REPORT))])
        index.edit([Detach(study, REPORT)])
        assert index.edit([Attach(study, attachment(REPORT))]) == [Edited(1)]

    def test_a_file_attached_again_from_where_it_lies_is_no_garbage(self, index: Index) -> None:
        study = new_study(index)
        here, elsewhere = attachment(REPORT, "1", locator="here"), attachment(REPORT, locator="elsewhere")
        assert index.edit([Attach(study, here), Attach(study, here)]) == [Edited(1), Edited(2)]
        outcomes = index.edit([Attach(study, elsewhere), Detach(study, REPORT), Attach(study, here)])
        assert outcomes == [Edited(3), Edited(0, ("elsewhere",)), Edited(1)]

    @pytest.mark.parametrize(("there", "demanded"), [(0, 1), (1, 0), (1, 2), (2, 1)])
    def test_a_wrong_revision_is_refused(self, index: Index, there: int, demanded: int) -> None:
        study = new_study(index)
        index.edit([Attach(study, attachment(REPORT)) for _ in range(there)])
        before = state(index)
        with pytest.raises(RevisionError):
            index.edit([Attach(study, attachment(REPORT), if_revision=demanded)])
        if there:
            with pytest.raises(RevisionError):
                index.edit([Detach(study, REPORT, if_revision=demanded)])
        assert state(index) == before

    @pytest.mark.parametrize("there", [0, 1, 2])
    def test_the_right_revision_is_accepted(self, index: Index, there: int) -> None:
        study = new_study(index)
        index.edit([Attach(study, attachment(REPORT)) for _ in range(there)])
        (attached,) = index.edit([Attach(study, attachment(REPORT), if_revision=there)])
        assert attached.revision == there + 1
        (detached,) = index.edit([Detach(study, REPORT, if_revision=there + 1)])
        assert detached.revision == 0

    def test_a_file_of_another_uuid_is_left_alone(self, index: Index) -> None:
        study = new_study(index)
        old, there, new = (attachment(REPORT, data) for data in ("old", "there", "new"))
        with pytest.raises(RevisionError):
            index.edit([Attach(study, new, if_uuid=old.uuid)])
        index.edit([Attach(study, old), Detach(study, REPORT), Attach(study, there)])
        before = state(index)
        for wrong in (Attach(study, new, 1, old.uuid), Attach(study, new, 2, there.uuid)):
            with pytest.raises(RevisionError):
                index.edit([wrong])
        assert state(index) == before
        assert index.edit([Attach(study, new, 1, there.uuid)]) == [Edited(2, (there.locator,))]

    def test_what_is_noted_of_a_file_leaves_it_where_it_lies(self, index: Index) -> None:
        study = new_study(index)
        file = replace(attachment(REPORT, "spliced"), digest="", stored_digest="")
        noted = replace(file, digest="md5:" + "ab" * 16, stored_digest="md5:" + "ab" * 16)
        index.edit([Attach(study, file)])
        assert index.edit([Attach(study, noted, 1, file.uuid)]) == [Edited(2)]
        assert details_of(index, study).attachments == (replace(noted, revision=2),)

    @pytest.mark.parametrize("if_revision", [None, 0, 1])
    def test_detaching_what_is_not_there_is_not_found(self, index: Index, if_revision: int | None) -> None:
        study = new_study(index)
        with pytest.raises(NotFoundError):
            index.edit([Detach(study, REPORT, if_revision)])

    def test_the_dicom_file_is_neither_replaced_nor_detached(self, index: Index) -> None:
        new = entry()
        index.commit([new])
        before = state(index)
        for edit in (Attach(ids_of(new).instance, attachment(1)), Detach(ids_of(new).instance, 1)):
            with pytest.raises(NotSupportedError):
                index.edit([edit])
        assert state(index) == before


class EditContract(IndexCase):
    """Edits in general."""

    def test_every_edit_with_effect_is_logged_in_order(self, index: Index) -> None:
        study = new_study(index)
        since = index.changes().last
        index.edit(
            [
                SetMetadata(study, "n", "v"),
                Attach(study, attachment(REPORT)),
                AddLabel(study, "a"),
                Detach(study, REPORT),
                RemoveLabel(study, "a"),
                UnsetMetadata(study, "n"),
            ]
        )
        logged = all_changes(index, since)
        assert [each.type.label for each in logged] == [
            "UpdatedMetadata",
            "UpdatedAttachment",
            "UpdatedLabels",
            "UpdatedAttachment",
            "UpdatedLabels",
            "UpdatedMetadata",
        ]
        assert {(each.level, each.id) for each in logged} == {(Level.STUDY, study)}

    def test_editing_nothing_does_nothing(self, index: Index) -> None:
        before = state(index)
        assert index.edit([]) == []
        assert state(index) == before

    @pytest.mark.parametrize("public_id", [ids_of(entry("nobody")).study, "no id", ""])
    def test_editing_what_is_not_there_is_not_found(self, index: Index, public_id: str) -> None:
        new_study(index)
        before = state(index)
        edits: list[Edit] = [
            Attach(public_id, attachment(REPORT)),
            Detach(public_id, REPORT),
            SetMetadata(public_id, "n", "v"),
            UnsetMetadata(public_id, "n"),
            AddLabel(public_id, "a"),
            RemoveLabel(public_id, "a"),
        ]
        for edit in edits:
            with pytest.raises(NotFoundError):
                index.edit([edit])
        assert state(index) == before

    @pytest.mark.parametrize(
        ("bad", "error"),
        [
            (lambda owner: UnsetMetadata(owner, "missing"), NotFoundError),
            (lambda owner: SetMetadata(owner, "n", "w", if_revision=7), RevisionError),
            (lambda owner: Detach(owner, 1), NotSupportedError),
        ],
    )
    def test_edits_that_fail_change_nothing(
        self, index: Index, bad: Callable[[str], Edit], error: type[Exception]
    ) -> None:
        new = entry()
        index.commit([new])
        owner = ids_of(new).instance
        before = state(index)
        good: list[Edit] = [
            Attach(owner, attachment(REPORT)),
            SetMetadata(owner, "n", "v"),
            AddLabel(owner, "a"),
        ]
        with pytest.raises(error):
            index.edit([*good, bad(owner)])
        assert state(index) == before

    def test_details_are_empty_until_something_hangs_there(self, index: Index) -> None:
        assert details_of(index, new_study(index)) == Details()
