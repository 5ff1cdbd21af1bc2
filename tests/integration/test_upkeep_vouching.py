"""Sweep and rebuild, where the index has lost a part of what it knew."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import fileroom
from fileroom.external import ExternalFiles
from fileroom.plugin import IndexPlugin, hookimpl
from fileroom.testing.datasets import make_instance
from fileroom.testing.memory_index import MemoryIndex

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.archive import Archive
    from fileroom.plugin import TagSet

KEY = "3f2a9c1e-0000-4000-8000-00000000000{}"


class TakenOver(MemoryIndex):
    """An index that may have been made of what another program's files showed."""

    vouched = False

    def vouches(self) -> bool:
        return self.vouched

    def vouch(self) -> None:
        self.vouched = True


@dataclass(frozen=True)
class _Options:
    pass


class _Plugin:
    @hookimpl
    def fileroom_index(self) -> IndexPlugin:
        return IndexPlugin("taken-over", _Options, self.open, "An index that lost a part")

    def open(self, _: _Options, tags: TagSet) -> TakenOver:
        return TakenOver(tags)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that knows one instance, and has lost what it knew of a second one."""
    archive = fileroom.open(tmp_path / "a", index={"backend": "taken-over"}, register=[_Plugin()])
    archive.store(make_instance(instance_number=1)).check()
    archive.storage.put(KEY.format(1), make_instance(instance_number=2))
    return archive


def test_what_the_index_lost_is_not_swept_and_a_rebuild_takes_it_in(archive: Archive) -> None:
    with pytest.raises(fileroom.CatalogError, match="fileroom rebuild"):
        archive.sweep(grace=0)
    assert archive.sweep(grace=0, dry_run=True).orphans == 1
    report = archive.rebuild()
    assert (report.refreshed, report.adopted, report.unreadable) == (1, 1, 0)
    archive.storage.put(KEY.format(2), b"an orphan")
    assert archive.sweep(grace=0).deleted == 1
    assert archive.statistics().instances == 2
    assert list(archive.verify()) == []


def test_a_rebuild_that_takes_nothing_in_vouches_for_nothing(archive: Archive) -> None:
    assert archive.rebuild(adopt=False).adopted == 0
    with pytest.raises(fileroom.CatalogError, match="fileroom rebuild"):
        archive.sweep(grace=0)


def test_a_rebuild_that_could_not_read_something_vouches_for_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = ExternalFiles.open

    def failing(storage: ExternalFiles, locator: str, *arguments: object) -> object:
        if locator == KEY.format(1):
            raise fileroom.StorageError("the disk does not answer")
        return really_open(storage, locator, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(ExternalFiles, "open", failing)
        report = archive.rebuild()
    assert (report.refreshed, report.adopted, report.unreadable) == (1, 0, 1)
    with pytest.raises(fileroom.CatalogError, match="fileroom rebuild"):
        archive.sweep(grace=0)
    assert archive.rebuild().adopted == 1
    assert archive.sweep(grace=0).orphans == 0


def test_what_the_index_knows_gives_way_to_nothing_that_it_lost(archive: Archive) -> None:
    archive.storage.put(KEY.format(3), make_instance(instance_number=1, rows=8))
    archive.rebuild()
    (known,) = archive.find("instance", InstanceNumber="1")
    assert known.dataset().Rows == 64


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege")
@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "link to the folder"])
def test_a_stored_file_that_is_registered_under_another_name_is_no_orphan(tmp_path: Path, kind: str) -> None:
    with fileroom.open(tmp_path / "a") as archive:
        archive.store(make_instance(instance_number=1)).check()
        locator = archive.storage.put(KEY.format(1), make_instance(instance_number=2)).locator
        archive.storage.put(KEY.format(2), b"an orphan")
        file = archive.storage.local_path(locator)
        other = tmp_path / "other.dcm"
        if kind == "symbolic link":
            other.symlink_to(file)
        elif kind == "hard link":
            other.hardlink_to(file)
        else:
            (tmp_path / "linked").symlink_to(file.parent)
            other = tmp_path / "linked" / file.name
        assert archive.register([other]).stored == 1
        report = archive.sweep(grace=0)
        assert (report.orphans, report.deleted, report.foreign) == (1, 1, 0)
        assert list(archive.verify()) == []
        assert archive.storage.stat(locator).size == file.stat().st_size


def test_two_orphans_that_are_one_file_are_both_swept(tmp_path: Path) -> None:
    original = tmp_path / "original.dcm"
    original.write_bytes(make_instance())
    with fileroom.open(tmp_path / "a") as archive:
        archive.register([original])
        first, second = (archive.storage.put(KEY.format(one), b"an orphan").locator for one in (1, 2))
        path = archive.storage.local_path(second)
        path.unlink()
        path.hardlink_to(archive.storage.local_path(first))
        assert archive.sweep(grace=0).deleted == 2
