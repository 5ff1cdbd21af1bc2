"""Storage areas of DCMTK to try the storage in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom_plugins.storage_filesystem.storage import FilesystemStorage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fileroom.storage import PutItem, StorageCapabilities, Stored

INSTANCE = {"Modality": "CT", "PatientID": "P"}
DCMTKS = ("CT_6b022bd32310fe09.dcm", "SRt_6b022bd3717d9872.dcm", "XX_6b022bd3.dcm")


def make_area(folder: Path) -> Path:
    """Make a folder a storage area, as far as a storage looks at it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.dat").write_bytes(b"QRDB05")
    return folder


class InstancesOnly(FilesystemStorage):
    """A storage that takes all it is given for an instance, so that all of it lies flat in an area."""

    @property
    def capabilities(self) -> StorageCapabilities:  # type: ignore[override]  # as the storage's own
        return replace(super().capabilities, key_locators=False)  # nothing is without a name

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return super().put_many([replace(item, naming={**INSTANCE, **item.naming}) for item in items])
