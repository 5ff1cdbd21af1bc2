"""The parts of the index kit about metadata and labels."""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError, RevisionError
from fileroom.index import (
    AddLabel,
    Edited,
    RemoveLabel,
    SetMetadata,
    UnsetMetadata,
)
from fileroom.model import Level, Metadata
from fileroom.testing.entries import entry
from fileroom.testing.index_case import (
    IndexCase,
    details_of,
    ids_of,
    new_study,
    state,
)

if TYPE_CHECKING:
    from fileroom.index import Index

REPORT = 1024
ODD_TEXTS = [
    "",
    " leading and trailing ",
    "Grüße",
    "Gr\u0075\u0308\u00dfe",
    "山田 やまだ",
    "محمد",
    "\U0001f9b4\u200d",
    "%_*?[a]\\'\"`;--",
    "line\r\nline\ttab",
    "x" * 10_000,
]


class MetadataContract(IndexCase):
    """Metadata at all levels."""

    @pytest.mark.parametrize("level", list(Level))
    def test_resources_of_every_level_take_metadata(self, index: Index, level: Level) -> None:
        new = entry()
        index.commit([new])
        owner = ids_of(new)[level - 1]
        assert index.edit([SetMetadata(owner, "n", "v")]) == [Edited(1)]
        assert [details_of(index, each).metadata for each in ids_of(new)].count({"n": Metadata("v")}) == 1
        assert details_of(index, owner).metadata == {"n": Metadata("v")}

    def test_names_and_values_are_any_text(self, index: Index) -> None:
        study = new_study(index)
        index.edit([SetMetadata(study, name, name[::-1]) for name in ODD_TEXTS])
        expected = {name: Metadata(name[::-1]) for name in ODD_TEXTS}
        assert details_of(index, study).metadata == expected

    def test_names_differ_by_code_point(self, index: Index) -> None:
        study = new_study(index)
        names = ["a", "A", "ä", "a\u0308", "a ", "\uff41"]
        index.edit([SetMetadata(study, name, "v") for name in names])
        assert len(details_of(index, study).metadata) == len(names)

    def test_metadata_and_labels_come_in_order_of_code_points(self, index: Index) -> None:
        study = new_study(index)
        names = ["b", "B", "a", "é", "z", "\U0001f9b4", "\uffee"]
        index.edit([SetMetadata(study, name, "v") for name in names])
        index.edit([AddLabel(study, name) for name in names])
        details = details_of(index, study)
        ordered = ["B", "a", "b", "z", "é", "\uffee", "\U0001f9b4"]
        assert list(details.metadata) == ordered
        assert list(details.labels) == ordered

    def test_setting_a_value_raises_the_revision_even_if_it_is_the_same(self, index: Index) -> None:
        study = new_study(index)
        outcomes = index.edit([SetMetadata(study, "n", value) for value in ("a", "b", "b")])
        assert outcomes == [Edited(1), Edited(2), Edited(3)]
        assert details_of(index, study).metadata == {"n": Metadata("b", 3)}

    def test_unsetting_removes_the_value(self, index: Index) -> None:
        study = new_study(index)
        index.edit([SetMetadata(study, "n", "v"), SetMetadata(study, "other", "v")])
        assert index.edit([UnsetMetadata(study, "n")]) == [Edited(0)]
        assert details_of(index, study).metadata == {"other": Metadata("v")}
        assert index.edit([SetMetadata(study, "n", "v")]) == [Edited(1)]

    @pytest.mark.parametrize(("there", "demanded"), [(0, 1), (1, 0), (1, 2), (2, 1)])
    def test_metadata_of_another_revision_is_left_alone(
        self, index: Index, there: int, demanded: int
    ) -> None:
        study = new_study(index)
        index.edit([SetMetadata(study, "n", "v") for _ in range(there)])
        before = state(index)
        with pytest.raises(RevisionError):
            index.edit([SetMetadata(study, "n", "w", if_revision=demanded)])
        if there:
            with pytest.raises(RevisionError):
                index.edit([UnsetMetadata(study, "n", if_revision=demanded)])
        assert state(index) == before

    @pytest.mark.parametrize("there", [0, 1, 2])
    def test_metadata_of_the_right_revision_is_changed(self, index: Index, there: int) -> None:
        study = new_study(index)
        index.edit([SetMetadata(study, "n", "v") for _ in range(there)])
        assert index.edit([SetMetadata(study, "n", "w", if_revision=there)]) == [Edited(there + 1)]
        assert index.edit([UnsetMetadata(study, "n", if_revision=there + 1)]) == [Edited(0)]

    @pytest.mark.parametrize("if_revision", [None, 0, 1])
    def test_unsetting_what_is_not_there_is_not_found(self, index: Index, if_revision: int | None) -> None:
        study = new_study(index)
        with pytest.raises(NotFoundError):
            index.edit([UnsetMetadata(study, "n", if_revision)])


class LabelContract(IndexCase):
    """Labels at all levels."""

    @pytest.mark.parametrize("level", list(Level))
    def test_resources_of_every_level_take_labels(self, index: Index, level: Level) -> None:
        new = entry()
        index.commit([new])
        owner = ids_of(new)[level - 1]
        assert index.edit([AddLabel(owner, "b"), AddLabel(owner, "a")]) == [Edited(0), Edited(0)]
        labels = [details_of(index, each).labels for each in ids_of(new)]
        assert labels == [("a", "b") if each == owner else () for each in ids_of(new)]

    def test_labels_are_any_text_and_differ_by_code_point(self, index: Index) -> None:
        study = new_study(index)
        index.edit([AddLabel(study, label) for label in [*ODD_TEXTS, "A", "a"]])
        assert set(details_of(index, study).labels) == {*ODD_TEXTS, "A", "a"}

    def test_removing_a_label_removes_that_one(self, index: Index) -> None:
        study = new_study(index)
        index.edit([AddLabel(study, "a"), AddLabel(study, "A")])
        assert index.edit([RemoveLabel(study, "a")]) == [Edited(0)]
        assert details_of(index, study).labels == ("A",)

    def test_a_label_edit_without_effect_is_not_logged(self, index: Index) -> None:
        study = new_study(index)
        index.edit([AddLabel(study, "a")])
        before = state(index)
        assert index.edit([AddLabel(study, "a"), RemoveLabel(study, "b")]) == [Edited(0), Edited(0)]
        assert state(index) == before
