"""The filesystem storage keeps every promise of the contract, with and without a layout."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.storage import StorageContract
from fileroom_plugins.storage_filesystem import unfinished
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage

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
