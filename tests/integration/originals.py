"""Archives that register files, and the files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fileroom
from fileroom.config import AREA
from fileroom.reports import IN_ARCHIVE
from fileroom.testing.datasets import Corpus, make_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from fileroom.archive import Archive
    from fileroom.reports import IngestReport

INDEXES = ["sqlite", "linear"] if os.name != "nt" else ["sqlite"]
PATIENT = "Roe^Pseudonymous"


def open_archive(where: Path, index: str, **tables: Any) -> Archive:
    """Open an archive on one of `INDEXES`; a linear one is a storage area, files and index in one folder."""
    area: dict[str, Any] = dict(AREA) if index == "linear" else {}
    return fileroom.open(where, **{"content_types": {"report": 1024}, **area, **tables})


def any_archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    """Yield an archive on the index that the fixture is parametrised with."""
    with open_archive(tmp_path / "archive", request.param) as archive:
        yield archive


def three_files(tmp_path: Path) -> Path:
    """Return a folder with three instances of one series, 0.dcm to 2.dcm."""
    folder = tmp_path / "originals"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.dcm").write_bytes(instance(number))
    return folder


def write_corpus(folder: Path, count: int) -> Path:
    """Write so many instances into folders."""
    for one in Corpus(count, 4000):
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.data)
    return folder


def instance(number: int = 0, rows: int = 16, **arguments: Any) -> bytes:
    """Return one instance of the series."""
    return make_instance(instance_number=number + 1, rows=rows, tags={"PatientName": PATIENT}, **arguments)


def snapshot(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Return what must not change about the files beneath a folder: name, bytes, inode, time of change."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def locators(archive: Archive) -> list[str]:
    """Return where the DICOM files of all instances are."""
    return [record.locator for _, record in archive.index.attachments() if record.content_type == 1]


def ids(archive: Archive) -> list[str]:
    """Return the ids of all instances."""
    return [one.id for one in archive.find("instance")]


def refused(report: IngestReport) -> dict[str, str]:
    """Return why files are not in the archive, by their names."""
    return {Path(one.name).name: one.reason for one in report if one.status not in IN_ARCHIVE}
