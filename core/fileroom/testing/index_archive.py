"""The part of the index kit about the archive itself, which has attachments, metadata, labels of its own."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError, RevisionError
from fileroom.index import (
    AddLabel,
    Attach,
    Detach,
    Details,
    Edited,
    Relocation,
    RemoveLabel,
    SetMetadata,
    UnsetMetadata,
)
from fileroom.model import ARCHIVE_ID, Level, Metadata
from fileroom.query import Query
from fileroom.tags import TagSet
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import SeveralDoors, all_records, details_of, ids_of, new_study, state
from fileroom.testing.index_family import FAMILY, A

if TYPE_CHECKING:
    from fileroom.index import Edit, Index
    from fileroom.testing.index_case import OpenIndex

DOCUMENTS = 32
_TURNS = 12


class ArchiveContract(SeveralDoors):
    """What hangs on `fileroom.model.ARCHIVE_ID`."""

    def test_the_archive_itself_is_there_from_the_beginning(self, index: Index) -> None:
        nobody = ids_of(entry("nobody")).study
        assert index.details([nobody, ARCHIVE_ID, ARCHIVE_ID]) == [None, Details(), Details()]

    def test_the_archive_itself_takes_attachments(self, index: Index) -> None:
        old, new, other = attachment(DOCUMENTS, "old"), attachment(DOCUMENTS, "new"), attachment(1, "one")
        assert index.edit([Attach(ARCHIVE_ID, old, 0), Attach(ARCHIVE_ID, other)]) == [Edited(1), Edited(1)]
        assert index.edit([Attach(ARCHIVE_ID, new, 1, old.uuid)]) == [Edited(2, (old.locator,))]
        assert details_of(index, ARCHIVE_ID) == Details((other, replace(new, revision=2)))
        assert index.edit([Detach(ARCHIVE_ID, 1)]) == [Edited(0, (other.locator,))]
        assert details_of(index, ARCHIVE_ID) == Details((replace(new, revision=2),))

    def test_the_archive_itself_takes_metadata_and_labels(self, index: Index) -> None:
        index.edit([SetMetadata(ARCHIVE_ID, name, name, 0) for name in ("b", "a")])
        index.edit(
            [SetMetadata(ARCHIVE_ID, "b", "new", 1), AddLabel(ARCHIVE_ID, "l"), AddLabel(ARCHIVE_ID, "k")]
        )
        expected = Details(metadata={"a": Metadata("a"), "b": Metadata("new", 2)}, labels=("k", "l"))
        assert details_of(index, ARCHIVE_ID) == expected
        index.edit([UnsetMetadata(ARCHIVE_ID, "a"), RemoveLabel(ARCHIVE_ID, "l")])
        assert details_of(index, ARCHIVE_ID) == Details(metadata={"b": Metadata("new", 2)}, labels=("k",))

    @pytest.mark.parametrize(
        ("bad", "error"),
        [
            (Attach(ARCHIVE_ID, attachment(DOCUMENTS), 2), RevisionError),
            (Attach(ARCHIVE_ID, attachment(DOCUMENTS), 1, "another"), RevisionError),
            (Detach(ARCHIVE_ID, DOCUMENTS, 2), RevisionError),
            (Detach(ARCHIVE_ID, 1), NotFoundError),
            (SetMetadata(ARCHIVE_ID, "n", "w", 0), RevisionError),
            (UnsetMetadata(ARCHIVE_ID, "missing"), NotFoundError),
        ],
        ids=lambda value: type(value).__name__ if not isinstance(value, type) else value.__name__,
    )
    def test_edits_of_the_archive_itself_are_checked_like_all_others(
        self, index: Index, bad: Edit, error: type[Exception]
    ) -> None:
        study = new_study(index)
        index.edit([Attach(ARCHIVE_ID, attachment(DOCUMENTS)), SetMetadata(ARCHIVE_ID, "n", "v")])
        before = state(index)
        with pytest.raises(error):
            index.edit([SetMetadata(study, "n", "v"), AddLabel(ARCHIVE_ID, "a"), bad])
        assert state(index) == before

    def test_what_hangs_on_a_patient_and_on_the_archive_itself_is_kept_apart(self, index: Index) -> None:
        index.commit(FAMILY)
        owners = [*ids_of(A), ARCHIVE_ID]
        for owner in owners:
            index.edit([Attach(owner, attachment(DOCUMENTS, owner)), SetMetadata(owner, "n", owner)])
        for owner in owners:
            details = details_of(index, owner)
            assert details.metadata == {"n": Metadata(owner)}
            assert details.attachments[-1].digest == attachment(DOCUMENTS, owner).digest

    def test_nothing_is_logged_of_the_archive_itself(self, index: Index) -> None:
        study = new_study(index)
        since = index.changes().last
        index.edit([Attach(ARCHIVE_ID, attachment(DOCUMENTS)), SetMetadata(ARCHIVE_ID, "n", "v")])
        index.edit([AddLabel(ARCHIVE_ID, "a"), AddLabel(study, "a"), Detach(ARCHIVE_ID, DOCUMENTS)])
        assert [(each.id, each.type.label) for each in index.changes(since)] == [(study, "UpdatedLabels")]

    def test_the_archive_itself_is_no_resource(self, index: Index) -> None:
        new_study(index)
        index.edit([Attach(ARCHIVE_ID, attachment(1)), SetMetadata(ARCHIVE_ID, "n", "v")])
        before = state(index)
        assert index.get([ARCHIVE_ID]) == [None]
        assert index.held([ARCHIVE_ID]) == {}
        for level in Level:
            assert index.count(Query(level, within=ARCHIVE_ID)) == 0
            assert ARCHIVE_ID not in {each.id for each in all_records(index, Query(level))}
        with pytest.raises(NotFoundError):
            list(index.children(ARCHIVE_ID))
        with pytest.raises(NotFoundError):
            index.remove([ARCHIVE_ID])
        assert state(index) == before

    def test_it_outlives_all_resources(self, index: Index) -> None:
        index.commit(FAMILY)
        index.edit([Attach(ARCHIVE_ID, attachment(DOCUMENTS)), SetMetadata(ARCHIVE_ID, "n", "v")])
        before = details_of(index, ARCHIVE_ID)
        index.remove([ids_of(each).patient for each in (FAMILY[0], FAMILY[-1])])
        assert details_of(index, ARCHIVE_ID) == before

    def test_the_walk_begins_with_its_attachments(self, index: Index) -> None:
        files = [attachment(number, str(number)) for number in (1, DOCUMENTS, 65535)]
        index.edit([Attach(ARCHIVE_ID, file) for file in reversed(files)])
        assert list(index.attachments()) == [(ARCHIVE_ID, file) for file in files]
        index.commit(FAMILY)
        walk = list(index.attachments())
        assert walk[:3] == [(ARCHIVE_ID, file) for file in files]
        assert list(index.attachments(after=ARCHIVE_ID)) == walk[3:]
        assert list(index.attachments(after="")) == walk

    def test_totals_count_its_attachments(self, index: Index) -> None:
        before = index.statistics()
        small = replace(attachment(DOCUMENTS, "four"), stored_size=2, codec="zstd")
        index.edit([Attach(ARCHIVE_ID, small), Attach(ARCHIVE_ID, attachment(1, "three"))])
        after = replace(before, attachments=2, bytes=9, stored_bytes=7)
        assert index.statistics() == after
        index.edit([Detach(ARCHIVE_ID, 1)])
        assert index.statistics() == replace(before, attachments=1, bytes=4, stored_bytes=2)

    def test_restoring_adds_what_the_archive_itself_has_not(self, index: Index) -> None:
        there, given = attachment(DOCUMENTS, "there"), attachment(1024, "given")
        index.edit([Attach(ARCHIVE_ID, there), SetMetadata(ARCHIVE_ID, "n", "there")])
        wanted = Details(
            (attachment(DOCUMENTS, "other"), replace(given, revision=3)),
            {"n": Metadata("other", 5), "o": Metadata("given", 4)},
            ("a",),
        )
        index.restore([A], {ARCHIVE_ID: wanted})
        index.restore([A], {ARCHIVE_ID: wanted})
        counted = index.capabilities.history
        assert details_of(index, ARCHIVE_ID) == Details(
            (there, replace(given, revision=3 if counted else 1)),
            {"n": Metadata("there"), "o": Metadata("given", 4 if counted else 1)},
            ("a",),
        )

    def test_mirroring_makes_the_archive_itself_like_another(self, index: Index) -> None:
        if not index.capabilities.mirror:
            pytest.skip("this index cannot be made like another")
        kept, old = attachment(DOCUMENTS, "kept"), attachment(1024, "old")
        index.edit([Attach(ARCHIVE_ID, kept), Attach(ARCHIVE_ID, old), AddLabel(ARCHIVE_ID, "old")])
        copy = replace(kept, locator="copy", uuid=attachment().uuid, revision=4)
        wanted = Details((copy,), {"n": Metadata("v", 3)}, ("new",))
        mirrored = index.mirror([A], {ARCHIVE_ID: wanted})
        assert set(mirrored.garbage) == {"copy", old.locator}
        assert details_of(index, ARCHIVE_ID) == replace(wanted, attachments=(replace(kept, revision=4),))
        assert index.mirror([], {ARCHIVE_ID: wanted}).garbage == ("copy",)

    def test_its_attachments_can_be_moved(self, index: Index) -> None:
        if not index.capabilities.relocate:
            pytest.skip("this index cannot tell where bytes were moved to")
        file, to = attachment(DOCUMENTS), attachment()
        index.edit([Attach(ARCHIVE_ID, file)])
        move = Relocation(ARCHIVE_ID, DOCUMENTS, file.locator, to.locator, to.uuid)
        assert index.relocate([move, move, replace(move, content_type=1)]) == [True, False, False]
        moved = replace(file, locator=to.locator, uuid=to.uuid)
        assert details_of(index, ARCHIVE_ID) == Details((moved,))

    def test_it_is_there_after_reopening_and_compacting(self, open_index: OpenIndex) -> None:
        index = open_index(TagSet.default())
        index.edit([Attach(ARCHIVE_ID, attachment(DOCUMENTS)), SetMetadata(ARCHIVE_ID, "n", "v")])
        index.commit([A])
        index.edit(
            [AddLabel(ARCHIVE_ID, "a"), SetMetadata(ARCHIVE_ID, "o", "v"), UnsetMetadata(ARCHIVE_ID, "o")]
        )
        before = state(index)
        for _ in range(2):
            index.close()
            index = open_index(TagSet.default())
            assert state(index) == before
            index.compact()
            assert state(index) == before
        index.close()

    def test_of_two_who_change_it_at_once_one_is_told(self, doors: list[Index]) -> None:
        def count(index: Index) -> None:
            left = _TURNS
            while left:
                there = details_of(index, ARCHIVE_ID).metadata.get("count", Metadata("0", 0))
                try:
                    index.edit([SetMetadata(ARCHIVE_ID, "count", str(int(there.value) + 1), there.revision)])
                except RevisionError:
                    continue
                left -= 1

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(count, index) for index in (*doors, *doors)]:
                done.result()
        expected = str(_TURNS * 2 * len(doors))
        assert details_of(doors[-1], ARCHIVE_ID).metadata == {"count": Metadata(expected, int(expected))}
