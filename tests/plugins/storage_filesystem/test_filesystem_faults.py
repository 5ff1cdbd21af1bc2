"""Full, read-only, forbidden, gone: one clear error, and nothing half-visible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import StorageError, StorageFullError
from fileroom.storage import ByteRange
from fileroom.testing.storage_case import content, listed, new_item, new_key, sample
from fileroom_plugins.storage_filesystem import unfinished
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.plugins.storage_filesystem.areas import DCMTKS, INSTANCE, make_area

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.storage import Stored

NOBODY = 65_534
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")


def mount(*arguments: str) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting takes root on Linux")
    run = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    if run.returncode != 0:
        pytest.skip(f"cannot mount here: {run.stderr.decode().strip()}")


@pytest.fixture(params=["unnamed", "hidden"])
def small_disk(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A file system of 1 MiB, written to in both ways."""
    if request.param == "hidden":
        monkeypatch.setattr(unfinished, "_UNNAMED", 0)
    disk = tmp_path / "disk"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "fileroom-test", str(disk))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="fileroom-public-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Go on as nobody, to whom permissions apply, unless we are an ordinary user anyway."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def files(root: Path) -> list[Path]:
    return [
        path
        for path in root.rglob("*")
        if path.is_file() and path.name not in (".fileroom-storage", "index.dat")
    ]


def fill(storage: FilesystemStorage, stored: list[Stored]) -> None:
    while True:
        stored += storage.put_many([new_item(sample(20_000), {"PatientID": "P"}) for _ in range(7)])


@pytest.mark.parametrize("layout", [None, "{PatientID}.dcm", "an area's"])
def test_a_full_disk_keeps_what_was_stored_and_nothing_else(small_disk: Path, layout: str | None) -> None:
    if layout == "an area's":
        make_area(small_disk / "objects")
        layout = None
    storage = FilesystemStorage(small_disk / "objects", layout=layout)
    stored: list[Stored] = []
    with pytest.raises(StorageFullError, match="no space left"):
        fill(storage, stored)
    assert stored
    assert listed(storage) == {one.locator: one.size for one in stored}
    assert len(files(small_disk)) == len(stored)
    for one in stored:
        assert content(storage, one.locator) == sample(20_000)
    storage.delete([one.locator for one in stored[:7]])
    assert len(storage.put_many([new_item(sample(20_000)) for _ in range(7)])) == 7


def test_an_object_larger_than_the_disk_leaves_nothing(small_disk: Path) -> None:
    storage = FilesystemStorage(small_disk / "objects")
    with pytest.raises(StorageFullError):
        storage.put(new_key(), (bytes(1 << 16) for _ in range(100)))
    assert files(small_disk) == []


@posix
def test_a_limit_to_the_size_of_files_leaves_nothing(tmp_path: Path) -> None:
    code = """
import resource, sys
from pathlib import Path
from fileroom.errors import StorageFullError
from fileroom.testing.storage_case import listed, new_item
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
storage = FilesystemStorage(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    storage.put_many([new_item(bytes(50_000)), new_item(bytes(200_000))])
except StorageFullError:
    assert listed(storage) == {}
    print(len(storage.put_many([new_item(bytes(50_000))])))
"""
    run = subprocess.run([sys.executable, "-c", code, tmp_path / "objects"], capture_output=True, check=False)
    assert (run.stdout, run.stderr) == (b"1\n", b"")
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("area", [False, True])
@pytest.mark.parametrize("unnamed", ["O_TMPFILE", "0"])
def test_a_process_that_dies_leaves_whole_objects_only(tmp_path: Path, unnamed: str, area: bool) -> None:
    if area:
        make_area(tmp_path / "objects")
    code = f"""
import os, sys
from pathlib import Path
from fileroom.testing.storage_case import new_item, sample
from fileroom_plugins.storage_filesystem import unfinished
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
unfinished._UNNAMED = getattr(os, "{unnamed}", 0)
def deadly():
    yield sample(10_000)
    os._exit(7)
storage = FilesystemStorage(Path(sys.argv[1]), threads=3)
naming = {{"Modality": "CT"}}
storage.put_many([new_item(sample(30_000), naming) for _ in range(150)] + [new_item(deadly(), naming)])
"""
    root = tmp_path / "objects"
    assert subprocess.run([sys.executable, "-c", code, root], check=False).returncode == 7
    storage = FilesystemStorage(root)
    found = listed(storage)
    assert found
    assert all(locator.startswith("CT_") == area for locator in found)
    assert all(content(storage, locator) == sample(30_000) for locator in found)
    storage.discard_unfinished(0)
    assert len(files(root)) == len(found)


def assert_readable_but_closed(storage: FilesystemStorage, locator: str) -> None:
    with pytest.raises(StorageError, match="read-only or no permission"):
        storage.put_many([new_item(b"x") for _ in range(3)])
    assert content(storage, locator) == b"kept"
    (deletion,) = storage.delete([locator])
    assert isinstance(deletion.error, StorageError)
    assert "read-only or no permission" in str(deletion.error)
    assert listed(storage) == {locator: 4}


def test_a_read_only_file_system_can_be_read(tmp_path: Path) -> None:
    root = tmp_path / "objects"
    locator = FilesystemStorage(root).put(new_key(), b"kept").locator
    mount("--bind", str(root), str(root))
    try:
        mount("-o", "remount,ro,bind", str(root))
        assert_readable_but_closed(FilesystemStorage(root), locator)
    finally:
        subprocess.run(["umount", str(root)], check=True)


@posix
def test_a_folder_without_permission_to_write_can_be_read(public_folder: Path) -> None:
    root = public_folder / "objects"
    locator = FilesystemStorage(root).put(new_key(), b"kept").locator
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    with unprivileged():
        assert_readable_but_closed(FilesystemStorage(root), locator)
    for folder in folders:
        folder.chmod(0o755)


@posix
def test_an_area_that_others_keep_can_be_read_without_leave_to_write(public_folder: Path) -> None:
    area = make_area(public_folder / "area")
    (area / DCMTKS[0]).write_bytes(b"kept")
    area.chmod(0o555)
    with unprivileged():
        storage = FilesystemStorage(area)
        assert_readable_but_closed(storage, DCMTKS[0])
        with pytest.raises(StorageError, match="read-only or no permission"):
            storage.put(new_key(), b"x", INSTANCE)
    assert {path.name for path in area.iterdir()} == {"index.dat", DCMTKS[0]}
    area.chmod(0o755)
    area.rename(public_folder / "unmounted")
    assert_gone(storage, DCMTKS[0])


@posix
def test_what_may_not_be_read_is_an_error_and_not_missing(public_folder: Path) -> None:
    root = public_folder / "objects"
    storage = FilesystemStorage(root)
    locator = storage.put(new_key(), b"secret").locator
    root.chmod(0o755)
    storage.local_path(locator).chmod(0)
    with unprivileged():
        with pytest.raises(StorageError, match="no permission"):
            storage.open(locator)
        with pytest.raises(StorageError, match="no permission"):
            storage.read_ranges(locator, [ByteRange()])
    storage.local_path(locator).parent.chmod(0)
    with unprivileged():
        with pytest.raises(StorageError, match="no permission"):
            storage.stat(locator)
        with pytest.raises(StorageError, match="cannot list"):
            listed(storage)
        with pytest.raises(StorageError, match="no permission"):
            storage.discard_unfinished(0)
    (root / locator[:2] / locator[2:4]).chmod(0o755)


@posix
def test_a_root_that_may_not_be_made_is_an_error_when_opening(public_folder: Path) -> None:
    public_folder.chmod(0o555)
    with unprivileged(), pytest.raises(StorageError, match=r"cannot make the folder.*no permission"):
        FilesystemStorage(public_folder / "objects")


def test_a_file_in_place_of_the_root_is_an_error_when_opening(tmp_path: Path) -> None:
    (tmp_path / "objects").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot make the folder"):
        FilesystemStorage(tmp_path / "objects")


def assert_gone(storage: FilesystemStorage, locator: str) -> None:
    for action in (
        lambda: storage.put(new_key(), b"x"),
        lambda: storage.open(locator),
        lambda: storage.read_ranges(locator, []),
        lambda: storage.stat(locator),
        lambda: storage.local_path(locator),
        lambda: listed(storage),
        lambda: storage.discard_unfinished(0),
    ):
        with pytest.raises(StorageError, match="the folder is gone, or its disk is not mounted"):
            action()
    (deletion,) = storage.delete([locator])
    assert isinstance(deletion.error, StorageError)


def test_a_root_that_was_removed_is_not_made_anew(tmp_path: Path) -> None:
    storage = FilesystemStorage(tmp_path / "objects")
    locator = storage.put(new_key(), b"x").locator
    shutil.rmtree(tmp_path / "objects")
    assert_gone(storage, locator)
    assert not (tmp_path / "objects").exists()


def test_an_empty_mount_point_is_not_taken_for_the_storage(tmp_path: Path) -> None:
    storage = FilesystemStorage(tmp_path / "objects")
    locator = storage.put(new_key(), b"x").locator
    (tmp_path / "objects").rename(tmp_path / "unmounted")
    (tmp_path / "objects").mkdir()
    assert_gone(storage, locator)
    assert files(tmp_path / "objects") == []
    (tmp_path / "objects").rmdir()
    (tmp_path / "unmounted").rename(tmp_path / "objects")
    assert content(storage, locator) == b"x"


@pytest.mark.parametrize("unnamed", [True, False])
def test_a_root_removed_while_an_object_is_written_is_one_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unnamed: bool,
) -> None:
    if not unnamed:
        monkeypatch.setattr(unfinished, "_UNNAMED", 0)
    storage = FilesystemStorage(tmp_path / "objects")

    def source() -> Iterator[bytes]:
        yield b"x"
        shutil.rmtree(tmp_path / "objects")
        yield b"y"

    with pytest.raises(StorageError, match="the folder is gone"):
        storage.put(new_key(), source())
    assert not (tmp_path / "objects").exists()


def test_an_error_while_reading_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FilesystemStorage(tmp_path / "objects")
    locator = storage.put(new_key(), b"x").locator

    def broken(*_: object) -> bytes:
        raise OSError(5, "input/output error")

    monkeypatch.setattr("fileroom.windows._read", broken)
    with storage.open(locator) as file, pytest.raises(StorageError, match="cannot read an object"):
        file.read()
    with pytest.raises(StorageError, match="cannot read an object"):
        storage.read_ranges(locator, [ByteRange()])
