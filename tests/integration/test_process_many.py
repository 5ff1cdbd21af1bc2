"""A processor on many resources: here, in other processes, by an executor's workers."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

import fileroom
from fileroom._archive.processing import BATCH
from fileroom._executing import tokens
from fileroom.archive import Archive
from fileroom.config import Backend
from fileroom.errors import (
    ExecutorError,
    InvalidDatasetError,
    MissingDependencyError,
    NotFoundError,
    NotSupportedError,
    PluginNotFoundError,
    StorageFullError,
)
from fileroom.plugin import Processor, ProcessorPlugin, Product, hookimpl
from fileroom.reports import Processed, ProcessFailure, ProcessStoppedError
from fileroom.testing.datasets import make_instance
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.core.host_plugins import NoOptions
from tests.integration.workers import Workers

MISSING = "aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa"


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers()
    yield workers
    workers.close()


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Six instances with an image each, the last of them without."""
    for number in range(6):
        pixels = {} if number < 5 else {"rows": 0, "columns": 0}
        archive.store(make_instance(sop_uid=f"1.2.{number}", instance_number=number, **pixels)).check()  # type: ignore[arg-type]
    return archive


def ids_of(archive: Archive) -> list[str]:
    return [one.id for one in archive.find("instance", order_by="InstanceNumber")]


@pytest.mark.parametrize("executor", [None, "local", "workers"])
def test_every_resource_is_processed_and_a_failure_is_its_own(
    filled: Archive, executor: str | None, workers: Workers
) -> None:
    *images, bare = ids_of(filled)
    heard: list[Processed] = []
    report = filled.process_many(
        filled.find("instance"),
        "thumbnail",
        executor=workers if executor == "workers" else executor,
        on_done=heard.append,
    )
    assert (report.processed, report.failed, report.attachments, len(report)) == (5, 1, 5, 6)
    assert {one.id for one in report if not one.reason} == set(images)
    (failure,) = (one for one in report if one.reason)
    assert failure.id == bare
    assert "no image" in failure.reason
    assert list(report) == heard
    for id_ in images:
        (made,) = (one for one in report if one.id == id_)
        assert filled.get(id_).attachments["thumbnail"].record == made.attachments[0]
    assert "thumbnail" not in filled.get(bare).attachments


def test_what_has_the_attachment_already_is_skipped(filled: Archive, workers: Workers) -> None:
    first, second, *_ = ids_of(filled)
    filled.process_many([first, second], "thumbnail")
    report = filled.process_many(filled.find("instance"), "thumbnail", missing="thumbnail", executor=workers)
    assert (report.skipped, report.processed, report.failed) == (2, 3, 1)
    assert filled.get(first).attachments["thumbnail"].revision == 1
    assert [one.attachments[0].revision for one in filled.process_many([first], "thumbnail")] == [2]


def test_levels_above_take_their_middle_instance(filled: Archive) -> None:
    report = filled.process_many(filled.find("series"), "thumbnail")
    assert report.processed == 1
    series = filled.find("series").first()
    assert series is not None
    assert "thumbnail" in series.attachments


def test_a_resource_that_is_not_there_is_a_failure_like_any_other(filled: Archive) -> None:
    report = filled.process_many([MISSING, ids_of(filled)[0]], "thumbnail")
    assert (report.processed, report.failed) == (1, 1)
    assert next(iter(report)).reason.startswith(f"no resource {MISSING}")


@pytest.mark.parametrize("executor", [None, "local"])
def test_a_wrong_name_is_one_error(filled: Archive, executor: str | None) -> None:
    with pytest.raises(PluginNotFoundError, match="no processor 'thumbnial'"):
        filled.process_many(filled.find("instance"), "thumbnial", executor=executor)
    with pytest.raises(NotFoundError, match="content type"):
        filled.process_many(filled.find("instance"), "thumbnail", missing="thumbnial", executor=executor)


def test_resources_are_taken_one_by_one_and_stop_ends_it(filled: Archive, workers: Workers) -> None:
    stop = threading.Event()
    taken: list[str] = []

    def slowly() -> Iterator[str]:
        for id_ in ids_of(filled) * 1000:
            taken.append(id_)
            yield id_

    report = filled.process_many(slowly(), "thumbnail", stop=stop, on_done=lambda _: stop.set())
    assert report.interrupted
    assert len(report) == BATCH
    assert len(taken) <= 200
    assert not filled.process_many([], "thumbnail", stop=stop).interrupted, "nothing was left to do"


def test_a_batch_with_which_workers_die_is_tried_one_by_one(filled: Archive, workers: Workers) -> None:
    victim = ids_of(filled)[2]
    workers.deadly = {victim}
    report = filled.process_many(filled.find("instance"), "thumbnail", executor=workers)
    assert (report.processed, report.failed) == (4, 2)
    assert "3 workers died" in next(one.reason for one in report if one.id == victim)


def test_workers_that_cannot_open_the_archive_stop_it(filled: Archive, workers: Workers) -> None:
    workers.elsewhere = lambda config: config.disabling(["sqlite"])
    with pytest.raises(
        ProcessStoppedError, match=r"processing stopped: a worker on .* cannot open the archive"
    ) as caught:
        filled.process_many(filled.find("instance"), "thumbnail", executor=workers)
    assert isinstance(caught.value.__cause__, ExecutorError)
    assert len(caught.value.report) == 0


def test_a_storage_that_fails_stops_it_with_a_true_report(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_many = FilesystemStorage.put_many
    room = iter([True, True])

    def full_after_two(self: FilesystemStorage, items: object) -> object:
        if not next(room, False):
            raise StorageFullError("storage: no space is left")
        return put_many(self, items)  # type: ignore[arg-type]

    monkeypatch.setattr(FilesystemStorage, "put_many", full_after_two)
    with pytest.raises(
        ProcessStoppedError, match="no space is left; what was made until then is kept"
    ) as caught:
        filled.process_many(ids_of(filled) * 6, "thumbnail")
    # One put for each batch, and every sixth instance has no pixels.
    assert (caught.value.report.processed, caught.value.report.failed) == (27, 5)


def test_nothing_is_told_of_what_workers_attach_to_another_archive(
    filled: Archive, workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE", 0.1)
    shutil.copytree(filled.storage.folders()[0], tmp_path / "replica")
    replica = Backend("filesystem", {"root": str(tmp_path / "replica")})
    heard: list[Processed] = []
    workers.elsewhere = lambda config: replace(config, storage=replica)
    with pytest.raises(ProcessStoppedError, match=r"a worker on \S+ has another storage than this") as caught:
        filled.process_many(filled.find("instance"), "thumbnail", executor=workers, on_done=heard.append)
    assert (heard, len(caught.value.report)) == ([], 0)
    assert filled.statistics().attachments == 6
    assert list(filled.verify()) == []


def test_nothing_is_told_of_what_only_another_index_knows(
    filled: Archive, workers: Workers, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    with (
        closing(sqlite3.connect(filled.config.base / "index.sqlite")) as ours,
        closing(sqlite3.connect(copy)) as theirs,
    ):
        ours.backup(theirs)
    heard: list[Processed] = []
    workers.elsewhere = lambda config: replace(config, index=Backend("sqlite", {"path": str(copy)}))
    with pytest.raises(ProcessStoppedError, match=r"a worker on \S+ has another index than this"):
        filled.process_many(filled.find("instance"), "thumbnail", executor=workers, on_done=heard.append)
    assert heard == []


def test_what_was_changed_before_its_worker_answered_was_made(filled: Archive, workers: Workers) -> None:
    images = ids_of(filled)[:5]

    def change() -> None:
        kept, *gone = images
        filled.process(kept, "thumbnail")
        for id_ in gone[:2]:
            filled.get(id_).attachments.detach("thumbnail")
        filled.delete(gone[2:])

    workers.afterwards = change
    report = filled.process_many(images, "thumbnail", executor=workers)
    assert (report.processed, report.attachments) == (5, 5)


class Moody(Processor):
    """Fails as its turn has it."""

    def __init__(self, moods: list[Exception | None]) -> None:
        self.moods = moods

    def process(self, source: BinaryIO) -> Sequence[Product]:
        mood = self.moods.pop(0)
        if mood is not None:
            raise mood
        return [Product(1200, b"done", "text/plain")]


def moody(*moods: Exception | None) -> object:
    class Offering:
        @hookimpl
        def fileroom_processor(self) -> ProcessorPlugin:
            return ProcessorPlugin("moody", NoOptions, lambda options: Moody(list(moods)), "")

    return Offering()


def test_a_processor_that_fails_in_any_way_stops_no_other_and_tells_nothing_of_a_patient(
    tmp_path: Path,
) -> None:
    errors = [NotSupportedError("no"), None, KeyError("Doe^Jane"), InvalidDatasetError("damaged"), None]
    with fileroom.open(tmp_path / "a", register=[moody(*errors)]) as archive:
        for number in range(5):
            archive.store(make_instance(sop_uid=f"1.2.{number}", instance_number=number)).check()
        report = archive.process_many(ids_of(archive), "moody")
        with pytest.raises(NotSupportedError, match="passed with register="):
            archive.process_many(ids_of(archive), "moody", executor="local")
    assert [one.reason for one in report] == ["no", "", "the processor failed: KeyError", "damaged", ""]


def test_a_package_that_some_objects_need_is_missed_for_these_only(tmp_path: Path) -> None:
    missing = MissingDependencyError("pip install 'fileroom[imaging]'", "imaging")
    with fileroom.open(tmp_path / "a", register=[moody(missing, None)]) as archive:
        for number in range(2):
            archive.store(make_instance(sop_uid=f"1.2.{number}", instance_number=number)).check()
        report = archive.process_many(ids_of(archive), "moody")
    assert [one.reason for one in report] == ["pip install 'fileroom[imaging]'", ""]
    assert [one.failure for one in report] == [ProcessFailure.FAILED, None]


def test_a_reason_that_no_index_could_hold_is_kept_as_far_as_can_be(tmp_path: Path) -> None:
    error = InvalidDatasetError("a lone \udcff surrogate \0 and no end" + "." * 1000)
    with fileroom.open(tmp_path / "a", register=[moody(error)]) as archive:
        instance = archive.store(make_instance()).check().instance
        assert instance is not None
        (one,) = archive.process_many([instance], "moody")
        instance.metadata["why"] = one.reason
        assert one.reason.startswith("a lone \\udcff surrogate   and no end")
        assert len(one.reason) == 500


def test_of_an_instance_whose_file_is_lost_it_is_said_that_it_failed(archive: Archive) -> None:
    instance = archive.store(make_instance()).check().instance
    assert instance is not None
    archive.storage.delete([instance.attachments["dicom"].record.locator])
    gone = archive.store(make_instance(sop_uid="1.2.9", instance_number=9)).check().instance
    assert gone is not None
    archive.delete(gone)
    lost, deleted = archive.process_many([instance, gone], "thumbnail")
    assert (lost.failure, deleted.failure) == (ProcessFailure.DAMAGED, ProcessFailure.GONE)
