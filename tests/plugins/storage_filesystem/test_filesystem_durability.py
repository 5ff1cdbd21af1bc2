"""What cannot be seen from outside: bytes are synced before they are visible, names before a call returns."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fileroom.errors import AlreadyExistsError, StorageError
from fileroom.keys import batch_keys
from fileroom.storage import PutItem
from fileroom.testing.storage_case import content, listed, new_item, new_key
from fileroom_plugins.storage_filesystem import unfinished
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.plugins.storage_filesystem.areas import INSTANCE, make_area

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name == "nt", reason="folders cannot be synced on Windows")

LAYOUT = "{PatientID}/{SOPInstanceUID}.dcm"
WAYS = ("unnamed file and link", "hidden name and link", "hidden name and rename")


class Recorder:
    """Writes down, in order, what is synced and what gets its name: by inode, since names come and go."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[str, int, int]] = []
        fsync, link, rename = os.fsync, os.link, Path.rename

        def recording_fsync(handle: int) -> None:
            fsync(handle)
            status = os.fstat(handle)
            kind = "folder" if stat.S_ISDIR(status.st_mode) else "file"
            self.events.append((kind, status.st_ino, status.st_size))

        def recording_link(source: str, target: Path, **options: Any) -> None:
            link(source, target, **options)
            self.note_name(target)

        def recording_rename(source: Path, target: Path) -> Path:
            self.note_name(source)
            return rename(source, target)

        patch.setattr(os, "fsync", recording_fsync)
        patch.setattr(os, "link", recording_link)
        patch.setattr(Path, "rename", recording_rename)

    def note_name(self, path: Path) -> None:
        self.events.append(("name", path.stat().st_ino, path.stat().st_size))

    def synced_folders(self) -> list[int]:
        return [inode for kind, inode, _ in self.events if kind == "folder"]


def use(way: str, patch: pytest.MonkeyPatch) -> None:
    if way != "unnamed file and link":
        patch.setattr(unfinished, "_UNNAMED", 0)
    elif not unfinished.unnamed_files_work(Path.cwd()):
        pytest.skip("this system has no unnamed files")
    if way == "hidden name and rename":

        def no_links(*args: object, **options: object) -> None:
            raise OSError(errno.EPERM, "this file system has no hard links")

        patch.setattr(os, "link", no_links)


def inode(path: Path) -> int:
    return path.stat().st_ino


@pytest.mark.parametrize(
    ("layout", "area"),
    [(None, False), (LAYOUT, False), (None, True)],
    ids=["by key", "by layout", "in an area"],
)
@pytest.mark.parametrize("way", WAYS)
def test_bytes_are_synced_before_names_and_folders_last(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    layout: str | None,
    area: bool,
) -> None:
    use(way, monkeypatch)
    if area:
        make_area(tmp_path / "objects")
    storage = FilesystemStorage(tmp_path / "objects", layout=layout)
    recorder = Recorder(monkeypatch)
    items = [new_item(bytes(100 + i), {"PatientID": f"P{i % 3}", "SOPInstanceUID": f"{i}"}) for i in range(9)]
    stored = storage.put_many(items)
    events = recorder.events
    last_name = max(i for i, (kind, _, _) in enumerate(events) if kind == "name")
    folders_after = {one for kind, one, _ in events[last_name:] if kind == "folder"}
    for one in stored:
        path = storage.local_path(one.locator)
        named = events.index(("name", inode(path), one.size))
        assert ("file", inode(path), one.size) in events[:named], (
            "a name was given before the bytes were synced"
        )
        above = path.parents[: path.parents.index(tmp_path / "objects") + 1]
        assert {inode(folder) for folder in above} <= folders_after, "a folder was not synced after the names"


@pytest.mark.parametrize("way", WAYS)
def test_no_way_to_publish_replaces_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    use(way, monkeypatch)
    storage = FilesystemStorage(tmp_path / "objects", layout=LAYOUT)
    naming = {"PatientID": "P", "SOPInstanceUID": "1"}
    stored = storage.put_many([new_item(str(i).encode(), naming) for i in range(10)])
    assert [content(storage, one.locator) for one in stored] == [str(i).encode() for i in range(10)]


def test_a_batch_syncs_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FilesystemStorage(tmp_path / "objects")
    first, *keys = batch_keys(20)
    storage.put(first, b"makes the folder")
    recorder = Recorder(monkeypatch)
    stored = storage.put_many([PutItem(key, b"x") for key in keys])
    assert recorder.synced_folders() == [inode(storage.local_path(stored[0].locator).parent)]


def test_a_batch_in_an_area_syncs_the_area_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    area = make_area(tmp_path / "area")
    storage = FilesystemStorage(area)
    recorder = Recorder(monkeypatch)
    storage.put_many([new_item(b"x", INSTANCE) for _ in range(20)])
    storage.put_many([new_item(b"x", INSTANCE) for _ in range(20)])
    assert recorder.synced_folders() == [inode(area)] * 2


@pytest.mark.parametrize("way", WAYS)
def test_no_way_to_publish_replaces_a_file_in_an_area(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    use(way, monkeypatch)
    storage = FilesystemStorage(make_area(tmp_path / "area"))
    key = new_key()
    stored = storage.put(key, b"first", INSTANCE)
    with pytest.raises(AlreadyExistsError):
        storage.put(key, b"second", INSTANCE)
    assert content(storage, stored.locator) == b"first"


def test_a_folder_that_somebody_else_has_just_made_is_made_durable_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = batch_keys(2)
    FilesystemStorage(tmp_path / "objects").put(keys[0], b"x")
    storage = FilesystemStorage(tmp_path / "objects")
    recorder = Recorder(monkeypatch)
    folder = storage.local_path(storage.put(keys[1], b"x").locator).parent
    assert set(recorder.synced_folders()) == {
        inode(each) for each in (folder, folder.parent, tmp_path / "objects")
    }


def test_a_new_root_is_made_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch)
    FilesystemStorage(tmp_path / "new" / "objects")
    above = [tmp_path / "new" / "objects", tmp_path / "new", tmp_path]
    assert {inode(folder) for folder in above} <= set(recorder.synced_folders())


def failing_fsync(is_culprit: Callable[[int], bool], number: int) -> Callable[[int], None]:
    def fsync(handle: int) -> None:
        if is_culprit(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))

    return fsync


@pytest.mark.parametrize("culprit", [stat.S_ISREG, stat.S_ISDIR], ids=["file", "folder"])
def test_what_cannot_be_made_durable_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, culprit: Callable[[int], bool]
) -> None:
    storage = FilesystemStorage(tmp_path / "objects")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing_fsync(culprit, errno.EIO))
        with pytest.raises(StorageError, match="cannot write"):
            storage.put_many([new_item(b"x") for _ in range(5)])
    assert listed(storage) == {}
    assert list((tmp_path / "objects").rglob("*/*/*")) == []


def test_a_file_system_that_cannot_sync_folders_is_good_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", failing_fsync(stat.S_ISDIR, errno.EINVAL))
    storage = FilesystemStorage(tmp_path / "objects")
    assert content(storage, storage.put(new_key(), b"x").locator) == b"x"
