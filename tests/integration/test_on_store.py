"""Processing on store: the change log is the queue, whoever dies or fails."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
import pytest

import fileroom
from fileroom._on_store.notes import Cursor, Lease, LeaseLostError
from fileroom._on_store.runner import Runner
from fileroom.archive import Archive
from fileroom.errors import ConfigError, InvalidDatasetError, NotSupportedError, StorageFullError
from fileroom.on_store import OnStoreStatus
from fileroom.plugin import Processor, ProcessorPlugin, Product, Takes, hookimpl
from fileroom.tags import TagSet
from fileroom.testing.datasets import make_instance
from fileroom.testing.memory_index import MemoryIndex
from tests.core.distributions import Site, install_site
from tests.integration.cli_runs import run, run_json

site = pytest.fixture(install_site, name="site")


@dataclass(frozen=True)
class Options:
    broken: bool = False


class Odd(Processor):
    """By the object's number: 2 is refused, 3 is damaged, 4 raises, 5 is full, 6 exits, 7 hangs."""

    def __init__(self, options: Options) -> None:
        self._broken = options.broken

    def process(self, source: BinaryIO) -> Sequence[Product]:
        number = int(pydicom.dcmread(source).InstanceNumber)
        if self._broken or number == 5:
            raise StorageFullError("no space")
        if number == 2:
            raise NotSupportedError("not this one")
        if number == 3:
            raise InvalidDatasetError("damaged")
        if number == 4:
            raise ZeroDivisionError
        if number == 6:
            os._exit(1)
        if number == 7:
            time.sleep(600)
        return [Product(1500, str(number).encode(), "text/plain")]


class Copy(Processor):
    end = ".1"

    def __init__(self, options: Options) -> None:
        pass

    def process(self, source: BinaryIO) -> Sequence[Product]:
        dataset = pydicom.dcmread(source)
        dataset.SOPInstanceUID += self.end
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        return [Product("dicom", buffer.getvalue(), "application/dicom")]


class Back(Copy):
    end = ".2"


class Plugins:
    @hookimpl
    def fileroom_processor(self) -> ProcessorPlugin:
        return ProcessorPlugin("odd", Options, Odd, "of the test")


class Copies:
    def __init__(self, name: str, made: type[Processor]) -> None:
        self._name, self._made = name, made

    @hookimpl
    def fileroom_processor(self) -> ProcessorPlugin:
        return ProcessorPlugin(self._name, Options, self._made, "of the test", takes=Takes.EACH)


def open_with(folder: Path, *names: str, **options: Any) -> Archive:
    """Open an archive that works in its own process."""
    register = [Plugins(), Copies("copy", Copy), Copies("back", Back)]
    return fileroom.open(folder, register=register, processing={"on_store": list(names), **options})


def store(archive: Archive, *numbers: int) -> None:
    for number in numbers:
        archive.store(make_instance(sop_uid=f"1.2.{number}", instance_number=number)).check()


def notes(archive: Archive) -> dict[str, str]:
    found = archive.find("instance", order_by="InstanceNumber")
    return {one.uid: one.metadata["processing.odd"] for one in found if "processing.odd" in one.metadata}


def processed(archive: Archive) -> list[str]:
    return [one.uid for one in archive.find("instance") if 1500 in one.attachments]


def test_what_is_stored_is_processed_and_failures_are_their_objects_own(tmp_path: Path) -> None:
    with open_with(tmp_path, "odd", retries=1) as archive:
        store(archive, 1, 2, 3, 4, 10)
        assert archive.on_store.wait()
        assert processed(archive) == ["1.2.1", "1.2.10"]
        assert notes(archive) == {
            "1.2.3": "failed: damaged",
            "1.2.4": "failed: the processor failed: ZeroDivisionError",
        }
        assert archive.on_store.status() == [OnStoreStatus("odd", 0, 0, 2)]


def test_nothing_is_done_where_no_processor_is_named(tmp_path: Path) -> None:
    with open_with(tmp_path) as archive:
        store(archive, 1)
        assert archive.on_store.wait()
        assert not archive.on_store.active
        assert (archive.on_store.status(), processed(archive)) == ([], [])


def test_what_was_there_before_is_not_processed_on_store(tmp_path: Path) -> None:
    with open_with(tmp_path) as archive:
        store(archive, 1)
    with open_with(tmp_path, "odd") as archive:
        assert archive.on_store.wait()
        assert processed(archive) == []
        store(archive, 8)
        assert archive.on_store.wait()
        assert processed(archive) == ["1.2.8"]


def test_what_waits_when_an_archive_is_closed_is_done_when_it_is_opened_again(tmp_path: Path) -> None:
    with open_with(tmp_path, "odd", jobs=0, retries=0) as archive:
        archive.on_store.close()  # nobody works any more
        store(archive, 1, 8, 9)
        assert archive.on_store.status() == [OnStoreStatus("odd", 3, 0, 0)]
    with open_with(tmp_path, "odd") as archive:
        assert archive.on_store.wait()
        assert len(processed(archive)) == 3


def test_an_instance_that_is_replaced_is_processed_again_and_its_failure_crossed_out(tmp_path: Path) -> None:
    with open_with(tmp_path, "odd", retries=0) as archive:
        store(archive, 3)
        assert archive.on_store.wait()
        assert list(notes(archive)) == ["1.2.3"]
        with fileroom.open(tmp_path, ingest={"overwrite": "always"}) as other:
            other.store(make_instance(sop_uid="1.2.3", instance_number=8)).check()
        assert archive.on_store.wait()
        assert (notes(archive), processed(archive)) == ({}, ["1.2.3"])


def test_what_was_given_up_is_tried_again_on_request(tmp_path: Path) -> None:
    with open_with(tmp_path, "odd", retries=0) as archive:
        store(archive, 3, 4)
        assert archive.on_store.wait()
        assert archive.on_store.retry("odd") == 2
        assert archive.on_store.wait()
        assert archive.on_store.done == 4
        assert archive.on_store.status() == [OnStoreStatus("odd", 0, 0, 2)]


def test_what_is_in_the_way_of_all_makes_the_queue_wait_and_loses_nothing(tmp_path: Path) -> None:
    with open_with(tmp_path, "odd") as archive:
        store(archive, 1, 5, 8)
        with pytest.raises(fileroom.FileroomError, match="no space"):
            archive.on_store.wait()
        # The first may have been done by itself, before the second came.
        assert archive.on_store.status()[0].waiting in {2, 3}
        assert "1.2.5" not in processed(archive)
        assert notes(archive) == {}


def test_objects_made_on_store_are_not_made_into_others_for_ever(tmp_path: Path) -> None:
    with open_with(tmp_path, "copy", "back") as archive:
        store(archive, 1)
        assert archive.on_store.wait()
        found = {one.uid: one.metadata.get("made-by") for one in archive.find("instance")}
    assert found == {
        "1.2.1": None,
        "1.2.1.1": "copy",
        "1.2.1.2": "back",
        "1.2.1.1.2": "back",
        "1.2.1.2.1": "copy",
    }


INSTALLED = """
from fileroom.plugin import ProcessorPlugin, hookimpl
from tests.integration.test_on_store import Odd, Options
@hookimpl
def fileroom_processor():
    return ProcessorPlugin("odd", Options, Odd, "of the test")
"""


@pytest.fixture
def installed(site: Site) -> None:
    site.install("acme", plugins={"odd": "acme_odd:fileroom_processor"}, modules={"acme_odd": INSTALLED})


@pytest.mark.usefixtures("installed")
def test_a_processor_that_hangs_or_brings_its_process_down_stops_nothing_else(tmp_path: Path) -> None:
    with fileroom.open(tmp_path, processing={"on_store": ["odd"], "timeout": 8.0, "retries": 0}) as archive:
        store(archive, 1, 7, 6, 8)
        assert archive.on_store.wait()
        assert processed(archive) == ["1.2.1", "1.2.8"]
        assert notes(archive) == {
            "1.2.6": "failed: given up: 3 worker processes died with it",
            "1.2.7": "failed: given up: it took longer than 8 seconds",
        }


@pytest.mark.usefixtures("installed")
def test_an_import_processes_what_it_stored_before_it_ends(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        data = make_instance(sop_uid=f"1.2.{number}", instance_number=number)
        (tmp_path / f"{number}.dcm").write_bytes(data)
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "fileroom.toml").write_text('[processing]\non_store = ["odd"]\nretries = 0\n')
    said = run("-a", archive, "import", tmp_path / "1.dcm", tmp_path / "2.dcm", "--jobs", "1").stderr
    assert "given up" not in said
    assert run_json("-a", archive, "processing", "status") == [
        {"processor": "odd", "waiting": 0, "retrying": 0, "failed": 0}
    ]
    said = run("-a", archive, "import", tmp_path / "3.dcm", "--jobs", "1").stderr
    assert said == "given up so far: odd 1 instance; 'fileroom processing' tells more, and tries again\n"
    assert run_json("-a", archive, "processing", "run") == {"processed": 0, "failed": 0}
    assert run_json("-a", archive, "processing", "retry", code=1) == {"tried": 1, "failed": 1}
    assert "odd" in run("-a", archive, "processing", "status").stdout


@pytest.mark.usefixtures("installed")
def test_a_processor_that_nothing_is_given_to_on_store_cannot_be_retried(tmp_path: Path) -> None:
    (tmp_path / "fileroom.toml").write_text('[processing]\non_store = ["odd"]\n')
    run("-a", tmp_path, "import", _one_file(tmp_path), "--jobs", "1")
    assert "names no processor 'nope'" in run("-a", tmp_path, "processing", "retry", "nope", code=2).stderr
    assert run_json("-a", tmp_path, "processing", "retry", "odd") == {"tried": 0, "failed": 0}


def _one_file(folder: Path) -> Path:
    path = folder / "even.dcm"
    path.write_bytes(make_instance(sop_uid="1.2.2", instance_number=2))
    return path


def test_only_who_has_the_lease_works_and_a_dead_ones_is_taken_over() -> None:
    index = MemoryIndex(TagSet.default())
    first, second = Lease(index, 0.2), Lease(index, 0.2)
    assert first.take()
    assert not second.take()
    assert first.take()
    deadline = time.monotonic() + 30
    while not second.take():
        assert time.monotonic() < deadline
    first.check()  # it has not heard of that
    with first.kept(), pytest.raises(LeaseLostError):
        check_until(first, deadline)
    first.release()
    assert second.take()
    second.release()
    assert first.take()


def check_until(lease: Lease, deadline: float) -> None:
    while time.monotonic() < deadline:
        lease.check()
        time.sleep(0.01)


def test_a_cursor_that_somebody_else_advanced_is_not_set_back() -> None:
    index = MemoryIndex(TagSet.default())
    cursor = Cursor(index, "odd")
    assert cursor.get() is None
    cursor.begin(5)
    assert cursor.get() == 5
    cursor.advance(7)
    cursor.begin(5)
    assert cursor.get() == 7
    other = Cursor(index, "odd")
    assert other.get() == 7
    cursor.advance(9)
    with pytest.raises(LeaseLostError):
        other.advance(8)
    assert other.get() == 9


def test_several_archives_over_one_index_do_the_work_once(tmp_path: Path) -> None:
    with open_with(tmp_path, "odd") as one, open_with(tmp_path, "odd") as other:
        threads = [
            threading.Thread(target=store, args=(archive, *range(start, start + 5)))
            for archive, start in ((one, 10), (other, 20))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.on_store.wait()
        assert other.on_store.wait()
        assert len(processed(one)) == 10
        assert one.on_store.done + other.on_store.done == 10


@pytest.mark.parametrize("key", ["timeout", "retries", "jobs"])
def test_negative_numbers_are_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="cannot be negative"):
        fileroom.open(tmp_path, processing={key: -1})


def test_a_processor_that_is_not_installed_is_said_when_there_is_work(tmp_path: Path) -> None:
    with open_with(tmp_path, "nonsense") as archive:
        store(archive, 1)
        with pytest.raises(fileroom.FileroomError, match="no processor 'nonsense'"):
            archive.on_store.wait()


def test_an_error_that_nobody_expected_is_told_and_the_queue_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Doe^Jane")

    monkeypatch.setattr(Runner, "_note", fail)
    with open_with(tmp_path, "odd") as archive:
        store(archive, 1)
        with pytest.raises(fileroom.FileroomError, match=r"processing on store failed: ValueError$"):
            archive.on_store.wait()
        assert archive.on_store.status()[0].waiting == 1


def test_an_instance_whose_file_is_lost_is_given_up_though_it_was_to_be_tried_again(tmp_path: Path) -> None:
    with open_with(tmp_path, "odd") as archive:
        instance = archive.store(make_instance(instance_number=8)).check().instance
        assert instance is not None
        assert archive.on_store.wait()
        archive.storage.delete([instance.attachments["dicom"].record.locator])
        instance.metadata["processing.odd"] = "retry 1: no reason"
        assert archive.on_store.wait()
        assert instance.metadata["processing.odd"].startswith("failed: ")
