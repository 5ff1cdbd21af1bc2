"""Archives whose ``[ingest] digest`` was changed: what is the same stays the same."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import fileroom
from fileroom.events import Replace
from fileroom.plugin import hookimpl
from fileroom.testing.datasets import make_instance
from tests.integration.originals import INDEXES, open_archive, three_files

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.plugin import Incoming

GOLDEN = Path(__file__).parents[1] / "data" / "indexdat" / "one"
OLD: dict[str, Any] = {"ingest": {"digest": "md5"}}


def new(**ingest: Any) -> dict[str, Any]:
    return {"ingest": {"digest": "sha256", **ingest}}


def algorithms(archive: Archive) -> set[str]:
    return {record.digest.partition(":")[0] for _, record in archive.index.attachments()}


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("overwrite", ["never", "if-changed"])
def test_an_import_copies_what_was_registered_with_another_algorithm(
    tmp_path: Path, index: str, jobs: int, overwrite: str
) -> None:
    originals = three_files(tmp_path)
    with open_archive(tmp_path / "archive", index, **OLD) as archive:
        assert archive.register([originals]).stored == 3
    with open_archive(tmp_path / "archive", index, **new(overwrite=overwrite)) as archive:
        assert archive.ingest([originals], jobs=jobs).replaced == 3
        assert archive.ingest([originals], jobs=jobs).already_stored == 3
        assert archive.register([originals]).already_stored == 3
        assert algorithms(archive) == {"md5"}
        assert list(archive.verify()) == []
        for path in originals.iterdir():
            path.unlink()
        assert all(instance.dataset().Rows == 16 for instance in archive.find("instance"))
        assert archive.sweep(grace=0).orphans == 0


@pytest.mark.parametrize("overwrite", ["never", "if-changed"])
def test_other_bytes_than_were_registered_are_told_by_any_algorithm(tmp_path: Path, overwrite: str) -> None:
    original = tmp_path / "original.dcm"
    original.write_bytes(make_instance(rows=16))
    with fileroom.open(tmp_path / "archive", **OLD) as archive:
        assert archive.register([original]).stored == 1
    with fileroom.open(tmp_path / "archive", **new(overwrite=overwrite)) as archive:
        status = archive.store(make_instance(rows=8)).status
        assert status == ("conflict" if overwrite == "never" else "replaced")
        assert algorithms(archive) == {"md5" if overwrite == "never" else "sha256"}


@pytest.mark.parametrize("overwrite", ["never", "if-changed"])
def test_what_an_intervention_makes_again_is_already_stored(tmp_path: Path, overwrite: str) -> None:
    made = make_instance(rows=8)

    class Shrinking:
        @hookimpl
        def fileroom_before_store(self, incoming: Incoming) -> Replace:
            del incoming
            return Replace(made)

    with fileroom.open(tmp_path / "archive", register=[Shrinking()], **OLD) as archive:
        assert archive.store(make_instance(rows=16)).status == "stored"
    with fileroom.open(tmp_path / "archive", register=[Shrinking()], **new(overwrite=overwrite)) as archive:
        assert archive.store(make_instance(rows=16)).status == "already_stored"
        assert len(list(archive.storage.list())) == 1


@pytest.mark.skipif(os.name == "nt", reason="the linear index needs flock")
def test_an_import_copies_what_dcmqridx_registered(tmp_path: Path) -> None:
    area = shutil.copytree(GOLDEN, tmp_path / "area")
    with open_archive(area, "linear", **new()) as archive:
        data = (area / "a.dcm").read_bytes()
        assert archive.store(data).status == "replaced"
        assert archive.store(data).status == "already_stored"
        (area / "a.dcm").unlink()
        assert list(archive.verify()) == []
