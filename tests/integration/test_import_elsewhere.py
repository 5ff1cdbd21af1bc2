"""Importing by an executor's workers: as an import here, and what can be different with them."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

import fileroom
from fileroom._archive import elsewhere as _elsewhere
from fileroom._archive import run
from fileroom._executing import archives, tokens
from fileroom._executing.taking import take_files
from fileroom.archive import Archive
from fileroom.config import Backend, Config, load_config
from fileroom.errors import (
    ExecutorError,
    NotFoundError,
    NotSupportedError,
    PluginNotFoundError,
    StorageFullError,
)
from fileroom.plugin import ExecutorPlugin, hookimpl
from fileroom.reports import IngestReport, IngestStoppedError, Outcome, Progress, Status
from fileroom.testing.datasets import Corpus, make_instance
from fileroom_plugins.local_executor import child
from fileroom_plugins.local_executor.child import Child
from fileroom_plugins.local_executor.executor import LocalExecutor
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.core.host_plugins import Bell, NoOptions
from tests.integration.workers import Workers


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH_OBJECTS", 8)


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "PATIENCE", 0.1)


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers()
    yield workers
    workers.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Forty instances, and one of each kind of trouble."""
    folder = tmp_path / "in"
    for instance in Corpus(40, 4000):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)
    (folder / "conflict-1.dcm").write_bytes(make_instance(sop_uid="1.2.7", instance_number=1))
    (folder / "conflict-2.dcm").write_bytes(make_instance(sop_uid="1.2.7", instance_number=2))
    (folder / "damaged.dcm").write_bytes(make_instance()[:700])
    (folder / "empty").touch()
    (folder / "notes.txt").write_text("no image")
    with zipfile.ZipFile(folder / "cd.zip", "w") as file:
        file.writestr("one.dcm", make_instance(patient_id="Z-1", sop_uid="1.2.8"))
        file.writestr("readme.txt", "no image")
    return folder


def by_status(report: IngestReport) -> dict[Status, int]:
    return {status: count for status, count in report.counts.items() if count}


def test_workers_make_of_files_what_this_process_makes_of_them(
    archive: Archive, source: Path, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    with fileroom.open(tmp_path / "here") as here:
        expected = here.ingest(source)
        report = archive.ingest(source, executor="local", progress=seen.append)
        assert by_status(report) == by_status(expected)
        assert report.bytes == expected.bytes
        assert {one.name for one in report} == {one.name for one in expected}
        assert {one.id for one in archive.find("instance")} == {one.id for one in here.find("instance")}
    assert (seen[-1].done, seen[-1].total) == (len(report), 45 + 1)
    assert [one.reason for one in archive.quarantine.list()] == [
        one.reason for one in report if one.status is Status.QUARANTINED
    ]
    assert list(archive.verify()) == []
    again = archive.ingest(source, executor="local")
    assert (again.stored, again.already_stored) == (0, report.stored)


def test_no_batch_is_larger_than_those_of_an_import_here(
    archive: Archive, source: Path, workers: Workers
) -> None:
    archive.ingest(source, executor=workers)
    assert max(map(len, workers.items)) == 8
    assert Counter(path for batch in workers.items for path in batch).most_common(1)[0][1] == 1


def test_a_relative_path_means_the_same_file_to_a_worker_elsewhere(
    archive: Archive, source: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source)
    assert archive.ingest("conflict-1.dcm", executor=workers).stored == 1
    assert workers.items == [(str(source / "conflict-1.dcm"),)]


def test_bytes_and_open_files_are_rejected_with_what_to_do(archive: Archive, workers: Workers) -> None:
    report = archive.ingest([make_instance(), io.BytesIO(make_instance())], executor=workers)
    assert report.rejected == 2
    assert {one.reason for one in report} == {
        "workers cannot be sent bytes and open files: give paths, or import without an executor"
    }


def test_the_archives_own_folders_are_left_out(archive: Archive, source: Path, workers: Workers) -> None:
    archive.ingest(source, executor=workers)
    report = archive.ingest(archive.config.base.parent, executor=workers)
    names = {Path(name).name for batch in workers.items for name in batch}
    assert not {path.name for path in archive.storage.folders()[0].rglob("*") if path.is_file()} & names
    assert report.stored == 0


def test_a_file_that_a_worker_does_not_see_is_rejected_with_the_reason(
    archive: Archive, source: Path, tmp_path: Path
) -> None:
    gone = str(tmp_path / "only-here.dcm")
    taken = take_files(archives.Opening(archive.config, "run"), (str(source / "conflict-1.dcm"), gone))
    outcomes = {Path(one.name).name: one for one in taken.outcomes}
    assert outcomes["conflict-1.dcm"].status is Status.STORED
    assert outcomes["only-here.dcm"].status is Status.REJECTED
    assert "must see the files under the same paths" in outcomes["only-here.dcm"].reason
    archives.close_idle()


def test_a_process_that_dies_costs_nothing_but_time(
    archive: Archive, source: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Child.ask
    killed: list[Child] = []

    def die_while_asked(self: Child, request: bytes, timeout: float) -> bytes:
        if not killed:
            killed.append(self)
            assert self._process.stdin is not None
            child._write(self._process.stdin, request)
            until = time.monotonic() + 60
            while len(list(archive.storage.list())) < 2 and time.monotonic() < until:  # one is no instance
                time.sleep(0.001)
            self._process.kill()  # some of its bytes are there, and perhaps their rows
            self._process.wait()
        return asked(self, request, timeout)

    monkeypatch.setattr(Child, "ask", die_while_asked)
    report = archive.ingest(source, executor="local")
    assert report.stored + report.already_stored == 42
    assert "a worker process died" in caplog.text
    assert archive.statistics().instances == 42
    archive.sweep(grace=0)
    assert len(list(archive.storage.list())) == 42
    assert list(archive.verify()) == []


def test_a_file_that_kills_workers_is_rejected_and_no_other(
    archive: Archive, source: Path, workers: Workers
) -> None:
    victim = str(source / "conflict-1.dcm")
    workers.deadly = {victim}
    report = archive.ingest(source, executor=workers)
    (rejected,) = (one for one in report if one.status is Status.REJECTED)
    assert (rejected.name, rejected.reason) == (victim, "given up: 3 workers died with it")
    assert report.stored == 42, "the other of the two in conflict, too"


def test_an_import_that_is_told_to_stop_finishes_what_is_under_way(
    archive: Archive, source: Path, workers: Workers
) -> None:
    stop = threading.Event()
    report = archive.ingest(source, executor=workers, stop=stop, on_outcome=lambda _: stop.set())
    assert report.interrupted
    assert 0 < len(report) < 46
    assert archive.statistics().instances == report.stored
    assert archive.ingest(source, executor=workers).already_stored == report.stored


def test_a_storage_that_fails_stops_the_import_with_a_true_report(
    archive: Archive, source: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_many = FilesystemStorage.put_many
    room = threading.Semaphore(3)

    def full_after_three(self: FilesystemStorage, items: object) -> object:
        if not room.acquire(blocking=False):
            raise StorageFullError("storage: no space is left")
        return put_many(self, items)  # type: ignore[arg-type]

    monkeypatch.setattr(FilesystemStorage, "put_many", full_after_three)
    with pytest.raises(
        IngestStoppedError, match="the import stopped: storage: no space is left; what was"
    ) as caught:
        archive.ingest(source, executor=workers)
    assert caught.value.report.stored == archive.statistics().instances > 0
    assert isinstance(caught.value.__cause__, StorageFullError)


def test_nothing_is_told_of_what_workers_store_into_another_archive(
    archive: Archive, source: Path, workers: Workers, tmp_path: Path
) -> None:
    (source / "empty").unlink()  # which this process ignores by itself
    told: list[Outcome] = []
    seen: list[Progress] = []
    workers.elsewhere = lambda _: load_config(tmp_path / "another")
    with pytest.raises(IngestStoppedError, match=r"a worker on \S+ has another storage than this") as caught:
        archive.ingest(source, executor=workers, on_outcome=told.append, progress=seen.append)
    assert isinstance(caught.value.__cause__, ExecutorError)
    assert (told, len(caught.value.report), sum(one.done for one in seen)) == ([], 0, 0)
    assert list(archive.storage.list()) == []
    with fileroom.open(tmp_path / "another") as another:
        assert another.statistics().instances == 0, "it was found out before anything was stored"


def test_a_quota_does_not_make_it_less_strict(source: Path, workers: Workers, tmp_path: Path) -> None:
    told: list[Outcome] = []
    workers.elsewhere = lambda config: replace(config, storage=elsewhere(tmp_path))
    with fileroom.open(tmp_path / "small", quota={"max_studies": 1}) as archive:
        with pytest.raises(IngestStoppedError, match="has another storage than this"):
            archive.ingest(source, executor=workers, on_outcome=told.append)
        assert archive.statistics().instances == 0
    workers.elsewhere = lambda config: replace(config, index=Backend("sqlite", {"path": str(tmp_path / "i")}))
    with (
        fileroom.open(tmp_path / "small", quota={"max_studies": 1}) as archive,
        pytest.raises(IngestStoppedError, match="has another index than this"),
    ):
        archive.ingest(source, executor=workers, on_outcome=told.append)
    assert [one for one in told if one.id] == []


def elsewhere(tmp_path: Path) -> Backend:
    return Backend("filesystem", {"root": str(tmp_path / "elsewhere")})


def test_what_is_there_already_is_no_proof_that_the_storage_is_the_same(
    archive: Archive, source: Path, workers: Workers, tmp_path: Path
) -> None:
    known = sorted(path for path in source.rglob("*.dcm"))[:16]
    archive.ingest(known)
    before = archive.statistics().instances
    assert before > 0
    shutil.copytree(archive.storage.folders()[0], tmp_path / "elsewhere")
    told: list[Outcome] = []
    workers.elsewhere = lambda config: replace(config, storage=elsewhere(tmp_path))
    with pytest.raises(IngestStoppedError, match="has another storage than this"):
        archive.ingest([*known, source], executor=workers, on_outcome=told.append)
    assert ([one for one in told if one.id], archive.statistics().instances) == ([], before)
    assert list(archive.verify()) == []


def test_nothing_is_told_of_what_only_another_index_knows(
    archive: Archive, source: Path, workers: Workers, tmp_path: Path
) -> None:
    told: list[Outcome] = []
    workers.elsewhere = lambda config: replace(config, index=Backend("sqlite", {"path": str(tmp_path / "i")}))
    with pytest.raises(IngestStoppedError, match=r"a worker on \S+ has another index than this") as caught:
        archive.ingest(source, executor=workers, on_outcome=told.append)
    assert ([one for one in told if one.id], caught.value.report.stored) == ([], 0)
    assert archive.statistics().instances == 0


def test_a_conflict_with_what_is_not_held_here_is_not_told(
    archive: Archive, source: Path, workers: Workers, tmp_path: Path
) -> None:
    index = {"path": str(tmp_path / "i")}
    storage = {"backend": "filesystem", "root": str(archive.storage.folders()[0])}
    with fileroom.open(
        tmp_path / "another", index={"backend": "sqlite", **index}, storage=storage
    ) as another:
        another.store(make_instance(sop_uid="1.2.7", instance_number=3)).check()
    workers.elsewhere = lambda config: replace(config, index=Backend("sqlite", index))
    with pytest.raises(IngestStoppedError, match="has another index than this") as caught:
        archive.ingest(source / "conflict-1.dcm", executor=workers)
    assert len(caught.value.report) == 0


def test_what_was_deleted_before_its_worker_answered_was_stored(
    archive: Archive, source: Path, workers: Workers
) -> None:
    workers.afterwards = lambda: [archive.delete(one) for one in archive.find("patient")]
    report = archive.ingest(source, executor=workers)
    assert report.stored + report.conflict == 43
    assert archive.statistics().instances == 0


@pytest.mark.parametrize("overwrite", ["always", "if-changed"])
def test_what_was_replaced_before_its_worker_answered_was_stored(
    overwrite: str, workers: Workers, tmp_path: Path
) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    for number in range(30):
        data = make_instance(sop_uid="1.2.3", instance_number=number)
        (versions / f"{number:02}.dcm").write_bytes(data)
    with fileroom.open(tmp_path / "versioned", ingest={"overwrite": overwrite}) as archive:
        report = archive.ingest(versions, executor=workers)
        assert (report.stored, report.replaced, len(report)) == (1, 29, 30)
        assert archive.statistics().instances == 1
        assert list(archive.verify()) == []


def test_what_proves_that_the_storage_is_shared_goes_with_the_run(
    archive: Archive, source: Path, workers: Workers
) -> None:
    archive.ingest(source, executor=workers)
    assert len(list(archive.storage.list())) == archive.statistics().attachments == 42


def test_a_run_that_outlasts_a_sweeps_grace_goes_on(
    archive: Archive, source: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_elsewhere, "LASTS", 0.0)
    workers.afterwards = lambda: archive.sweep(grace=0)
    report = archive.ingest(source, executor=workers)
    assert report.stored == 42
    assert len({opening.tokens for opening in workers.openings}) > 1


def test_bytes_that_are_uploaded_later_are_waited_for(
    archive: Archive, source: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "POLL", 0.01)
    late = iter([True, True])
    opened = FilesystemStorage.open

    def open_later(self: FilesystemStorage, locator: str, byte_range: object = None) -> BinaryIO:
        if next(late, False):
            raise NotFoundError("storage: no such object")
        return opened(self, locator, byte_range)  # type: ignore[arg-type]

    monkeypatch.setattr(FilesystemStorage, "open", open_later)
    assert archive.ingest(source, executor=workers).stored == 42


def test_what_a_death_leaves_of_the_proof_is_an_orphan_and_no_instance(archive: Archive) -> None:
    archive.store(make_instance()).check()
    proof = tokens.tokens_in(archive.storage)
    (token,) = proof.__enter__()
    assert tokens.found(archive.storage, (token,))
    assert archive.rebuild(adopt=True).adopted == 0
    assert archive.sweep(grace=0).deleted == 1
    assert archive.statistics().instances == 1
    assert list(archive.verify()) == []


def test_each_tier_is_proven(workers: Workers, source: Path, tmp_path: Path) -> None:
    def tiered(slow: Path) -> Mapping[str, Any]:
        tiers = {
            "quick": {"backend": "filesystem", "root": str(tmp_path / "quick")},
            "slow": {"backend": "filesystem", "root": str(slow)},
        }
        rules = [{"to": "slow", "min_size": "1 GB"}]
        return {"backend": "tiered", "tiers": tiers, "default": "quick", "rules": rules}

    other = load_config(tmp_path / "tiered", storage=tiered(tmp_path / "mine"))
    with fileroom.open(tmp_path / "tiered", storage=tiered(tmp_path / "slow")) as archive:
        assert archive.ingest(source, executor=workers).stored == 42
        workers.elsewhere = lambda _: other
        with pytest.raises(IngestStoppedError, match="has another storage than this"):
            archive.ingest(source, executor=workers)
        assert len(list(archive.storage.list())) == 42


def test_a_worker_that_cannot_open_the_archive_says_where_and_why(
    archive: Archive, source: Path, workers: Workers
) -> None:
    workers.elsewhere = lambda config: replace(config, index=Backend("oracle"))
    with pytest.raises(IngestStoppedError, match=r"a worker on .* cannot open the archive: .*'oracle'"):
        archive.ingest(source, executor=workers)


def test_what_the_quota_lets_go_is_counted(source: Path, workers: Workers, tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "small", quota={"max_studies": 1}) as archive:
        report = archive.ingest(source, executor=workers)
        left = archive.statistics()
    assert left.studies == 1
    assert report.evicted == report.stored - left.instances > 0


def test_plugins_that_a_host_passed_are_refused_in_one_sentence(source: Path, tmp_path: Path) -> None:
    with (
        fileroom.open(tmp_path / "host", register=[Bell()]) as archive,
        pytest.raises(NotSupportedError, match=r"workers cannot use plugins that were passed with register="),
    ):
        archive.ingest(source, executor="local")


def test_an_executor_of_the_hosts_goes_by_its_name(source: Path, workers: Workers, tmp_path: Path) -> None:
    class Offering:
        @hookimpl
        def fileroom_executor(self) -> ExecutorPlugin:
            return ExecutorPlugin("crew", NoOptions, lambda options: workers, "")

    with fileroom.open(tmp_path / "host", register=[Offering()], plugins={"crew": {}}) as archive:
        assert archive.ingest(source, executor="crew").stored == 42


def test_an_executor_that_is_not_installed_is_an_error_before_anything_is_read(
    archive: Archive, source: Path
) -> None:
    with pytest.raises(PluginNotFoundError, match="no executor 'task' is installed"):
        archive.ingest(source, executor="task")


def test_literal_options_of_the_executor_do_not_travel(
    source: Path, workers: Workers, tmp_path: Path
) -> None:
    seen: list[Config] = []

    def look(config: Config) -> Config:
        seen.append(config)
        return config

    workers.elsewhere = look

    class Offering:
        @hookimpl
        def fileroom_executor(self) -> ExecutorPlugin:
            return ExecutorPlugin("crew", NoOptions, lambda options: workers, "")

    tables = {"enable": ["imaging"], "crew": {}, "imaging": {"size": 64}}
    with fileroom.open(tmp_path / "host", register=[Offering()], plugins=tables) as archive:
        archive.ingest(source, executor="crew")
    assert {tuple(config.plugins.tables) for config in seen} == {("imaging",)}


def test_tasks_of_one_run_share_an_archive_and_idleness_closes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "IDLE", 0.01)
    closed = threading.Event()
    close = Archive.close

    def close_and_tell(self: Archive) -> None:
        close(self)
        closed.set()

    monkeypatch.setattr(Archive, "close", close_and_tell)
    opening = archives.Opening(load_config(tmp_path / "shared"), "run")
    with archives.opened(opening) as one, archives.opened(replace(opening)) as two:
        assert one is two
        assert not closed.wait(0.1), "it is in use"
    assert closed.wait(30)
    with archives.opened(opening) as three:
        assert three is not one
        assert three.statistics().instances == 0
    archives.close_idle()


@pytest.mark.skipif(os.name == "nt", reason="a folder in use cannot be deleted")
def test_an_archive_that_was_made_anew_between_two_runs_is_not_taken_for_the_old_one(
    source: Path, tmp_path: Path
) -> None:
    with contextlib.closing(LocalExecutor(1)) as executor:
        for _ in range(2):
            with fileroom.open(tmp_path / "again") as archive:
                assert archive.ingest(source, executor=executor).stored == 42
            shutil.rmtree(tmp_path / "again")
