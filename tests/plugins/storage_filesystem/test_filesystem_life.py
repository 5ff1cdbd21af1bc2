"""The filesystem storage through random lives, with and without a layout, and in a storage area of DCMTK."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.storage_machine import storage_machine
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.plugins.storage_filesystem.areas import InstancesOnly, make_area

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
TestLifeInAnArea = storage_machine(lambda folder: FilesystemStorage(make_area(folder / "objects")))
TestLifeFlatInAnArea = storage_machine(lambda folder: InstancesOnly(make_area(folder / "objects")))
