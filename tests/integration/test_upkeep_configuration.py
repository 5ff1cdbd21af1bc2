"""Sweeping with a configuration that is not the one with which the objects were stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.testing.datasets import make_instance

PLAIN = {"backend": "filesystem", "root": "objects"}
NAMED = {**PLAIN, "layout": "{PatientID}/{SOPInstanceUID}.dcm"}
KEY = "3f2a9c1e-0000-4000-8000-00000000000{}"


def tiers(name: str, objects: dict[str, Any] = PLAIN, **more: str) -> dict[str, Any]:
    """Return a storage whose tier of this name has the objects, beside an empty one."""
    other = {"backend": "filesystem", "root": "other"}
    return {"backend": "tiered", "default": name, "tiers": {name: objects, "other": other}, **more}


def open_archive(where: Path, storage: dict[str, Any]) -> Archive:
    return fileroom.open(where, storage=storage)


def filled(where: Path, storage: dict[str, Any]) -> None:
    with open_archive(where, storage) as archive:
        for number in range(3):
            archive.store(make_instance(instance_number=number)).check()
        next(iter(archive.find("series"))).attach(1024, b"report")


CHANGES = [
    pytest.param(tiers("images"), tiers("disk"), id="tier renamed"),
    pytest.param(tiers("images", NAMED), tiers("disk", NAMED), id="tier with a layout renamed"),
    pytest.param(PLAIN, tiers("images"), id="original forgotten"),
    pytest.param(NAMED, tiers("images", NAMED), id="original with a layout forgotten"),
    pytest.param(tiers("images"), tiers("images", original="images"), id="original added"),
    pytest.param(tiers("images", original="images"), tiers("images"), id="original taken away"),
    pytest.param(tiers("images"), PLAIN, id="tiers taken away"),
]


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_what_rows_name_by_another_configuration_is_not_swept(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], dry_run: bool
) -> None:
    filled(tmp_path, before)
    with open_archive(tmp_path, after) as archive:
        assert {one.problem for one in archive.verify()} == {"missing"}
        with pytest.raises(fileroom.ConfigError, match="nothing was swept") as refused:
            archive.sweep(grace=0, dry_run=dry_run)
        assert "4 stored objects" in str(refused.value)
    with open_archive(tmp_path, before) as archive:
        assert list(archive.verify()) == []
        archive.storage.put(KEY.format(1), b"nobody's")
        assert archive.sweep(grace=0).deleted == 1


def test_objects_of_another_archive_are_not_swept(tmp_path: Path) -> None:
    for name in ("one", "other"):
        filled(tmp_path / name, PLAIN)
    (tmp_path / "other" / "objects").replace(tmp_path / "one" / "theirs")
    with open_archive(tmp_path / "one", {**PLAIN, "root": "theirs"}) as archive:
        with pytest.raises(fileroom.ConfigError, match="none of the objects that the index knows is there"):
            archive.sweep(grace=0)
        assert len(list(archive.storage.list())) == 4


def test_objects_of_another_archive_in_one_of_the_tiers_are_not_swept(tmp_path: Path) -> None:
    storage = tiers("images") | {"rules": [{"to": "other", "content_types": [1024]}]}
    filled(tmp_path / "one", storage)
    filled(tmp_path / "two", storage)
    (tmp_path / "one" / "other").rename(tmp_path / "gone")
    (tmp_path / "two" / "objects").replace(tmp_path / "one" / "other")
    with open_archive(tmp_path / "one", storage) as archive:
        with pytest.raises(fileroom.ConfigError, match="the tier 'other'"):
            archive.sweep(grace=0)
        assert len(list(archive.storage.list())) == 6


def test_what_is_lost_does_not_keep_orphans_from_being_swept(tmp_path: Path) -> None:
    filled(tmp_path, tiers("images"))
    with open_archive(tmp_path, tiers("images")) as archive:
        lost = archive.find("instance").first()
        assert lost is not None
        archive.storage.delete([lost.attachments["dicom"].record.locator])
        archive.storage.put(KEY.format(1), b"nobody's")
        assert archive.sweep(grace=0).deleted == 1


@pytest.mark.parametrize("lost", [False, True])
def test_an_orphan_of_the_name_of_what_was_moved_goes_unless_that_is_lost(tmp_path: Path, lost: bool) -> None:
    storage = tiers("images", NAMED)
    storage["tiers"]["other"] = {**NAMED, "root": "other"}
    filled(tmp_path, storage)
    with open_archive(tmp_path, storage) as archive:
        instance = archive.find("instance").first()
        assert instance is not None
        locator = instance.attachments["dicom"].record.locator
        other = tmp_path / "other" / locator.partition(":")[2]
        other.parent.mkdir(parents=True)
        other.write_bytes(b"as a death before the deletion leaves it")
        if lost:
            archive.storage.delete([locator])
            with pytest.raises(fileroom.ConfigError, match="1 stored object"):
                archive.sweep(grace=0)
        else:
            assert archive.sweep(grace=0).deleted == 1
