"""A real file system that fills up in the middle of an import."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import fileroom
from fileroom.reports import IngestStoppedError
from fileroom.testing.datasets import Corpus

FILES = 400


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None:
        pytest.skip("no mount program: a small file system cannot be made here")
    command = [mount, "-t", "tmpfs", "-o", "size=4m", "fileroom-test", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for instance in Corpus(FILES, 20_000):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)
    return folder


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("full", ["storage", "index"])
def test_a_full_disk_stops_the_import_with_one_error_and_loses_nothing(
    small_disk: Path, source: Path, tmp_path: Path, full: str, jobs: int
) -> None:
    roots = {name: (small_disk if name == full else tmp_path) / name for name in ("storage", "index")}
    roots["index"].mkdir()
    index = {"backend": "sqlite", "path": str(roots["index"] / "index.sqlite")}
    storage = {"backend": "filesystem", "root": str(roots["storage"])}
    filler = small_disk / "filler"
    if full == "index":
        filler.write_bytes(bytes(3_700_000))
    with fileroom.open(index=index, storage=storage, quarantine={"path": str(tmp_path / "q")}) as archive:
        told: list[str] = []
        with pytest.raises(IngestStoppedError) as stopped:
            archive.ingest([source], jobs=jobs, on_outcome=lambda one: told.append(one.id or ""))
        assert stopped.value.report.stored == len(told)
        assert stopped.value.report.failed == 0
        assert "space" in str(stopped.value)
        assert None not in archive.index.get(told)
        assert list(archive.verify()) == []
    filler.unlink(missing_ok=True)
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    with fileroom.open(index=index, storage=storage, quarantine={"path": str(tmp_path / "q")}) as archive:
        report = archive.ingest([source], jobs=jobs)
        assert report.stored + report.already_stored == FILES
        archive.sweep(grace=0)
        assert list(archive.verify()) == []
        assert len(list(archive.storage.list())) == FILES
