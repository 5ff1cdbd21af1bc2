"""The cache keeps every promise of a storage, whatever is behind it, and whoever has the bytes first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.memory_storage import MemoryStorage
from fileroom.testing.storage import StorageContract
from fileroom.testing.storage_machine import storage_machine
from fileroom_plugins.storage_cache.storage import CacheStorage
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.plugins.storage_cache.caches import places
from tests.plugins.storage_s3.opening import open_s3
from tests.servers.s3 import S3Server

if TYPE_CHECKING:
    from fileroom.testing.storage_case import OpenStorage

SIZE = 1 << 30
SMALL = 1 << 20
LAYOUT = "{PatientID}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"


class Undisturbed(StorageContract):
    """Without waiting for the disk, which no test of the kit can notice."""

    @pytest.fixture(autouse=True)
    def _no_sync(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(params=[False, True], ids=["through", "back"])
def write_back(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


class TestOverMemory(Undisturbed):
    holds_in_memory = True

    @pytest.fixture
    def open_storage(self, tmp_path: Path, write_back: bool) -> OpenStorage:
        objects: dict[str, tuple[bytes, float]] = {}
        return lambda: CacheStorage(
            lambda: MemoryStorage(objects), tmp_path / "cache", max_bytes=SIZE, write_back=write_back
        )


class TestOverFilesystem(Undisturbed):
    @pytest.fixture(params=[pytest.param(False, marks=pytest.mark.slow), True], ids=["through", "back"])
    def write_back(self, request: pytest.FixtureRequest) -> bool:
        return bool(request.param)

    @pytest.fixture
    def open_storage(self, tmp_path: Path, write_back: bool) -> OpenStorage:
        return lambda: CacheStorage(
            lambda: FilesystemStorage(tmp_path / "objects"),
            tmp_path / "cache",
            max_bytes=SIZE,
            write_back=write_back,
        )


@pytest.mark.slow
class TestOverNames(Undisturbed):
    """Locators that may be given again are not copied."""

    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: CacheStorage(
            lambda: FilesystemStorage(tmp_path / "objects", layout=LAYOUT), tmp_path / "cache", max_bytes=SIZE
        )


@pytest.mark.slow
class TestFull(Undisturbed):
    """In a cache that has no room for what the tests put."""

    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: CacheStorage(
            lambda: FilesystemStorage(tmp_path / "objects"), tmp_path / "cache", max_bytes=SMALL
        )


@pytest.mark.slow
class TestOfTwoMachines(Undisturbed):
    """Every second one that is opened has another folder."""

    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        opened: list[None] = []

        def open_storage() -> CacheStorage:
            opened.append(None)
            return CacheStorage(
                lambda: FilesystemStorage(tmp_path / "objects"),
                tmp_path / f"cache{len(opened) % 2}",
                max_bytes=SIZE,
            )

        return open_storage


@pytest.mark.slow
class TestOverS3(Undisturbed):
    @pytest.fixture
    def open_storage(self, tmp_path: Path, rclone_s3: S3Server, write_back: bool) -> OpenStorage:
        return lambda: CacheStorage(
            lambda: open_s3(rclone_s3, concurrency=2),
            tmp_path / "cache",
            max_bytes=SIZE,
            write_back=write_back,
        )


TestLife = storage_machine(
    lambda folder: CacheStorage(lambda: MemoryStorage(places[folder]), folder / "cache", max_bytes=SIZE)
)
TestWriteBackLife = storage_machine(
    lambda folder: CacheStorage(
        lambda: MemoryStorage(places[folder]), folder / "cache", max_bytes=SIZE, write_back=True
    )
)
TestFullLife = storage_machine(
    lambda folder: CacheStorage(lambda: MemoryStorage(places[folder]), folder / "cache", max_bytes=SMALL)
)
