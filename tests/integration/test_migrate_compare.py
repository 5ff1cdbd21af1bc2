"""Whatever differs after a migration is found, and said without a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fileroom.archive import Archive
from fileroom.index import AddLabel, Attach, Detach, RemoveLabel, SetMetadata, UnsetMetadata
from fileroom.migrating import migrate
from fileroom.model import Level
from fileroom.testing.entries import attachment
from fileroom.testing.index_case import all_changes
from fileroom.testing.memory_index import MemoryIndex
from tests.integration.migration_archives import (
    SECRETS,
    STUDY,
    Memory,
    contents,
    instance,
    told,
)

Told = tuple[str, str, str]
Compare = Callable[[], list[tuple[str, str, str, str]]]


@pytest.fixture
def study(source: Archive, target: Archive) -> str:
    assert told(migrate(source, target)) == []
    (study,) = target.find("study", StudyInstanceUID=STUDY)
    return study.id


@pytest.fixture
def compare(source: Archive, target: Archive, memory: Memory) -> Compare:
    """Return what compares once more, as if the target's log had not noticed."""

    def compare() -> list[tuple[str, str, str, str]]:
        store = memory.indexes[str(target.config.base)]
        store.tables.changes = all_changes(source.index)
        return [(one.level, one.what, one.name, one.reason) for one in migrate(source, target)]

    return compare


@pytest.mark.parametrize(
    "case",
    [
        (lambda id_: AddLabel(id_, "x"), ("labels", "", "differs")),
        (lambda id_: SetMetadata(id_, "new", "x"), ("metadata", "new", "only in the target")),
        (lambda id_: SetMetadata(id_, "reviewed", "x"), ("metadata", "reviewed", "differs")),
        (
            lambda id_: SetMetadata(id_, "reviewed", "geheim, noch einmal"),
            ("metadata", "reviewed", "revision differs"),
        ),
        (
            lambda id_: Attach(id_, attachment(1024, "x")),
            ("attachment", "1024", "size and digest and revision differ"),
        ),
        (lambda id_: Attach(id_, attachment(1025, "x")), ("attachment", "1025", "only in the target")),
    ],
)
def test_what_hangs_on_a_resource_is_compared(
    compare: Compare, target: Archive, study: str, case: tuple[Callable[[str], Any], Told]
) -> None:
    edit, expected = case
    target.index.edit([edit(study)])
    found = compare()
    assert [one for one in found if one[1] != "statistics"] == [("study", *expected)]


def test_what_was_taken_off_is_put_back(
    compare: Compare, source: Archive, target: Archive, study: str
) -> None:
    target.edit([UnsetMetadata(study, "reviewed"), RemoveLabel(study, "geheim"), Detach(study, 1024)])
    assert compare() == []
    assert contents(target) == contents(source)


def test_tags_and_what_is_computed_are_compared(
    compare: Compare, memory: Memory, source: Archive, target: Archive, study: str
) -> None:
    (one,) = source.find("instance", SOPInstanceUID=f"{STUDY}.2.1")
    store = memory.indexes[str(target.config.base)]
    row = store.tables.rows[study]
    assert row.tags["StudyDescription"] == "SECRET first", "though that instance is gone"
    store.tables.put(
        replace(row, tags={**row.tags, "StudyDescription": "x"}, received=row.received.replace(year=1999))
    )
    series = store.tables.rows[one.series.id]
    store.tables.put(replace(series, tags={**series.tags, "Modality": "OT"}))
    assert compare() == [
        ("study", "tag", "StudyDescription", "differs"),
        ("study", "computed", "ModalitiesInStudy", "differs"),
        ("study", "received", "", "differs"),
        ("series", "tag", "Modality", "differs"),
    ]


@pytest.mark.usefixtures("study")
def test_what_only_the_target_has_is_found(compare: Compare, target: Archive) -> None:
    target.store(instance(50)).check()
    target.store(instance(1, study_uid=f"{STUDY}6", patient_id="another")).check()
    found = compare()
    assert [one[:2] for one in found if one[3] == "only in the target"] == [
        (level.label, "resource") for level in (*Level, Level.INSTANCE)
    ]
    assert {one[2] for one in found if one[1] == "statistics"} >= {"patients", "instances", "bytes"}
    assert ("study", "computed", "NumberOfStudyRelatedInstances", "differs") in found


def test_the_logs_are_compared(memory: Memory, source: Archive, target: Archive, study: str) -> None:
    class Deaf(MemoryIndex):
        def restore(self, *arguments: Any) -> list[Any]:
            return []

    last = all_changes(source.index)[-1].sequence
    target.index = Deaf(target.tags, memory.indexes[str(target.config.base)])
    source.index.edit([AddLabel(study, "later"), RemoveLabel(study, "later")])
    (only,) = migrate(source, target)
    assert (only.id, only.what, only.name, only.reason) == (
        "",
        "changes",
        str(last + 1),
        "only in the source, from there on",
    )


def test_no_difference_shows_a_value(source: Archive, target: Archive) -> None:
    migrate(source, target)
    spoil(target)
    shown = "\n".join(map(str, migrate(source, target, drop=["changes"])))
    assert shown
    assert not [secret for secret in SECRETS if secret in shown]


def spoil(archive: Archive) -> None:
    for number in (2, 4):
        found = archive.find("instance", SOPInstanceUID=f"{STUDY}.1.{number}").first()
        assert found is not None
        found.labels.add("geheim-2")
        found.metadata["reviewed"] = "geheim 3"
