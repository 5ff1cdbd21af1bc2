"""The filesystem storage keeps every promise: with and without a layout, and in a storage area of DCMTK."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.storage import StorageContract
from fileroom_plugins.storage_filesystem import unfinished
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.plugins.storage_filesystem.areas import InstancesOnly, make_area

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.testing.storage_case import OpenStorage

LAYOUT = "{PatientID}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"


class Undisturbed(StorageContract):
    """Without waiting for the disk, which no test of the kit can notice."""

    @pytest.fixture(autouse=True)
    def _no_sync(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "fsync", lambda _: None)


class TestByKey(Undisturbed):
    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: FilesystemStorage(tmp_path / "objects")


class TestByLayout(Undisturbed):
    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: FilesystemStorage(tmp_path / "objects", layout=LAYOUT)


class TestByLayoutWithHiddenNames(Undisturbed):
    """As on systems where a file cannot be written before it has a name."""

    @pytest.fixture
    def open_storage(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenStorage:
        monkeypatch.setattr(unfinished, "_UNNAMED", 0)
        return lambda: FilesystemStorage(tmp_path / "objects", layout=LAYOUT)


class TestInAnArea(Undisturbed):
    """As an index of instances and their attachments puts them: some flat, some by key."""

    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: FilesystemStorage(make_area(tmp_path / "objects"))


class TestFlatInAnArea(Undisturbed):
    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: InstancesOnly(make_area(tmp_path / "objects"))


class TestFlatInAnAreaWithHiddenNames(Undisturbed):
    @pytest.fixture
    def open_storage(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenStorage:
        monkeypatch.setattr(unfinished, "_UNNAMED", 0)
        return lambda: InstancesOnly(make_area(tmp_path / "objects"))
