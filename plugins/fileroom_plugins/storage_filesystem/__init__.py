"""Objects as ordinary files beneath one folder: the default storage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom.plugin import StoragePlugin, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import Storage

_MOST_THREADS = 64


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[storage]`` with ``backend = "filesystem"``.

    Attributes:
        root: the folder that holds everything. It is made, readable by its owner only, if it is not there.
        layout: None names files by random keys, in folders of their first digits. A template such as
            ``{PatientID}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm`` names them by DICOM
            attributes and ``{key}``, beneath the folder ``named``. **File names then hold patients' values**,
            which backups, logs and file managers show; without a layout no file name tells anything. What
            is stored stays where it is when the layout changes or goes; only new objects lie elsewhere.
            In a storage area of DCMTK (with ``index.dat``), None names new instances as ``dcmqrscp`` does.
        threads: how many files one call writes at the same time, 1 to 64. Waiting for the disk overlaps.

    Raises:
        ValueError: ``threads`` is out of range.
    """

    root: Path = Path("storage")
    layout: str | None = None
    threads: int = 8

    def __post_init__(self) -> None:
        """Refuse numbers of threads that make no sense."""
        if not 1 <= self.threads <= _MOST_THREADS:
            raise ValueError(f"threads: expected a number from 1 to {_MOST_THREADS}, not {self.threads}")

    @property
    def place(self) -> Path:
        """The folder: whatever else changes, objects lie there."""
        return self.root


def _open(options: Options) -> Storage:
    from fileroom_plugins.storage_filesystem.storage import FilesystemStorage  # noqa: PLC0415 - when needed

    return FilesystemStorage(options.root, layout=options.layout, threads=options.threads)


@hookimpl
def fileroom_storage() -> StoragePlugin:
    """Offer the storage."""
    return StoragePlugin("filesystem", Options, _open, "Ordinary files beneath one folder")
