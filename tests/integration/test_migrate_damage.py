"""What a migration does about sources that are damaged, or unlike what the target has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.migrating import migrate
from fileroom.storage import external_path
from fileroom.testing.index_case import all_changes
from fileroom.testing.memory_index import MemoryIndex
from tests.integration.migration_archives import (
    INSTANCES,
    STUDY,
    Memory,
    contents,
    file_of,
    found,
    instance,
    objects,
    open_archive,
    sound,
    told,
)

SMALL, LARGE = f"{STUDY}.1.3", f"{STUDY}.1.6"


Damage = Callable[[bytes], bytes | None]
DAMAGES: dict[str, Damage] = {
    "rotten": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "rotten at its start": lambda data: b"\x01" + data[1:],
    "cut short": lambda data: data[:-2],
    "grown": lambda data: data + bytes(100_000),
    "empty": lambda data: b"",
    "missing": lambda data: None,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
@pytest.mark.parametrize("uid", [SMALL, LARGE])
def test_an_instance_whose_bytes_are_not_what_was_recorded_is_left_out(
    memory: Memory, source: Archive, target: Archive, uid: str, damage: Damage
) -> None:
    id_ = found(source, uid)
    stored = objects(memory, source)
    locator = file_of(source, id_).locator
    data, modified = stored.pop(locator)
    damaged = damage(data)
    if damaged is not None:
        stored[locator] = damaged, modified
    report = migrate(source, target)
    assert (report.instances, report.lost) == (INSTANCES - 1, 1)
    first, *others = report
    assert (first.id, first.level, first.what, first.name) == (id_, "instance", "bytes", "1")
    assert {one.what for one in others} == {"computed", "statistics"}
    assert target.index.get([id_]) == [None]
    assert sound(target)
    # Once the bytes are there again, the rest follows.
    stored[locator] = data, modified
    again = migrate(source, target)
    assert (again.instances, again.present, told(again)) == (1, INSTANCES - 1, [])
    assert sound(target)


def test_an_attachment_that_is_lost_costs_nothing_else(
    memory: Memory, source: Archive, target: Archive
) -> None:
    instance_ = found(source, SMALL)
    study = source.fetch(instance_).parent
    assert study is not None
    study = study.parent
    assert study is not None
    stored = objects(memory, source)
    for id_ in (instance_, study.id):
        del stored[file_of(source, id_, 1024).locator]
    large = found(source, f"{STUDY}.1.4")
    locator = file_of(source, large, 1024).locator
    stored[locator] = b"y" + stored[locator][0][1:], stored[locator][1]
    report = migrate(source, target)
    assert (report.instances, report.lost) == (INSTANCES, 3)
    assert told(report)[:3] == [
        ("instance", "bytes", "1024"),
        ("instance", "bytes", "1024"),
        ("study", "bytes", "1024"),
    ]
    assert {one.what for one in list(report)[3:]} == {"statistics"}
    assert [one.name for one in list(report)[3:]] == ["attachments", "bytes", "stored_bytes"]
    (own, theirs) = (one.index.details([instance_])[0] for one in (source, target))
    assert own is not None
    assert theirs is not None
    assert (own.labels, own.metadata) == (theirs.labels, theirs.metadata)
    assert sound(target)


def test_what_all_instances_of_a_study_lost_goes_with_them(
    memory: Memory, source: Archive, target: Archive
) -> None:
    objects(memory, source).clear()
    report = migrate(source, target)
    assert report.instances == 1
    assert [one[0] for one in told(report)].count("instance") == INSTANCES - 1
    assert target.statistics().studies == 1, "that of the registered file"
    assert sound(target)


def test_a_file_that_is_no_dicom_any_more_is_left_out(
    memory: Memory, source: Archive, target: Archive
) -> None:
    id_ = found(source, SMALL)
    _pretend(memory, source, id_, b"no DICOM at all")
    report = migrate(source, target)
    assert [one.id for one in report if one.what == "bytes"] == [id_]
    assert report.instances == INSTANCES - 1


def test_a_file_that_names_another_instance_than_the_index_is_left_out(
    memory: Memory, source: Archive, target: Archive
) -> None:
    id_ = found(source, SMALL)
    _pretend(memory, source, id_, instance(1, patient_id="somebody else"))
    (difference,) = [one for one in migrate(source, target) if one.what == "bytes"]
    assert (difference.id, "other identifiers" in difference.reason) == (id_, True)
    assert target.count("patient", PatientID="somebody else") == 0


def _pretend(memory: Memory, archive: Archive, id_: str, data: bytes) -> None:
    """Let the index say that an instance has always had these bytes."""
    locator = file_of(archive, id_).locator
    objects(memory, archive)[locator] = data, 0.0
    _alter(
        memory,
        archive,
        id_,
        digest=_md5(data),
        stored_digest=_md5(data),
        size=len(data),
        stored_size=len(data),
    )


def _md5(data: bytes) -> str:
    return f"md5:{hashlib.md5(data, usedforsecurity=False).hexdigest()}"


def _alter(memory: Memory, archive: Archive, id_: str, **columns: Any) -> None:
    """Change what an index in memory has recorded of a DICOM file."""
    store = memory.indexes[str(archive.config.base)]
    row = store.tables.rows[id_]
    files = {**row.attachments, 1: replace(row.attachments[1], **columns)}
    store.tables.put(replace(row, attachments=files))


def _forget_log(memory: Memory, archive: Archive) -> MemoryIndex.Store:
    store = memory.indexes[str(archive.config.base)]
    store.tables.changes.clear()
    return store


def test_a_digest_that_nobody_knew_is_found_out(memory: Memory, source: Archive, target: Archive) -> None:
    data = {}
    for uid in (SMALL, LARGE):
        id_ = found(source, uid)
        data[id_] = file_of(source, id_).digest
        _alter(memory, source, id_, digest="", stored_digest="")
    assert told(migrate(source, target)) == []
    assert {id_: file_of(target, id_).digest for id_ in data} == data
    assert told(migrate(source, target)) == [], "and recognised"


def test_bytes_are_recognised_whatever_they_were_hashed_with(
    memory: Memory, source: Archive, tmp_path: Path
) -> None:
    with open_archive(memory, "memory", tmp_path / "sha", ingest={"digest": "sha256"}) as target:
        with source.storage.open(file_of(source, found(source, LARGE)).locator) as file:
            target.store(file.read()).check()
        target.store(instance(3, tags={"ImageComments": "other bytes"})).check()
        report = migrate(source, target, drop=["changes"])
        assert (report.present, report.conflicts, report.instances) == (1, 1, INSTANCES - 2)
        assert file_of(target, found(target, LARGE)).digest.startswith("sha256:")
        assert file_of(target, found(target, f"{STUDY}.1.5")).digest.startswith("md5:")


def test_other_bytes_in_the_target_are_reported_and_kept(
    memory: Memory, source: Archive, target: Archive
) -> None:
    id_ = found(source, SMALL)
    mine = instance(3, tags={"ImageComments": "mine"})
    target.store(mine).check()
    report = migrate(source, target, drop=["changes"])
    assert (report.conflicts, report.present, report.instances) == (1, 0, INSTANCES - 1)
    assert [one.id for one in report if one.what == "conflict"] == [id_]
    (details,) = target.index.details([id_])
    assert details is not None
    assert [one.content_type for one in details.attachments] == [1], "nothing of the other hangs there"
    with target.storage.open(details.attachments[0].locator) as file:
        assert file.read() == mine
    assert sound(target)
    before = contents(target)
    assert migrate(source, target, drop=["changes"]).conflicts == 1
    assert contents(target) == before


def test_registered_files_become_the_targets_own(source: Archive, target: Archive) -> None:
    (id_, record) = next(one for one in source.index.attachments() if external_path(one[1].locator))
    original = external_path(record.locator)
    assert original is not None
    migrate(source, target)
    locator = file_of(target, id_).locator
    assert external_path(locator) is None
    original.unlink()
    with target.storage.open(locator) as file:
        assert len(file.read()) == record.size


def test_a_source_without_a_log_gives_the_target_one(
    memory: Memory, source: Archive, target: Archive
) -> None:
    _forget_log(memory, source)
    assert told(migrate(source, target)) == []
    assert len([one for one in all_changes(target.index) if one.type.label == "NewInstance"]) == INSTANCES
    assert told(migrate(source, target)) == []


def test_tags_that_the_source_does_not_know_of_all_come_from_the_files(
    memory: Memory, source: Archive, tmp_path: Path
) -> None:
    extra = {"extra_tags": {"study": ["PatientAge", "StudyComments"], "instance": ["Rows"]}}
    place = {"backend": "memory", "place": str(source.config.base)}
    storage = {"backend": "memory", "place": str(source.config.base)}
    with (
        fileroom.open(
            source.config.base, register=[memory], index={**place, **extra}, storage=storage
        ) as known,
        fileroom.open(tmp_path / "new", index={"backend": "sqlite", **extra}) as target,
    ):
        known.store(instance(1, 4, tags={"PatientAge": "041Y"})).check()
        with pytest.raises(fileroom.KeyNotIndexedError):
            known.count("study", PatientAge="041Y")
        assert told(migrate(known, target)) == []
        assert target.count("instance", Rows=16) == INSTANCES, "of all but the large one"
        (study,) = target.find("study", StudyInstanceUID=STUDY)
        assert "PatientAge" not in study.tags, "its first instance says nothing of it"


def test_extra_tags_are_those_of_the_target(memory: Memory, source: Archive, tmp_path: Path) -> None:
    extra = {"backend": "sqlite", "extra_tags": {"instance": ["Rows"], "study": ["ImageType"]}}
    with fileroom.open(tmp_path / "extra", index=extra) as target:
        assert told(migrate(source, target)) == []
        assert [one.uid for one in target.find("instance", Rows=512)] == [LARGE]
