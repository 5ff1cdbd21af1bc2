"""Labels that interventions give to what they accept, from the decision to the index."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fileroom
from fileroom.errors import InvalidValueError
from fileroom.events import Accept, Quarantine, Replace
from fileroom.model import ChangeType
from fileroom.plugin import hookimpl
from fileroom.reports import Status
from fileroom.testing.datasets import make_instance
from fileroom.testing.entries import entry

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.events import Decision, Incoming


def deciding(*decisions: Decision) -> list[object]:
    class Deciding:
        def __init__(self, decision: Decision) -> None:
            self.decision = decision

        @hookimpl
        def fileroom_before_store(self, incoming: Incoming) -> Decision:
            return self.decision

    return [Deciding(decision) for decision in decisions]


def bytes_of(number: int = 1) -> bytes:
    return make_instance(instance_number=number, rows=0)


def labels_of(archive: Archive) -> list[str]:
    (instance,) = archive.find("instance")
    return sorted(instance.labels)


@pytest.mark.parametrize("label", ["", "a b", "ä", "x" * 65])
def test_what_cannot_be_a_label_is_refused_where_it_is_given(label: str) -> None:
    with pytest.raises(InvalidValueError, match="a label has 1 to 64"):
        Accept(labels=("fine", label))


def test_one_text_is_not_taken_for_a_tuple_of_letters() -> None:
    with pytest.raises(InvalidValueError, match="not one text"):
        Accept(labels="odd")  # type: ignore[arg-type]


def test_an_entry_with_labels_can_be_sent_to_a_worker() -> None:
    labelled = entry(labels=("odd",))
    assert pickle.loads(pickle.dumps(labelled)) == labelled


def test_the_labels_of_all_interventions_are_those_of_the_instance(tmp_path: Path) -> None:
    plugins = deciding(Accept(("odd", "late")), Accept(), Accept(("odd", "big")))
    with fileroom.open(tmp_path / "a", register=plugins) as archive:
        assert archive.store(bytes_of()).status is Status.STORED
        assert labels_of(archive) == ["big", "late", "odd"]
        types = [change.type for change in archive.changes()]
        assert types[-2:] == [ChangeType.NEW_INSTANCE, ChangeType.UPDATED_LABELS]


def test_labels_outlive_a_replacement_by_a_later_intervention(tmp_path: Path) -> None:
    plugins = deciding(Accept(("before",)), Replace(bytes_of(7)), Accept(("after",)))
    with fileroom.open(tmp_path / "a", register=plugins) as archive:
        archive.store(bytes_of(1))
        assert labels_of(archive) == ["after", "before"]
        (instance,) = archive.find("instance")
        assert instance.tags["InstanceNumber"] == "7"


def test_what_is_set_aside_after_all_has_no_labels_when_it_is_retried(tmp_path: Path) -> None:
    with fileroom.open(
        tmp_path / "a", register=deciding(Accept(("odd",)), Quarantine("not today"))
    ) as archive:
        outcome = archive.store(bytes_of())
        assert outcome.status is Status.QUARANTINED
        assert outcome.quarantine_id is not None
    with fileroom.open(tmp_path / "a") as archive:
        with archive.quarantine.open(outcome.quarantine_id) as waiting:
            archive.store(waiting)
        assert labels_of(archive) == []


def test_what_is_there_already_is_not_labelled(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a") as archive:
        archive.store(bytes_of())
    with fileroom.open(tmp_path / "a", register=deciding(Accept(("odd",)))) as archive:
        outcome = archive.store(bytes_of())
        assert outcome.status is Status.ALREADY_STORED
        assert labels_of(archive) == []


def test_what_replaces_an_instance_adds_its_labels(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a") as archive:
        archive.store(bytes_of())
        (instance,) = archive.find("instance")
        instance.labels.add("mine")
    plugins = deciding(Accept(("odd",)))
    with fileroom.open(tmp_path / "a", register=plugins, ingest={"overwrite": "always"}) as archive:
        archive.store(bytes_of())
        assert labels_of(archive) == ["mine", "odd"]


def test_registered_files_get_labels_too(tmp_path: Path) -> None:
    (tmp_path / "one.dcm").write_bytes(bytes_of())
    with fileroom.open(tmp_path / "a", register=deciding(Accept(("odd",)))) as archive:
        archive.register(tmp_path / "one.dcm")
        assert labels_of(archive) == ["odd"]
