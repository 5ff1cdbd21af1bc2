"""The filesystem storage through random lives, with and without a layout."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.storage_machine import storage_machine
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYOUT = "{PatientID}/{SOPInstanceUID}.dcm"


@pytest.fixture(autouse=True, scope="module")
def _no_sync() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


TestLifeByKey = storage_machine(lambda folder: FilesystemStorage(folder / "objects"))
TestLifeByLayout = storage_machine(lambda folder: FilesystemStorage(folder / "objects", layout=LAYOUT))
