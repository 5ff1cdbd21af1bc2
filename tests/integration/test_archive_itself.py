"""The archive itself has attachments and metadata: whatever looks after an archive looks after these too."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom._attachments.storing import level_of
from fileroom.archive import Archive
from fileroom.attachments import Attachments, put_attachment
from fileroom.errors import NotFoundError, NotSupportedError, RevisionError
from fileroom.index import AddLabel, Detach, SetMetadata
from fileroom.migrating import migrate
from fileroom.model import ARCHIVE_ID
from fileroom.moving import move
from fileroom.views import LabelsView, MetadataView
from tests.integration.cli_runs import run
from tests.integration.migration_archives import Memory, instance, open_archive, sound, told
from tests.integration.tiered_archives import open_tiered, tiers_of

DOCUMENTS, REPORT = 32, 1024
KINDS = [("memory", "sqlite"), ("sqlite", "linear"), ("linear", "memory"), ("sqlite", "plain")]


def fill(archive: Archive) -> None:
    """Give an archive an instance, and things of its own."""
    archive.store(instance(1)).check()
    for data in (b"first", b"documents"):
        put_attachment(archive, ARCHIVE_ID, DOCUMENTS, data)
    archive.attach(ARCHIVE_ID, REPORT, b"x" * 100_000)
    archive.edit([SetMetadata(ARCHIVE_ID, "cursor", "7"), AddLabel(ARCHIVE_ID, "teaching")])


def own(archive: Archive) -> dict[str, Any]:
    """Return all that hangs on the archive itself."""
    details = archive.details(ARCHIVE_ID)
    files = Attachments(archive, ARCHIVE_ID)
    return {
        "files": [(one.content_type, one.revision, one.digest) for one in details.attachments],
        "bytes": [files[name].read() for name in files],
        "metadata": details.metadata,
        "labels": details.labels,
    }


def test_the_archive_itself_is_read_and_changed_through_the_usual_handles(archive: Archive) -> None:
    attached = archive.attach(ARCHIVE_ID, "report", b"a report")
    attached.splice(2, 0, b"short ")
    files, metadata = Attachments(archive, ARCHIVE_ID), MetadataView(archive, ARCHIVE_ID)
    labels = LabelsView(archive, ARCHIVE_ID)
    assert files["report"].read() == b"a short report"
    assert metadata.set("cursor", "1", if_revision=0) == 1
    with pytest.raises(RevisionError):
        metadata.set("cursor", "2", if_revision=0)
    labels.add("teaching")
    assert dict(metadata) == {"cursor": "1"}
    assert set(labels) == {"teaching"}
    files.detach("report")
    assert list(files) == []
    assert list(archive.storage.list()) == []


def test_it_is_no_resource_and_its_reserved_content_types_are_refused(archive: Archive) -> None:
    fill(archive)
    with pytest.raises(NotFoundError):
        archive.get(ARCHIVE_ID)
    with pytest.raises(NotFoundError):
        archive.delete(ARCHIVE_ID)
    with pytest.raises(NotSupportedError):
        archive.attach(ARCHIVE_ID, DOCUMENTS, b"")
    assert archive.lookup(ARCHIVE_ID) == []
    assert level_of(archive, ARCHIVE_ID) is None
    assert archive.statistics().attachments == 3


def test_verify_looks_at_its_bytes(archive: Archive, tmp_path: Path) -> None:
    fill(archive)
    assert list(archive.verify()) == []
    record = archive.details(ARCHIVE_ID).attachments[0]
    archive.storage.local_path(record.locator).write_bytes(b"documentz")
    (finding,) = archive.verify()
    assert (finding.id, finding.content_type, finding.problem) == (ARCHIVE_ID, DOCUMENTS, "digest")
    archive.storage.delete([record.locator])
    (finding,) = archive.verify()
    assert (finding.id, finding.problem) == (ARCHIVE_ID, "missing")


def test_what_verify_says_of_it_is_readable(tmp_path: Path) -> None:
    with fileroom.open(tmp_path) as archive:
        fill(archive)
        archive.storage.delete([archive.details(ARCHIVE_ID).attachments[0].locator])
    assert "the archive itself" in run("-a", tmp_path, "verify", code=1).stdout


def test_a_sweep_leaves_its_bytes_alone_and_takes_what_was_replaced(archive: Archive) -> None:
    fill(archive)
    orphan = archive.attach(ARCHIVE_ID, REPORT + 1, b"orphan").record
    archive.index.edit([Detach(ARCHIVE_ID, REPORT + 1)])
    time.sleep(0.01)
    report = archive.sweep(grace=0)
    assert (report.orphans, report.deleted) == (1, 1)
    with pytest.raises(NotFoundError):
        archive.storage.stat(orphan.locator)
    assert sound(archive)


@pytest.mark.parametrize("kind", ["sqlite", "linear", "memory"])
def test_it_survives_a_rebuild(memory: Memory, tmp_path: Path, kind: str) -> None:
    with open_archive(memory, kind, tmp_path / "a") as archive:
        fill(archive)
        before = own(archive)
        assert archive.rebuild(adopt=True).adopted == 0
        assert own(archive) == before
    with open_archive(memory, kind, tmp_path / "a") as archive:
        assert own(archive) == before
        assert sound(archive)


def test_with_a_lost_index_it_is_lost_and_the_rest_is_not(memory: Memory, tmp_path: Path) -> None:
    with open_archive(memory, "sqlite", tmp_path / "a") as archive:
        fill(archive)
    (tmp_path / "a" / "index.sqlite").unlink()
    with open_archive(memory, "sqlite", tmp_path / "a") as archive:
        assert archive.rebuild().adopted == 1
        assert own(archive)["files"] == []
        assert archive.find("instance").count() == 1


@pytest.mark.parametrize(("kind", "to"), KINDS)
def test_a_migration_carries_it_over(memory: Memory, tmp_path: Path, kind: str, to: str) -> None:
    with (
        open_archive(memory, kind, tmp_path / "source") as source,
        open_archive(memory, to, tmp_path / "target") as target,
    ):
        fill(source)
        plain = to == "plain"
        drop = ["changes"] if plain else []
        assert migrate(source, target, drop=drop, dry_run=True).attachments == 2
        assert own(target)["files"] == []
        report = migrate(source, target, drop=drop)
        assert (report.attachments, list(report)) == (2, [])
        carried, expected = own(target), own(source)
        if plain:  # revisions count anew, and metadata goes with the log
            assert (carried["bytes"], carried["labels"]) == (expected["bytes"], expected["labels"])
            assert carried["metadata"] == {}
        else:
            assert carried == expected
        assert sound(target)
        again = migrate(source, target, drop=drop)
        assert (again.attachments, list(again)) == (0, [])


def test_a_migration_leaves_behind_what_it_is_told_to(memory: Memory, tmp_path: Path) -> None:
    with (
        open_archive(memory, "memory", tmp_path / "source") as source,
        open_archive(memory, "sqlite", tmp_path / "target") as target,
    ):
        fill(source)
        report = migrate(source, target, drop=["attachments", "metadata", "labels"])
        assert list(report) == []
        assert own(target) == {"files": [], "bytes": [], "metadata": {}, "labels": ()}


def test_a_migration_reports_what_it_finds_otherwise_in_the_target(memory: Memory, tmp_path: Path) -> None:
    with (
        open_archive(memory, "memory", tmp_path / "source") as source,
        open_archive(memory, "memory", tmp_path / "target") as target,
    ):
        fill(source)
        put_attachment(target, ARCHIVE_ID, DOCUMENTS, b"others")
        report = migrate(source, target)
        assert ("archive", "attachment", "32") in told(report)
        assert own(target)["bytes"][0] == b"others"


def test_its_damaged_bytes_are_reported_and_the_rest_is_carried_over(memory: Memory, tmp_path: Path) -> None:
    with (
        open_archive(memory, "sqlite", tmp_path / "source") as source,
        open_archive(memory, "memory", tmp_path / "target") as target,
    ):
        fill(source)
        source.storage.delete([source.details(ARCHIVE_ID).attachments[0].locator])
        report = migrate(source, target)
        assert (report.lost, report.instances) == (1, 1)
        assert ("archive", "bytes", "32") in told(report)
        assert own(target)["bytes"] == [b"x" * 100_000]


def test_a_live_migration_takes_over_its_last_state(memory: Memory, tmp_path: Path) -> None:
    with (
        open_archive(memory, "sqlite", tmp_path / "source") as source,
        open_archive(memory, "memory", tmp_path / "target") as target,
    ):
        fill(source)

        def live_on() -> None:
            put_attachment(source, ARCHIVE_ID, DOCUMENTS, b"the last documents")
            Attachments(source, ARCHIVE_ID).detach(REPORT)
            source.edit([SetMetadata(ARCHIVE_ID, "cursor", "8", 1)])

        waiting = source.index.wait_for_changes
        left = [live_on]

        def wait(since: int, timeout: float) -> bool:
            if left and timeout:
                left.pop()()
            return waiting(since, 0)

        source.index.wait_for_changes = wait  # type: ignore[method-assign]
        report = migrate(source, target, live=True, quiet=0.05)
        assert list(report) == []
        assert own(target) == own(source)
        assert sound(target)
        assert list(migrate(source, target, live=True, quiet=0.01)) == []


@pytest.mark.parametrize("live", [False, True])
def test_how_far_the_log_was_read_is_the_sources_word_and_who_is_at_work_is_not(
    memory: Memory, tmp_path: Path, live: bool
) -> None:
    with (
        open_archive(memory, "memory", tmp_path / "source") as source,
        open_archive(memory, "sqlite", tmp_path / "target") as target,
    ):
        fill(source)
        source.edit([SetMetadata(ARCHIVE_ID, "processing.lease", "somebody")])
        target.edit([SetMetadata(ARCHIVE_ID, "cursor", "0")])
        assert list(migrate(source, target, live=live, quiet=0.01)) == []
        assert {name: one.value for name, one in own(target)["metadata"].items()} == {"cursor": "7"}


def test_a_live_migration_does_not_write_its_own_again_and_again(memory: Memory, tmp_path: Path) -> None:
    with (
        open_archive(memory, "memory", tmp_path / "source") as source,
        open_archive(memory, "memory", tmp_path / "target") as target,
    ):
        fill(source)
        migrate(source, target)
        calls: list[Any] = []
        mirror = target.index.mirror

        def counted(*args: Any) -> Any:
            calls.append(args[1])
            return mirror(*args)

        target.index.mirror = counted  # type: ignore[method-assign,assignment]
        migrate(source, target, live=True, quiet=0.01)
        assert [one for one in calls if ARCHIVE_ID in one] == []


def test_its_bytes_move_with_all_others(memory: Memory, tmp_path: Path) -> None:
    with open_tiered(memory, tmp_path / "a", {"to": "small", "max_size": 50}) as archive:
        fill(archive)
    with open_tiered(memory, tmp_path / "a") as archive:
        before = own(archive)
        everything = move(archive, to="cold")
        assert everything.failed == 0
        assert set(tiers_of(archive)) == {"cold"}
        assert own(archive) == before
        assert list(archive.verify()) == []
        assert len(list(archive.storage.list())) == 3


def test_its_bytes_never_grow_old(memory: Memory, tmp_path: Path) -> None:
    with open_tiered(memory, tmp_path / "a", {"to": "cold", "older_than": "30 d"}) as archive:
        fill(archive)
        tables = memory.indexes[str(tmp_path / "a")].tables
        for row in list(tables.rows.values()):
            tables.put(replace(row, received=datetime.now(UTC) - timedelta(days=31)))
        assert move(archive).moved == 1
        assert tiers_of(archive) == {"cold": 1, "hot": 2}


def test_two_who_note_how_far_they_are_do_not_overwrite_each_other(archive: Archive) -> None:
    turns, writers = 10, 3

    def advance(metadata: MetadataView) -> None:
        left = turns
        while left:
            revision = metadata.revision("cursor")
            try:
                metadata.set("cursor", str(revision + 1), if_revision=revision)
            except RevisionError:
                continue
            left -= 1

    metadata = MetadataView(archive, ARCHIVE_ID)
    threads = [threading.Thread(target=partial(advance, metadata)) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metadata["cursor"] == str(turns * writers)
