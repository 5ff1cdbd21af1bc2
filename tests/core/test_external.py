"""Files registered where they lie: read like stored objects over any storage, and never touched."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError, StorageError
from fileroom.external import ExternalFiles
from fileroom.storage import ByteRange, Deletion, StorageCapabilities, Stored, buffers, external_locator
from fileroom.testing.memory_storage import MemoryStorage
from fileroom.testing.storage_case import content, listed, new_item, new_key, sample
from fileroom.testing.storage_read import OpenContract, RangesContract, StatContract

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fileroom.storage import PutItem, Storage
    from fileroom.testing.storage_case import OpenStorage

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX files")


class Registering(ExternalFiles):
    """Writes what it is given into a folder of somebody else, and knows it as external files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(MemoryStorage())
        self._folder = folder

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        return [self._registered(item) for item in items]

    def _registered(self, item: PutItem) -> Stored:
        path = self._folder / item.key
        size = path.write_bytes(b"".join(buffers(item.source)))
        return Stored(external_locator(path), size)


class TestReading(OpenContract, RangesContract, StatContract):
    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: Registering(tmp_path)


@pytest.fixture
def storage() -> ExternalFiles:
    return ExternalFiles(MemoryStorage())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "DOE^JANE.dcm"
    path.write_bytes(sample(1_000))
    return path


def every_reading(storage: Storage, locator: str) -> list[Callable[[], object]]:
    return [
        lambda: storage.open(locator),
        lambda: storage.open(locator, ByteRange(1, 2)),
        lambda: storage.read_ranges(locator, [ByteRange()]),
        lambda: storage.stat(locator),
        lambda: storage.local_path(locator),
    ]


def test_everything_else_is_the_inner_storages(storage: ExternalFiles) -> None:
    stored = storage.put_many([new_item(b"one"), new_item(b"three")])
    assert listed(storage.inner) == listed(storage) == {one.locator: one.size for one in stored}
    assert content(storage, stored[0].locator) == b"one"
    assert storage.read_ranges(stored[1].locator, [ByteRange(1, 3)]) == [b"hr"]
    assert storage.stat(stored[1].locator).owned
    assert storage.delete([stored[0].locator]) == [Deletion(stored[0].locator)]
    assert listed(storage.inner) == {stored[1].locator: 5}


def test_capabilities_are_the_inner_storages_at_any_time(storage: ExternalFiles) -> None:
    assert storage.capabilities == MemoryStorage.capabilities
    storage.inner.capabilities = StorageCapabilities(naming=True)
    assert storage.capabilities.naming


def test_an_external_file_is_not_owned_and_its_path_is_told(storage: ExternalFiles, file: Path) -> None:
    locator = external_locator(file)
    assert storage.stat(locator) == Stored(locator, 1_000, file.stat().st_mtime, owned=False)
    assert storage.local_path(locator) == file
    assert listed(storage) == {}


def test_deleting_touches_no_external_file_and_keeps_the_order(storage: ExternalFiles, file: Path) -> None:
    first, second = (storage.put(new_key(), b"x").locator for _ in range(2))
    asked = [first, external_locator(file), "external:gone", second, first]
    assert storage.delete(asked) == [Deletion(locator) for locator in asked]
    assert file.read_bytes() == sample(1_000)
    assert listed(storage) == {}


def test_deleting_tells_of_each_what_the_inner_storage_told(file: Path) -> None:
    class Refusing(MemoryStorage):
        def delete(self, locators: Sequence[str]) -> list[Deletion]:
            return [Deletion(locator, StorageError("refused")) for locator in locators]

    deletions = ExternalFiles(Refusing()).delete(["a", external_locator(file), "b"])
    assert [one.error is None for one in deletions] == [False, True, False]


@pytest.mark.parametrize("text", ["", "x", "x/y", "../x", "./x", "//x/../y", "a\0b", "\n", "\ud800"])
def test_a_locator_that_was_never_given_names_nothing(
    storage: ExternalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "x").write_bytes(b"somebody's")
    monkeypatch.chdir(tmp_path)
    for locator in (f"external:{text}", f"external:{tmp_path}//x", f"external:{tmp_path}/./x"):
        for read in every_reading(storage, locator):
            with pytest.raises(NotFoundError):
                read()
        assert storage.delete([locator]) == [Deletion(locator)]


def test_a_file_that_is_gone_is_not_found_and_not_named(storage: ExternalFiles, file: Path) -> None:
    locator = external_locator(file)
    file.unlink()
    for read in every_reading(storage, locator):
        with pytest.raises(NotFoundError, match="bring it back, or register it") as error:
            read()
        assert "DOE" not in f"{error.value} {error.value.__cause__!r} {error.value.__cause__}"


def test_a_path_through_a_file_leads_to_nothing(storage: ExternalFiles, file: Path) -> None:
    for read in every_reading(storage, external_locator(file / "deeper")):
        with pytest.raises(NotFoundError):
            read()


@posix
def test_what_is_no_ordinary_file_is_not_waited_for(storage: ExternalFiles, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        for read in every_reading(storage, external_locator(path)):
            with pytest.raises(NotFoundError):
                read()


@posix
def test_links_that_lead_to_each_other_are_one_clear_error(storage: ExternalFiles, tmp_path: Path) -> None:
    (tmp_path / "DOE").symlink_to(tmp_path / "ROE")
    (tmp_path / "ROE").symlink_to(tmp_path / "DOE")
    for read in every_reading(storage, external_locator(tmp_path / "DOE")):
        with pytest.raises(StorageError, match="cannot be read") as error:
            read()
        assert "DOE" not in f"{error.value} {error.value.__cause__}"


def test_what_may_not_be_read_is_an_error_and_not_missing(
    storage: ExternalFiles, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path, *_: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", forbidden)
    for read in every_reading(storage, external_locator(file))[:3]:
        with pytest.raises(StorageError, match="Permission denied") as error:
            read()
        assert "DOE" not in f"{error.value} {error.value.__cause__}"


def test_a_disk_that_fails_while_a_file_is_read_is_a_storage_error(
    storage: ExternalFiles, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("fileroom.windows._read", broken)
    with storage.open(external_locator(file)) as opened, pytest.raises(StorageError, match="Input/output"):
        opened.read()
    with pytest.raises(StorageError, match="Input/output"):
        storage.read_ranges(external_locator(file), [ByteRange()])


@posix
def test_no_reading_leaves_a_file_open(
    storage: ExternalFiles, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: set[int] = set()
    really_open, really_close = os.open, os.close

    def noting_open(path: Path, flags: int) -> int:
        handle = really_open(path, flags)
        opened.add(handle)
        return handle

    def noting_close(handle: int) -> None:
        opened.discard(handle)
        really_close(handle)

    monkeypatch.setattr(os, "open", noting_open)
    monkeypatch.setattr(os, "close", noting_close)
    locator = external_locator(file)
    for byte_range in (None, ByteRange(), ByteRange(10, 20), ByteRange(5_000)):
        with storage.open(locator, byte_range) as whole:
            assert len(opened) == 1
            whole.read()
    storage.read_ranges(locator, [ByteRange(1, 2), ByteRange(5)])
    with pytest.raises(NotFoundError):
        storage.open(external_locator(tmp_path))
    assert opened == set()


def test_reading_changes_nothing_about_a_file(storage: ExternalFiles, file: Path) -> None:
    before = file.stat()
    content(storage, external_locator(file))
    after = file.stat()
    assert (after.st_mode, after.st_size, after.st_mtime_ns) == (
        stat.S_IFREG | stat.S_IMODE(before.st_mode),
        1_000,
        before.st_mtime_ns,
    )
