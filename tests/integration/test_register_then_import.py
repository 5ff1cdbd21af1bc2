"""Importing what was registered where it lies: the archive gets a copy of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import fileroom
from fileroom.storage import is_external
from fileroom.testing.datasets import make_instance

if TYPE_CHECKING:
    from pathlib import Path

PAIRS = {
    "sqlite": {"index": {"backend": "sqlite"}, "storage": {"backend": "filesystem"}},
    "linear": {
        "index": {"backend": "linear", "path": "."},
        "storage": {"backend": "filesystem", "root": "."},
    },
}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_import_of_registered_files_copies_them_once(tmp_path: Path, pair: str, jobs: int) -> None:
    originals = tmp_path / "originals"
    originals.mkdir()
    contents = [make_instance(instance_number=number) for number in range(3)]
    for number, data in enumerate(contents):
        (originals / f"{number}.dcm").write_bytes(data)
    tables = PAIRS[pair]
    with fileroom.open(tmp_path / "archive", index=tables["index"], storage=tables["storage"]) as archive:
        assert archive.register([originals]).stored == 3
        assert archive.register([originals]).already_stored == 3
        assert archive.ingest([originals], jobs=jobs).replaced == 3
        assert archive.ingest([originals], jobs=jobs).already_stored == 3
        assert archive.register([originals]).already_stored == 3
        for path in originals.iterdir():
            path.unlink()
        found = [instance.attachments["dicom"] for instance in archive.find("instance")]
        assert not any(is_external(one.record.locator) for one in found)
        assert sorted(one.read() for one in found) == sorted(contents)
        assert list(archive.verify()) == []


def test_an_import_of_other_bytes_than_were_registered_is_a_conflict(tmp_path: Path) -> None:
    path = tmp_path / "original.dcm"
    path.write_bytes(make_instance())
    with fileroom.open(tmp_path / "archive") as archive:
        archive.register([path])
        outcome = archive.store(make_instance(tags={"ImageComments": "edited"}))
        assert outcome.status.value == "conflict"
        assert path.exists()
