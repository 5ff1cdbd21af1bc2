"""Processing on store, when the objects, the processor, the configuration or the moment are odd."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.errors import CatalogError, FileroomError, InvalidValueError, StorageFullError
from fileroom.index import SetMetadata
from fileroom.model import ARCHIVE_ID
from fileroom.on_store import OnStoreStatus
from fileroom.plugin import DocumentName, Processor, ProcessorPlugin, Product, hookimpl
from fileroom.testing.datasets import make_instance
from fileroom.testing.memory_index import MemoryIndex
from tests.core.distributions import Site, install_site
from tests.integration.document_kinds import KINDS
from tests.integration.migration_archives import Memory
from tests.integration.on_store_processors import INSTALLED, NAME, check_done

site = pytest.fixture(install_site, name="site")

REPORT = 1500


@dataclass(frozen=True)
class Options:
    prefix: str = ""


@dataclass(frozen=True)
class Ruled:
    rules: DocumentName = DocumentName("rules.list")


class Panic(BaseException):
    """What libraries raise that are written in Rust."""


class Scripted(Processor):
    """Does what a test says, before it reports the object's comments."""

    def __init__(self, script: Callable[[], object], prefix: str) -> None:
        self._script, self._prefix = script, prefix

    def process(self, source: BinaryIO) -> Sequence[Product]:
        self._script()
        return [Product(REPORT, self._prefix.encode() + _comments(source), "text/plain")]


class ByRules(Processor):
    """Reports what a document says."""

    def __init__(self, options: Ruled) -> None:
        self._rules = options.rules.read("list").data

    def process(self, source: BinaryIO) -> Sequence[Product]:
        return [Product(REPORT, self._rules, "text/plain")]


class Script:
    """A plugin with a processor that does what a test says."""

    def __init__(self, script: Callable[[], object] = lambda: None, name: str = "script") -> None:
        self._script, self._name = script, name

    @hookimpl
    def fileroom_processor(self) -> ProcessorPlugin:
        def opened(options: Options) -> Processor:
            return Scripted(self._script, options.prefix)

        return ProcessorPlugin(self._name, Options, opened, "of the test")


class Rules:
    @hookimpl
    def fileroom_processor(self) -> ProcessorPlugin:
        return ProcessorPlugin("rules", Ruled, ByRules, "of the test")


def _comments(source: BinaryIO) -> bytes:
    return str(pydicom.dcmread(source).get("ImageComments", "")).encode()


def opened(folder: Path, *plugins: object, on_store: Sequence[str] = ("script",), **more: Any) -> Archive:
    """Open an archive that works in its own process."""
    processing = {"on_store": [*on_store], "retries": 0}
    return fileroom.open(folder, register=plugins, processing=processing, **more)


def store(archive: Archive, *numbers: int, comments: str = "first") -> None:
    for number in numbers:
        tags = {"ImageComments": comments}
        archive.store(make_instance(sop_uid=f"1.2.{number}", rows=4, columns=4, tags=tags)).check()


def reports(archive: Archive) -> dict[str, bytes]:
    found = archive.find("instance", order_by="SOPInstanceUID")
    return {one.uid: one.attachments[REPORT].read() for one in found if REPORT in one.attachments}


class Gate:
    """Stops a processor until a test has done something."""

    def __init__(self) -> None:
        self.entered, self.open = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.entered.set()
        assert self.open.wait(60)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


# The store path


def test_storing_does_not_wait_for_a_processor_that_hangs(tmp_path: Path, gate: Gate) -> None:
    with opened(tmp_path, Script(gate)) as archive:
        store(archive, *range(20))  # which would never return
        assert gate.entered.wait(60)
        assert archive.on_store.status() == [OnStoreStatus("script", 20, 0, 0)]
        gate.open.set()
        assert archive.on_store.wait()
        assert len(reports(archive)) == 20


def test_an_object_is_stored_though_no_thread_can_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with opened(tmp_path, Script()) as archive:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", fail)
            store(archive, 1)
        assert archive.on_store.status()[0].waiting == 1
        assert archive.on_store.wait()
        assert list(reports(archive)) == ["1.2.1"]


# The end of an archive


def test_when_an_archive_is_closed_nobody_works_any_more_and_the_next_need_not_wait(
    tmp_path: Path, site: Site
) -> None:
    site.install("acme", plugins={NAME: "acme_twin:fileroom_processor"}, modules={"acme_twin": INSTALLED})
    with fileroom.open(tmp_path, processing={"on_store": [NAME]}) as archive:
        (tmp_path / "1.dcm").write_bytes(make_instance(sop_uid="1.2.1"))
        assert archive.ingest(tmp_path / "1.dcm", executor="local").stored == 1
        deadline = time.monotonic() + 60
        while archive.on_store.status()[0].waiting:  # nobody asks for it: the import did
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert archive.on_store.wait()
    assert not [one for one in threading.enumerate() if one.name.startswith("fileroom-on-store")]
    with fileroom.open(tmp_path, processing={"on_store": [NAME]}) as archive:
        details = archive.index.details([ARCHIVE_ID])[0]
        assert details is not None
        assert details.metadata["processing.lease"].value == ""
        check_done(archive, ["1.2.1"])


def test_nothing_is_waited_for_once_nobody_works_any_more(tmp_path: Path) -> None:
    with opened(tmp_path, Script()) as archive:
        archive.on_store.close()
        assert archive.on_store.wait()
        store(archive, 1)
        assert not archive.on_store.wait()


def test_who_is_long_at_an_object_is_not_taken_for_dead(
    tmp_path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fileroom._on_store.notes.LEASE", 0.2)
    with opened(tmp_path, Script(gate)) as archive, opened(tmp_path, Script()) as other:
        store(archive, 1)
        assert gate.entered.wait(60)
        threading.Timer(1.0, gate.open.set).start()
        assert other.on_store.wait()
        assert archive.on_store.wait()
        assert (archive.on_store.done, other.on_store.done) == (1, 0)


# Objects that change meanwhile


def test_an_object_that_is_deleted_while_it_is_processed_leaves_nothing(tmp_path: Path, gate: Gate) -> None:
    with opened(tmp_path, Script(gate)) as archive:
        store(archive, 1, 2)
        assert gate.entered.wait(60)
        found = archive.find("instance").first()
        assert found is not None
        archive.delete(found)
        gate.open.set()
        assert archive.on_store.wait()
        assert list(reports(archive)) == ["1.2.2"]
        assert archive.on_store.status() == [OnStoreStatus("script", 0, 0, 0)]
        assert list(archive.verify()) == []
        archive.sweep(grace=0)
        assert len(list(archive.storage.list())) == archive.statistics().attachments


def test_an_object_that_is_replaced_while_it_is_processed_is_processed_as_it_is_then(
    tmp_path: Path, gate: Gate
) -> None:
    with opened(tmp_path, Script(gate), ingest={"overwrite": "always"}) as archive:
        store(archive, 1)
        assert gate.entered.wait(60)
        store(archive, 1, comments="second")
        gate.open.set()
        assert archive.on_store.wait()
        assert reports(archive) == {"1.2.1": b"second"}
        assert archive.on_store.status() == [OnStoreStatus("script", 0, 0, 0)]


# Processors


@pytest.mark.parametrize("error", [Panic, SystemExit, GeneratorExit, MemoryError])
def test_whatever_a_processor_raises_is_the_failure_of_its_object(
    tmp_path: Path, error: type[BaseException]
) -> None:
    def fail() -> None:
        raise error("Doe^Jane")

    with opened(tmp_path, Script(fail)) as archive:
        store(archive, 1, 2)
        assert archive.on_store.wait()
        (one, other) = [found.metadata["processing.script"] for found in archive.find("instance")]
        assert one == other
        assert one.startswith("failed: the processor failed: ")
        assert "Doe" not in one


def test_what_is_in_the_way_of_one_processor_is_not_in_that_of_another(tmp_path: Path) -> None:
    def fail() -> None:
        raise StorageFullError("no space")

    plugins, names = (Script(fail, "full"), Script()), ("full", "script")
    with opened(tmp_path, *plugins, on_store=names) as archive:
        archive.on_store.close()
        store(archive, 1, 2)
    with opened(tmp_path, *plugins, on_store=names) as archive:
        with pytest.raises(FileroomError, match="no space"):
            archive.on_store.wait()
        assert list(reports(archive)) == ["1.2.1", "1.2.2"]
        assert archive.on_store.status() == [
            OnStoreStatus("full", 2, 0, 0),
            OnStoreStatus("script", 0, 0, 0),
        ]


# Another configuration


def test_another_option_or_name_has_nothing_made_again(tmp_path: Path) -> None:
    with opened(tmp_path, Script()) as archive:
        store(archive, 1)
        assert archive.on_store.wait()
    with opened(tmp_path, Script(name="renamed"), on_store=("renamed",)) as archive:
        assert archive.on_store.wait()
        assert archive.on_store.done == 0
        (one,) = archive.find("instance")
        one.process("renamed", prefix="by hand: ")
        store(archive, 2)
        assert archive.on_store.wait()
        assert reports(archive) == {"1.2.1": b"by hand: first", "1.2.2": b"first"}


def test_a_processor_that_is_named_again_goes_on_where_it_was(tmp_path: Path) -> None:
    with opened(tmp_path, Script()) as archive:
        store(archive, 1)
        assert archive.on_store.wait()
    with opened(tmp_path, on_store=()) as archive:
        store(archive, 2)
    with opened(tmp_path, Script()) as archive:
        assert archive.on_store.status()[0].waiting == 1
        assert archive.on_store.wait()
        assert (archive.on_store.done, len(reports(archive))) == (1, 2)


def test_who_cannot_note_where_to_begin_begins_there_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise CatalogError("busy")

    place = {"backend": "memory"}
    backends: dict[str, Any] = {"index": place, "storage": place}
    memory = Memory()
    with opened(tmp_path, memory, on_store=(), **backends) as archive:
        store(archive, 1)
    with monkeypatch.context() as patch:
        patch.setattr(MemoryIndex, "edit", fail)
        archive = opened(tmp_path, memory, Script(), **backends)
    with archive:
        assert archive.on_store.status() == [OnStoreStatus("script", 0, 0, 0)]
        store(archive, 2)
        assert archive.on_store.wait()
        assert list(reports(archive)) == ["1.2.2"]


def test_where_a_document_is_deleted_that_the_configuration_names_the_queue_waits_for_it(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, Rules(), *KINDS, on_store=("rules",)) as archive:
        archive.documents.insert("rules.list", "list", b"default.list")
        store(archive, 1)
        assert archive.on_store.wait()
        archive.documents.delete("rules.list")
        store(archive, 2)
        with pytest.raises(FileroomError, match=r"no list document 'rules\.list'"):
            archive.on_store.wait()
        assert archive.on_store.status() == [OnStoreStatus("rules", 1, 0, 0)]
    with opened(tmp_path, Rules(), *KINDS, on_store=("rules",)) as archive:
        archive.documents.insert("rules.list", "list", b"")
        assert archive.on_store.wait()
        assert reports(archive) == {"1.2.1": b"default.list", "1.2.2": b""}


# Trying again


def test_a_processor_that_nothing_is_given_to_cannot_be_retried(tmp_path: Path) -> None:
    with opened(tmp_path, Script()) as archive:
        with pytest.raises(InvalidValueError, match=r"names no processor 'scrip': it names script.*mean"):
            archive.on_store.retry("scrip")
        assert archive.on_store.retry("script") == 0
    with opened(tmp_path, on_store=()) as archive:
        with pytest.raises(InvalidValueError, match="it names none"):
            archive.on_store.retry("script")
        assert archive.on_store.retry() == 0


def test_many_are_tried_again_while_some_of_them_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleted_before(archive: Archive, edits: Sequence[Any]) -> object:
        if edits[0].id == ids[250] and archive.index.get([ids[250]])[0]:
            archive.delete([ids[250]])
        return edit(archive, edits)

    with opened(tmp_path, Script()) as archive:
        archive.on_store.close()
        archive.ingest([make_instance(sop_uid=f"1.2.{number}", rows=2, columns=2) for number in range(300)])
        ids = [one.id for one in archive.find("instance")]
        archive.edit([SetMetadata(id_, "processing.script", "failed: ") for id_ in ids])
        edit = Archive.edit
        monkeypatch.setattr(Archive, "edit", deleted_before)
        assert archive.on_store.retry() == 299
        assert archive.on_store.status()[0].retrying == 299
