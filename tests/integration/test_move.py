"""Moving bytes between tiers: by the rules, by age, by hand; and what keeps an attachment where it is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.external import ExternalFiles
from fileroom.index import Relocation
from fileroom.moving import MoveFailure, MoveProgress, move
from fileroom.storage import ByteRange, Deletion, PutItem, Stored
from fileroom.testing.index_case import all_changes
from fileroom.testing.memory_index import MemoryIndex
from tests.integration.migration_archives import Memory, open_archive
from tests.integration.tiered_archives import STUDY, contents, instance, open_tiered, tiers_of

SMALL = {"to": "small", "max_size": 3_000}
OLD = {"to": "cold", "older_than": "30 d"}


@pytest.fixture
def filled(memory: Memory, tmp_path: Path) -> Path:
    """Return an archive's folder: four instances of two studies, a report, all in one tier."""
    where = tmp_path / "archive"
    with open_tiered(memory, where) as archive:
        for number in range(4):
            study = STUDY if number < 3 else f"{STUDY}9"
            archive.store(instance(number, study=study, rows=16 + 200 * (number % 2))).check()
        archive.attach(next(iter(archive.find("series", StudyInstanceUID=STUDY))).id, "report", b"report")
    return where


def test_what_the_rules_want_elsewhere_is_moved_and_the_rest_stays(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled, SMALL) as archive:
        before, log, revisions = contents(archive), all_changes(archive.index), _revisions(archive)
        assert tiers_of(archive) == {"hot": 5}
        report = move(archive)
        assert (report.moved, report.kept, report.failed, report.changed, report.orphans) == (3, 2, 0, 0, 0)
        assert tiers_of(archive) == {"small": 3, "hot": 2}
        assert {name: one.attachments for name, one in report.tiers.items()} == tiers_of(archive)
        assert sum(one.bytes for one in report.tiers.values()) == archive.statistics().stored_bytes
        assert contents(archive) == before
        assert all_changes(archive.index) == log
        assert _revisions(archive) == revisions
        assert len(list(archive.storage.list())) == 5
        assert list(archive.verify()) == []
        again = move(archive)
        assert (again.moved, again.kept) == (0, 5)


def _revisions(archive: Archive) -> list[tuple[str, int, int, str]]:
    return [(id_, one.content_type, one.revision, one.digest) for id_, one in archive.index.attachments()]


def test_a_dry_run_tells_what_would_be_and_does_nothing(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled, SMALL) as archive:
        report = move(archive, dry_run=True)
        assert (report.moved, report.kept) == (3, 2)
        assert {name: one.attachments for name, one in report.tiers.items()} == {"small": 3, "hot": 2}
        assert tiers_of(archive) == {"hot": 5}


def test_what_grew_old_is_moved_and_does_not_come_back(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled, OLD) as archive:
        assert move(archive).moved == 0
        _grow_older(memory, filled, timedelta(days=31))
        archive.store(instance(9)).check()
        assert move(archive).moved == 5
        assert tiers_of(archive) == {"cold": 5, "hot": 1}
        assert move(archive).moved == 0


def _grow_older(memory: Memory, where: Path, age: timedelta) -> None:
    tables = memory.indexes[str(where)].tables
    for row in list(tables.rows.values()):
        tables.put(replace(row, received=datetime.now(UTC) - age))


def test_some_resources_can_be_moved_to_a_tier_of_ones_choice(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled) as archive:
        study = next(iter(archive.find("study", StudyInstanceUID=STUDY)))
        report = move(archive, [study, *study.series], to="cold")
        assert (report.moved, report.kept) == (4, 0), "each once, though named twice"
        assert tiers_of(archive) == {"cold": 4, "hot": 1}
        assert move(archive, [study.id]).moved == 4, "the rules want them back"


def test_all_can_be_moved_to_a_tier(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled, SMALL) as archive:
        assert move(archive, to="cold").moved == 5
        assert tiers_of(archive) == {"cold": 5}


def test_what_cannot_be_done_is_refused(memory: Memory, filled: Path, tmp_path: Path) -> None:
    with open_tiered(memory, filled) as archive:
        with pytest.raises(fileroom.InvalidValueError, match="hot, cold, small"):
            move(archive, to="tepid")
        with pytest.raises(fileroom.NotFoundError):
            move(archive, ["00000000-00000000-00000000-00000000-00000000"])
    with (
        open_archive(memory, "mixed", tmp_path / "plain") as archive,
        pytest.raises(fileroom.NotSupportedError, match="no tiers"),
    ):
        move(archive)


def test_an_index_that_cannot_note_it_is_refused(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled) as archive:
        archive.index.capabilities = type(archive.index.capabilities)()
        with pytest.raises(fileroom.NotSupportedError, match="cannot note"):
            move(archive)


class Watched(ExternalFiles):
    """Lets somebody else do something once the copies are there."""

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        stored = super().put_many(items)
        self.meanwhile()
        return stored

    def meanwhile(self) -> None:
        raise NotImplementedError


def test_who_holds_a_record_from_before_the_move_reads_on(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled) as archive:
        held = [one.attachments["dicom"] for one in archive.find("instance")]
        before = [one.read() for one in held]
        assert move(archive, to="cold").moved == 5
        assert [one.read() for one in held] == before
        assert [b"".join(one.stream(7_000)) for one in held] == before
        archive.find("instance").first().delete()  # type: ignore[union-attr]
        with pytest.raises(fileroom.NotFoundError):
            held[0].read()


def test_what_is_replaced_or_deleted_meanwhile_is_left_alone(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled, SMALL, ingest={"overwrite": "always"}) as archive:
        deleted = next(iter(archive.find("instance", SOPInstanceUID=f"{STUDY}.1.2")))
        series = next(iter(archive.find("series", StudyInstanceUID=STUDY)))
        storage = archive.storage

        class Meanwhile(Watched):
            def meanwhile(self) -> None:
                archive.storage = storage
                deleted.delete()
                archive.store(instance(0, rows=17)).check()
                series.attach("report", b"another")

        archive.storage = Meanwhile(storage)
        report = move(archive)
        assert (report.moved, report.changed, report.failed) == (0, 3, 0)
        assert len(list(archive.storage.list())) == archive.statistics().attachments == 4
        assert list(archive.verify()) == []
        assert series.attachments["report"].read() == b"another"


def test_a_copy_that_reads_back_otherwise_is_deleted_and_the_old_bytes_stay(
    memory: Memory, filled: Path
) -> None:
    with open_tiered(memory, filled, SMALL) as archive:
        before = contents(archive)
        storage = archive.storage

        class Rotten(ExternalFiles):
            def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
                file = super().open(locator, byte_range)
                if self.tier_of(locator) == "small":
                    file.read(1)
                return file

        archive.storage = Rotten(storage)
        report = move(archive)
        archive.storage = storage
        assert (report.moved, report.failed) == (0, 3)
        assert all("the copy has" in one.reason for one in report)
        assert contents(archive) == before
        assert len(list(archive.storage.list())) == 5
        assert tiers_of(archive) == {"hot": 5}


@pytest.mark.parametrize("rows", [16, 300], ids=["small", "large"])
def test_rotten_and_lost_bytes_are_reported_and_the_rest_is_moved(
    memory: Memory, tmp_path: Path, rows: int
) -> None:
    where = tmp_path / "archive"
    with open_tiered(memory, where) as archive:
        stored = [archive.store(instance(number, rows=rows)).check() for number in range(6)]
        records = dict(archive.index.attachments())
        objects = memory.objects[f"{where} hot"]
        rotten, lost = (records[str(one.id)].locator.partition(":")[2] for one in stored[:2])
        data, modified = objects[rotten]
        objects[rotten] = data[:-1] + b"?", modified
        del objects[lost]
        failures: list[MoveFailure] = []
        report = move(archive, to="cold", on_failure=failures.append)
        assert (report.moved, report.failed) == (4, 2)
        assert list(report) == failures
        assert {one.id for one in failures} == {str(one.id) for one in stored[:2]}
        assert "SECRET" not in str(failures)
        assert tiers_of(archive) == {"hot": 2, "cold": 4}


def test_what_lies_in_a_tier_that_is_gone_from_the_configuration_is_named(
    memory: Memory, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_tiered(memory, filled) as archive:
        study = next(iter(archive.find("study", StudyInstanceUID=STUDY)))
        move(archive, [study], to="cold")
    monkeypatch.setattr("tests.integration.tiered_archives.TIERS", ("hot", "small"))
    with open_tiered(memory, filled) as archive:
        report = move(archive)
        assert (report.moved, report.kept, report.failed) == (0, 1, 4)
        assert all("tier 'cold', which is not configured" in one.reason for one in report)
        there = archive.find("instance", StudyInstanceUID=STUDY)
        with pytest.raises(fileroom.NotFoundError, match="tier 'cold'"):
            next(iter(there)).attachments["dicom"].read()


def test_registered_files_stay_where_they_are(memory: Memory, filled: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.dcm").write_bytes(instance(7))
    with open_tiered(memory, filled) as archive:
        assert archive.register([tmp_path / "mine.dcm"]).stored == 1
        report = move(archive, to="cold")
        assert (report.moved, report.external) == (5, 1)
    assert (tmp_path / "mine.dcm").read_bytes() == instance(7)


def test_a_file_without_a_digest_is_held_against_itself(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled) as archive:
        tables = memory.indexes[str(filled)].tables
        for row in list(tables.rows.values()):
            files = {n: replace(one, digest="", stored_digest="") for n, one in row.attachments.items()}
            tables.put(replace(row, attachments=files))
        assert move(archive, to="cold").moved == 5
        assert {one.digest for _, one in archive.index.attachments()} == {""}


def test_what_was_told_to_stop_is_resumed_by_running_it_again(
    memory: Memory, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fileroom.moving.BATCH_OBJECTS", 2)
    stop = threading.Event()
    told: list[MoveProgress] = []

    def hear(now: MoveProgress) -> None:
        told.append(now)
        stop.set()

    with open_tiered(memory, filled) as archive:
        report = move(archive, to="cold", progress=hear, stop=stop)
        assert report.interrupted
        assert report.moved == told[0].moved == 2
        assert told[0].total == 5
        rest = move(archive, to="cold", progress=told.append)
        assert (rest.moved, rest.kept, rest.interrupted) == (3, 2, False)
        assert told[-1].done == 5


def test_old_bytes_that_cannot_be_deleted_are_orphans(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled) as archive:
        storage = archive.storage

        class Kept(ExternalFiles):
            def delete(self, locators: Sequence[str]) -> list[Deletion]:
                error = fileroom.StorageError("the disk is read-only")
                return [Deletion(one, error) for one in locators]

        archive.storage = Kept(storage)
        report = move(archive, to="cold")
        archive.storage = storage
        assert (report.moved, report.orphans) == (5, 5)
        assert archive.sweep(grace=0).deleted == 5
        assert list(archive.verify()) == []


def test_readable_names_move_along(memory: Memory, tmp_path: Path) -> None:
    layout = {"backend": "filesystem", "layout": "{PatientID}/{SOPInstanceUID}.dcm"}
    tiers = {"a": {**layout, "root": "a"}, "b": {**layout, "root": "b"}}
    storage = {"backend": "tiered", "default": "a", "tiers": tiers}
    with fileroom.open(tmp_path / "x", storage=storage) as archive:
        archive.store(instance(1)).check()
        assert move(archive, to="b").moved == 1
        assert list(archive.verify()) == []
    assert [path.name for path in tmp_path.rglob("*.dcm")] == [f"{STUDY}.1.1.dcm"]
    assert next(tmp_path.rglob("*.dcm")).relative_to(tmp_path / "x").parts[0] == "b"


def test_a_lost_index_is_rebuilt_from_all_tiers_without_taking_attachments_for_instances(
    memory: Memory, filled: Path
) -> None:
    with open_tiered(memory, filled, SMALL) as archive:
        series = next(iter(archive.find("series", StudyInstanceUID=STUDY)))
        series.attach(1025, instance(8, study=f"{STUDY}8"))
        move(archive)
        keys = {one.uuid for _, one in archive.index.attachments() if one.content_type == 1}
    memory.indexes[str(filled)] = MemoryIndex.Store()
    with open_tiered(memory, filled, SMALL) as archive:
        assert archive.rebuild().adopted == 4
        assert {one.uuid for _, one in archive.index.attachments()} == keys


def test_two_moves_at_once_move_each_attachment_once(memory: Memory, filled: Path) -> None:
    with open_tiered(memory, filled) as one, open_tiered(memory, filled) as other:
        before = contents(one)
        storage = one.storage

        class Meanwhile(Watched):
            def meanwhile(self) -> None:
                assert move(other, to="cold").moved == 5

        one.storage = Meanwhile(storage)
        report = move(one, to="cold")
        one.storage = storage
        assert (report.moved, report.changed) == (0, 5)
        assert contents(one) == before
        assert len(list(one.storage.list())) == 5


def test_the_old_bytes_go_last(memory: Memory, filled: Path) -> None:
    done: list[str] = []
    with open_tiered(memory, filled) as archive:
        storage, index = archive.storage, archive.index

        class Noted(ExternalFiles):
            def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
                done.append("put")
                return super().put_many(items)

            def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
                if self.tier_of(locator) == "cold":
                    done.append("read back")
                return super().open(locator, byte_range)

            def delete(self, locators: Sequence[str]) -> list[Deletion]:
                done.append("delete")
                return super().delete(locators)

        class NotedIndex(type(index)):  # type: ignore[misc]
            def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
                done.append("relocate")
                moved: list[bool] = index.relocate(moves)
                return moved

        archive.storage = Noted(storage)
        archive.index = NotedIndex(archive.tags, memory.indexes[str(filled)])
        move(archive, to="cold")
    assert done == ["put", *["read back"] * 5, "relocate", "delete"]
