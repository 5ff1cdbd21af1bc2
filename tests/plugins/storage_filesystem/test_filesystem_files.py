"""What lies in the storage's folder, and what is left alone there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from fileroom.errors import ConfigError, NotFoundError, StorageError
from fileroom.keys import batch_keys
from fileroom.options import build_options
from fileroom.storage import PutItem
from fileroom.testing.storage_case import BrokenSource, content, listed, new_item, new_key
from fileroom_plugins.storage_filesystem import Options, fileroom_storage, unfinished
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage

HOUR = 3_600.0
LAYOUT = "{PatientID}/{SOPInstanceUID}.dcm"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


def folders(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_dir()]


def leave_unfinished(folder: Path, age: float) -> Path:
    """Leave behind what a process that dies while it writes leaves behind."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".{new_key()}.part"
    path.write_bytes(b"half")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_the_plugin_opens_the_storage_from_its_options(tmp_path: Path) -> None:
    plugin = fileroom_storage()
    options = build_options(plugin.options, {"root": "blobs"}, "storage", tmp_path)
    storage = plugin.open(options)
    assert storage.local_path(storage.put(new_key(), b"x").locator).is_relative_to(tmp_path / "blobs")


def test_the_default_root_lies_beside_the_configuration(tmp_path: Path) -> None:
    assert build_options(Options, {}, "storage", tmp_path) == Options(root=tmp_path / "storage")


@pytest.mark.parametrize("threads", [0, -1, 1000])
def test_a_number_of_threads_that_makes_no_sense_is_refused(tmp_path: Path, threads: int) -> None:
    with pytest.raises(ConfigError, match="threads"):
        build_options(Options, {"threads": threads}, "storage", tmp_path)


def test_batches_make_one_folder_each(root: Path) -> None:
    storage = FilesystemStorage(root)
    for _ in range(5):
        storage.put_many([PutItem(key, b"x") for key in batch_keys(40)])
    assert len(listed(storage)) == 200
    assert len(folders(root)) <= 10


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_new_root_is_for_its_owner_only(root: Path) -> None:
    FilesystemStorage(root)
    assert root.stat().st_mode & 0o777 == 0o700


def test_what_others_left_in_the_folder_is_neither_listed_nor_removed(root: Path) -> None:
    storage = FilesystemStorage(root, layout=LAYOUT)
    key = new_key()
    strangers = [
        *(root / name for name in ("notes.txt", "lost+found/x", "ab/readme", "ab/cd/readme", "zz/zz/x")),
        root / "ab" / "cd" / "ABCD0000-0000-4000-8000-000000000000",
        root / "named" / ".DS_Store",
        root / "named" / ".hidden" / "x.dcm",
    ]
    for path in strangers:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"foreign")
    stored = storage.put(key, b"x", {"PatientID": "P", "SOPInstanceUID": "1"})
    assert listed(storage) == {stored.locator: 1}
    assert storage.discard_unfinished(0) == 0
    assert all(path.read_bytes() == b"foreign" for path in strangers)


@pytest.mark.parametrize("where", [".", "ab/cd", "named", "named/P-1/x"])
def test_what_a_dead_process_left_is_invisible_and_discarded_when_old(root: Path, where: str) -> None:
    storage = FilesystemStorage(root, layout=LAYOUT)
    kept = storage.put(new_key(), b"x", {"PatientID": "P-1", "SOPInstanceUID": "1"})
    old, young = leave_unfinished(root / where, 2 * HOUR), leave_unfinished(root / where, 0)
    assert listed(storage) == {kept.locator: 1}
    with pytest.raises(NotFoundError):
        storage.open(f"{where}/{old.name}")
    assert storage.discard_unfinished(HOUR) == 1
    assert (old.exists(), young.exists()) == (False, True)
    assert storage.discard_unfinished(0) == 1
    assert content(storage, kept.locator) == b"x"


def test_a_locator_is_no_way_out_of_the_folder(root: Path) -> None:
    storage = FilesystemStorage(root, layout=LAYOUT)
    stored = storage.put(new_key(), b"x", {"PatientID": "P", "SOPInstanceUID": "1"})
    outside = root.parent / "outside"
    outside.write_bytes(b"safe")
    ways = ["../outside", "named/../../outside", str(outside), f"named/{outside}", "named/P/../../../outside"]
    ways += [f"./{stored.locator}", f"{stored.locator}/", f"named/P/./{Path(stored.locator).name}", "named/P"]
    ways += [stored.locator.replace("/", "//", 1), stored.locator.replace("/", "\\"), stored.locator + "\0"]
    for locator in ways:
        with pytest.raises(NotFoundError):
            storage.open(locator)
        with pytest.raises(NotFoundError):
            storage.local_path(locator)
        assert storage.delete([locator])[0].error is None
    assert outside.read_bytes() == b"safe"
    assert content(storage, stored.locator) == b"x"


def test_a_file_in_place_of_a_folder_is_one_clear_error(root: Path) -> None:
    storage = FilesystemStorage(root)
    keys = batch_keys(3)
    (root / keys[0][:2]).write_bytes(b"in the way")
    with pytest.raises(StorageError, match="a file stands where a folder is needed"):
        storage.put_many([PutItem(key, b"x") for key in keys])


def test_a_folder_in_place_of_an_object_is_no_object(root: Path) -> None:
    storage = FilesystemStorage(root)
    key = new_key()
    (root / key[:2] / key[2:4] / key).mkdir(parents=True)
    for read in (storage.open, storage.stat, storage.local_path):
        with pytest.raises(NotFoundError):
            read(key)
    assert storage.delete([key])[0].error is None
    assert listed(storage) == {}


def test_an_interrupt_in_the_middle_of_a_batch_leaves_nothing(root: Path) -> None:
    storage = FilesystemStorage(root)
    items = [new_item(b"x") for _ in range(20)]

    items[10] = new_item(BrokenSource(KeyboardInterrupt(), 10))
    with pytest.raises(KeyboardInterrupt):
        storage.put_many(items)
    assert listed(storage) == {}


def test_hidden_names_are_gone_when_a_call_returns(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "_UNNAMED", 0)
    storage = FilesystemStorage(root, layout=LAYOUT)
    storage.put_many([new_item(b"x", {"PatientID": "P", "SOPInstanceUID": str(i)}) for i in range(10)])
    with pytest.raises(TypeError):
        storage.put_many([new_item(b"x"), new_item(["no bytes"])])  # type: ignore[list-item]
    assert list(root.rglob("*.part")) == []
