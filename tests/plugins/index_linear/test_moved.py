"""An area that was copied or moved, while its index.dat names the files at their old place."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import fileroom
from fileroom.testing.datasets import make_instance

if TYPE_CHECKING:
    from pathlib import Path

LINEAR = {"backend": "linear", "path": "."}
FILES = {"backend": "filesystem", "root": "."}


def test_files_of_an_area_that_was_moved_without_its_sidecar_are_found_at_their_new_place(
    tmp_path: Path,
) -> None:
    data = make_instance()
    with fileroom.open(tmp_path / "old", index=LINEAR, storage=FILES) as archive:
        id_ = archive.store(data).check().id
    shutil.move(tmp_path / "old", tmp_path / "new")
    (tmp_path / "new" / "fileroom.sidecar").unlink()
    with fileroom.open(tmp_path / "new") as archive:
        (instance,) = archive.find("instance")
        assert (instance.id, instance.attachments["dicom"].read()) == (id_, data)
        assert list(archive.verify()) == []
        assert archive.sweep(grace=0, dry_run=True).orphans == 0


def test_a_file_that_is_where_index_dat_says_is_not_taken_for_one_of_its_name_elsewhere(
    tmp_path: Path,
) -> None:
    data = make_instance()
    with fileroom.open(tmp_path / "old", index=LINEAR, storage=FILES) as archive:
        archive.store(data).check()
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    (tmp_path / "new" / "fileroom.sidecar").unlink()
    with fileroom.open(tmp_path / "new") as archive:
        (instance,) = archive.find("instance")
        (attachment,) = instance.attachments.values()
        assert attachment.record.locator.startswith("external:")
        assert instance.attachments["dicom"].read() == data
