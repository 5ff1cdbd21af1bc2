"""Reading, writing and processing while bytes are moved: nobody need notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from pydicom import dcmread

import fileroom
from fileroom.archive import Archive
from fileroom.moving import move
from fileroom.plugin import Processor, ProcessorPlugin, Product, StoragePlugin, hookimpl
from fileroom.storage import ByteRange, StorageCapabilities
from fileroom.testing.memory_storage import MemoryStorage
from tests.core.host_plugins import NoOptions
from tests.integration.tiered_archives import instance

LARGE = bytes(range(256)) * (20 << 12)
SQL = {"backend": "sql", "path": "hot.sqlite"}
"""A tier whose open files cannot be read on once their object was deleted."""


def open_archive(where: Path, *plugins: object, cold: dict[str, Any] | None = None) -> Archive:
    tiers = {"hot": SQL, "cold": cold or {"backend": "filesystem", "root": "cold"}}
    storage = {"backend": "tiered", "default": "hot", "tiers": tiers}
    settings = {"storage": storage, "content_types": {"report": 1024}}
    return fileroom.open(where, register=plugins, **settings)  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(tmp_path / "archive") as archive:
        archive.store(instance(1, rows=2_000)).check()
        archive.attach(next(iter(archive.find("study"))).id, "report", LARGE)
        yield archive


def report(archive: Archive) -> fileroom.Attachment:
    return next(iter(archive.find("study"))).attachments["report"]


@pytest.mark.parametrize("there", [["cold"], ["cold", "hot", "cold"]])
def test_an_open_file_reads_on_where_it_stands(archive: Archive, there: list[str]) -> None:
    with report(archive).open() as file:
        head = file.read(1 << 20)
        for tier in there:
            assert move(archive, to=tier).moved == 2
        assert head + file.read() == LARGE
        file.seek(-5, 2)
        assert file.read(10) == LARGE[-5:]


def test_an_open_range_reads_on_in_the_range(archive: Archive) -> None:
    with report(archive).open(byte_range=ByteRange(1_000_001, 9_000_000)) as file:
        head = file.read(3)
        move(archive, to="cold")
        assert head + file.read() == LARGE[1_000_001:9_000_000]


def test_a_stream_and_a_dicom_file_go_on(archive: Archive) -> None:
    stream = report(archive).stream(1 << 20)
    pieces = [next(stream)]
    found = archive.find("instance").first()
    assert found is not None
    with found.attachments["dicom"].open() as file:
        file.read(132)
        move(archive, to="cold")
        file.seek(0)
        assert dcmread(file).pixel_array.shape[0] == 2_000
    assert b"".join([*pieces, *stream]) == LARGE


def test_a_file_that_was_deleted_or_replaced_is_not_read_on(archive: Archive) -> None:
    attachment = report(archive)
    with attachment.open() as file, attachment.open() as other:
        file.read(1)
        other.read(1)
        archive.attach(next(iter(archive.find("study"))).id, "report", LARGE[::-1])
        with pytest.raises(fileroom.StorageError):
            file.read()
        next(iter(archive.find("study"))).attachments.detach("report")
        with pytest.raises(fileroom.StorageError):
            other.read()


def test_what_was_read_before_can_be_written_after(archive: Archive) -> None:
    with report(archive).open("r+b") as file:
        file.write(b"new")
        move(archive, to="cold")
        file.seek(15_000_000)
        assert file.read() == LARGE[15_000_000:]
    assert report(archive).read() == b"new" + LARGE[3:]


class Sums(Processor):
    """Counts bytes, and moves everything while it does."""

    meanwhile: Callable[[], object]

    def process(self, source: BinaryIO) -> list[Product]:
        count = len(source.read(10))
        self.meanwhile()
        return [Product("report", str(count + len(source.read())).encode(), "text/plain")]


class Plugin:
    def __init__(self) -> None:
        self.sums = Sums()

    @hookimpl
    def fileroom_processor(self) -> ProcessorPlugin:
        return ProcessorPlugin("sums", NoOptions, lambda _: self.sums, "Counts")


def test_what_is_moved_while_it_is_processed_was_not_replaced(tmp_path: Path) -> None:
    plugin, data = Plugin(), instance(1, rows=2_000)
    with open_archive(tmp_path, plugin) as archive:
        archive.store(data).check()
        plugin.sums.meanwhile = lambda: move(archive, to="cold")
        (done,) = archive.process_many(archive.find("instance"), "sums")
        assert done.reason == ""
        (found,) = archive.find("instance")
        assert found.attachments["report"].read() == str(len(data)).encode()


class Urls(MemoryStorage):
    """A storage in memory whose objects have URLs."""

    capabilities = StorageCapabilities(presigned_url=True)

    def presigned_url(self, locator: str, seconds: int) -> str:
        return f"https://example/{locator}"


class UrlsPlugin:
    @hookimpl
    def fileroom_storage(self) -> StoragePlugin:
        return StoragePlugin("urls", NoOptions, lambda _: Urls(), "Has URLs")


def test_a_url_is_that_of_where_the_bytes_lie_now(tmp_path: Path) -> None:
    with open_archive(tmp_path, UrlsPlugin(), cold={"backend": "urls"}) as archive:
        archive.store(instance(1)).check()
        held = next(iter(archive.find("instance"))).attachments["dicom"]
        with pytest.raises(fileroom.NotSupportedError):
            held.presigned_url()
        move(archive, to="cold")
        key = next(iter(archive.find("instance"))).attachments["dicom"].record.locator.partition(":")[2]
        assert held.presigned_url() == f"https://example/{key}"
