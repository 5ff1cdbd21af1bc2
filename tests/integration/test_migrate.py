"""An archive is migrated whole, between any two pairs of index and storage."""

from __future__ import annotations

import threading
from itertools import combinations
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.errors import InvalidValueError
from fileroom.index import AddLabel, Attach, SetMetadata
from fileroom.migrating import PARTS, MigrationProgress, MigrationRefusedError, migrate
from fileroom.model import Level
from fileroom.query import Query
from fileroom.testing.datasets import Corpus
from fileroom.testing.index_case import all_changes
from tests.integration.migration_archives import (
    INSTANCES,
    STUDY,
    Memory,
    contents,
    instance,
    open_archive,
    rich,
    sound,
    tree,
)

PAIRS = [
    ("sqlite", "sqlite"),
    ("sqlite", "memory"),
    ("memory", "sqlite"),
    ("mixed", "named"),
    ("named", "mixed"),
    ("sqlite", "linear"),
    ("linear", "sqlite"),
    ("linear", "linear"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_everything_is_carried_over(memory: Memory, tmp_path: Path, one: str, other: str) -> None:
    with rich(memory, one, tmp_path) as source, open_archive(memory, other, tmp_path / "target") as target:
        assert source.statistics().instances == INSTANCES
        report = migrate(source, target)
        assert list(report) == []
        totals = source.statistics()
        assert (report.instances, report.lost, report.conflicts) == (INSTANCES, 0, 0)
        assert report.attachments == totals.attachments - totals.instances
        assert report.bytes == totals.bytes
        assert report.changes == len(all_changes(source.index))
        assert report.compared == totals.patients + totals.studies + totals.series + totals.instances
        assert contents(target) == contents(source)
        assert sound(target)
        before = contents(target)
    with open_archive(memory, other, tmp_path / "target") as target:
        assert contents(target) == before, "and it lasts"


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_finished_migration_run_again_does_nothing(
    memory: Memory, tmp_path: Path, one: str, other: str
) -> None:
    with rich(memory, one, tmp_path) as source, open_archive(memory, other, tmp_path / "target") as target:
        migrate(source, target)
        stored = sorted(each.locator for each in target.storage.list())
        before = contents(target)
        again = migrate(source, target)
        assert list(again) == []
        assert again.present == source.statistics().instances
        assert (again.instances, again.attachments, again.bytes, again.changes) == (0, 0, 0, 0)
        assert sorted(each.locator for each in target.storage.list()) == stored
        assert contents(target) == before


@pytest.mark.parametrize("kind", ["sqlite", "linear"])
def test_the_source_is_not_written_to(memory: Memory, tmp_path: Path, kind: str) -> None:
    rich(memory, kind, tmp_path).close()
    before = tree(tmp_path)
    with (
        open_archive(memory, kind, tmp_path / "source") as source,
        open_archive(memory, "memory", tmp_path / "target") as target,
    ):
        assert list(migrate(source, target)) == []
    (tmp_path / "target").rmdir()
    assert tree(tmp_path) == before


def test_life_goes_on_in_the_target(source: Archive, target: Archive) -> None:
    migrate(source, target)
    (study,) = (one.id for one in source.find("study", StudyInstanceUID=STUDY))
    last = all_changes(source.index)[-1].sequence
    (details,) = source.index.details([study])
    assert details is not None
    report = next(one for one in details.attachments if one.content_type == 1024)
    assert report.revision == 2
    edited = target.edit([Attach(study, report, if_revision=2), SetMetadata(study, "reviewed", "x", 2)])
    assert [one.revision for one in edited] == [3, 3]
    target.edit([AddLabel(study, "new")])
    assert [one.sequence > last for one in all_changes(target.index, last)] == [True] * 3
    assert target.store(instance(77)).status == "stored"


def test_many_batches_arrive_in_their_order(memory: Memory, tmp_path: Path, target: Archive) -> None:
    with open_archive(memory, "memory", tmp_path / "many") as source:
        source.ingest([one.data for one in Corpus(700, 4_000)])
        seen: list[MigrationProgress] = []
        report = migrate(source, target, progress=seen.append)
        assert (report.instances, list(report)) == (700, [])
        order = [one.id for one in source.find("instance")]
        assert [one.id for one in target.find("instance")] == order
    copying = [one for one in seen if one.phase == "copying"]
    comparing = [one for one in seen if one.phase == "comparing"]
    assert [one.done for one in copying][:3] == [256, 512, 700]
    assert (copying[-1].done, copying[-1].total, copying[-1].bytes) == (700, 700, report.bytes)
    assert comparing[-1].done == comparing[-1].total == report.compared


def test_a_migration_that_is_stopped_goes_on_when_it_is_run_again(
    memory: Memory, tmp_path: Path, target: Archive
) -> None:
    with open_archive(memory, "memory", tmp_path / "many") as source:
        source.ingest([one.data for one in Corpus(700, 4_000)])
        stop = threading.Event()
        first = migrate(source, target, stop=stop, progress=lambda _: stop.set())
        assert first.interrupted
        assert 0 < first.instances < 700
        assert (first.compared, first.changes) == (0, 0)
        second = migrate(source, target)
        assert not second.interrupted
        assert (second.present, second.instances) == (first.instances, 700 - first.instances)
        assert list(second) == []
        assert contents(target) == contents(source)


def test_a_dry_run_counts_and_does_nothing(source: Archive, target: Archive) -> None:
    before = contents(target)
    planned = migrate(source, target, dry_run=True)
    assert contents(target) == before
    assert list(target.storage.list()) == []
    done = migrate(source, target)
    assert planned.dry_run
    assert (planned.instances, planned.attachments, planned.bytes) == (
        done.instances,
        done.attachments,
        done.bytes,
    )
    again = migrate(source, target, dry_run=True)
    assert (again.instances, again.present, again.bytes) == (0, INSTANCES, 0)


@pytest.mark.parametrize("drop", [each for count in (1, 2, 4) for each in combinations(PARTS, count)])
def test_what_is_dropped_stays_behind_and_is_no_difference(
    source: Archive, target: Archive, drop: tuple[str, ...]
) -> None:
    report = migrate(source, target, drop=drop)
    assert list(report) == []
    ids = [one.id for level in Level for one in target.index.find(Query(level)).records]
    details = [one for one in target.index.details(ids) if one]
    totals = target.statistics()
    assert (totals.attachments == totals.instances) == ("attachments" in drop)
    assert any(one.metadata for one in details) == ("metadata" not in drop)
    assert any(one.labels for one in details) == ("labels" not in drop)
    assert (all_changes(target.index) == all_changes(source.index)) == ("changes" not in drop)
    assert sound(target)


def test_without_the_log_the_target_logs_what_arrives(source: Archive, target: Archive) -> None:
    assert list(migrate(source, target, drop=["changes"])) == []
    logged = [one.type.label for one in all_changes(target.index)]
    assert logged.count("NewInstance") == INSTANCES
    assert "Deleted" not in logged
    assert contents(target, history=False) == contents(source, history=False)


def test_without_the_log_archives_can_be_brought_together(source: Archive, target: Archive) -> None:
    target.store(instance(1, study_uid=f"{STUDY}7", patient_id="other")).check()
    target.store(instance(3, tags={"StudyDescription": "SECRET first"})).check()
    report = migrate(source, target, drop=["changes"])
    assert report.present == 1
    assert target.statistics().instances == INSTANCES + 1
    assert {one.what for one in report} <= {"received", "tag"}, "as the target had them before"
    assert sound(target)


class TestRefusal:
    def test_a_log_that_the_target_cannot_hold(self, memory: Memory, source: Archive, tmp_path: Path) -> None:
        with open_archive(memory, "plain", tmp_path / "plain") as target:
            with pytest.raises(MigrationRefusedError, match="cannot take over change log") as refused:
                migrate(source, target)
            assert list(refused.value.reasons) == ["changes"]
            assert target.statistics().instances == 0
            assert list(target.storage.list()) == []
            assert list(migrate(source, target, drop=["changes"])) == []
            assert contents(target, history=False) == contents(source, history=False)

    def test_a_target_with_a_log_of_its_own(self, source: Archive, target: Archive) -> None:
        target.store(instance(1)).check()
        with pytest.raises(MigrationRefusedError, match="a change log of its own"):
            migrate(source, target)
        assert target.statistics().instances == 1

    def test_a_target_that_went_on_by_itself(self, source: Archive, target: Archive) -> None:
        migrate(source, target)
        target.store(instance(99)).check()
        with pytest.raises(MigrationRefusedError, match="a change log of its own"):
            migrate(source, target)

    def test_what_a_dry_run_would_meet_as_well(self, source: Archive, target: Archive) -> None:
        target.store(instance(1)).check()
        with pytest.raises(MigrationRefusedError):
            migrate(source, target, dry_run=True)

    @pytest.mark.parametrize("within", ["", "named"])
    def test_bytes_in_the_folder_of_the_sources_for_all_reasons_at_once(
        self, memory: Memory, tmp_path: Path, within: str
    ) -> None:
        plain = {"backend": "memory", "place": "plain"}
        with rich(memory, "mixed", tmp_path) as source:
            storage = {"backend": "filesystem", "root": str(source.storage.folders()[0] / within)}
            with fileroom.open(tmp_path / "x", register=[memory], index=plain, storage=storage) as target:
                with pytest.raises(MigrationRefusedError) as refused:
                    migrate(source, target)
                assert list(refused.value.reasons) == ["storage", "changes"]
                with pytest.raises(MigrationRefusedError, match="in one folder"):
                    migrate(source, target, drop=["changes"])

    def test_dropping_what_nobody_knows(self, source: Archive, target: Archive) -> None:
        with pytest.raises(InvalidValueError, match="cannot drop tags"):
            migrate(source, target, drop=["tags"])
