"""A cache's folder is that of one storage: another gets nothing from it, and nothing of it."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import fileroom
from fileroom.errors import ConfigError, StorageError
from fileroom.storage import PutItem
from fileroom.testing.datasets import make_instance
from fileroom.testing.storage_case import content, new_key
from fileroom_plugins.storage_cache import uploading
from fileroom_plugins.storage_cache.pending import Pending
from fileroom_plugins.storage_cache.storage import CacheStorage
from tests.plugins.storage_cache.caches import Distant, copies_in, until, waiting_in

WAYS = pytest.mark.parametrize("way", [False, True], ids=["through", "back"])
HERE, THERE = ("distant", "here"), ("distant", "there")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take over from others soon."""
    monkeypatch.setattr(uploading, "_POLL", 0.05)
    monkeypatch.setattr(uploading, "_ANOTHERS", 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def cache_at(place: object, behind: Distant, folder: Path, *, way: bool = True) -> CacheStorage:
    return CacheStorage(lambda: behind, folder, max_bytes=1 << 30, write_back=way, place=place)


@WAYS
def test_an_archive_is_refused_the_cache_of_another(tmp_path: Path, way: bool) -> None:
    for name in ("clinic", "research"):
        (tmp_path / f"{name}.toml").write_text(
            f'[index]\npath = "{name}.sqlite"\n[storage]\nbackend = "cache"\n'
            f"write_back = {str(way).lower()}\n"
            f'[storage.inner]\nbackend = "filesystem"\nroot = "{name}"\n',
            encoding="utf-8",
        )
    with fileroom.open(tmp_path / "clinic.toml") as clinic:
        clinic.store(make_instance())
    with pytest.raises(ConfigError, match=r"storage\.path: .* another storage: give each archive a folder"):
        fileroom.open(tmp_path / "research.toml")
    with fileroom.open(tmp_path / "clinic.toml") as clinic:
        assert list(clinic.verify()) == []


@WAYS
def test_what_waits_for_one_storage_is_never_uploaded_to_another(folder: Path, way: bool) -> None:
    here, there = Distant(), Distant()
    cache = cache_at(HERE, here, folder)
    here.down = True
    key = cache.put(new_key(), b"x").locator
    cache.close()
    with pytest.raises(ConfigError):
        cache_at(THERE, there, folder, way=way)
    assert (waiting_in(folder), there.keys) == ({key}, set())
    here.down = False
    cache = cache_at(HERE, here, folder, way=way)
    until(lambda: here.keys == {key})
    cache.close()


@WAYS
def test_a_folder_that_does_not_tell_is_taken_without_its_copies(folder: Path, way: bool) -> None:
    here, there = Distant(), Distant()
    key = new_key()
    for behind, data in ((here, b"here"), (there, b"there")):
        behind.put(key, data)
    assert content(cache_at(None, here, folder, way=False), key) == b"here"
    assert len(copies_in(folder)) == 1
    cache = cache_at(THERE, there, folder, way=way)
    assert content(cache, key) == b"there"
    cache.close()
    with pytest.raises(ConfigError):
        cache_at(HERE, here, folder)


@WAYS
def test_a_folder_that_does_not_tell_is_refused_while_objects_wait_in_it(folder: Path, way: bool) -> None:
    cache_at(HERE, Distant(), folder).close()
    (folder / "owner").unlink()
    item = PutItem(new_key(), b"x")
    Pending(folder / "pending").put_many([item], lambda _: None, lambda _: False)
    with pytest.raises(ConfigError, match="empty the file"):
        cache_at(HERE, Distant(), folder, way=way)


def test_an_operator_gives_a_folder_to_another_storage_by_emptying_the_file(folder: Path) -> None:
    here, there = Distant(), Distant()
    cache = cache_at(HERE, here, folder)
    here.down = True
    key = cache.put(new_key(), b"x").locator
    cache.close()
    (folder / "owner").write_bytes(b"")
    cache = cache_at(THERE, there, folder)
    until(lambda: there.keys == {key})
    cache.close()
    with pytest.raises(ConfigError):
        cache_at(HERE, here, folder)


def test_of_two_that_find_a_new_folder_at_once_one_gets_it(folder: Path) -> None:
    def opened(place: object) -> bool:
        try:
            cache_at(place, Distant(), folder, way=False).close()
        except ConfigError:
            return False
        return True

    for _ in range(10):
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(opened, [HERE, THERE] * 2))
        assert results in ([True, False, True, False], [False, True, False, True])
        shutil.rmtree(folder)


def test_an_archive_that_is_moved_keeps_its_cache(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    cache_at(("filesystem", before / "far"), Distant(), before / "cache").close()
    before.rename(after)
    cache_at(("filesystem", after / "far"), Distant(), after / "cache").close()
    cache_at(("filesystem", after / "far"), Distant(), after / "cache").close()
    after_cache = (after / "cache").rename(tmp_path / "faster disk")
    with pytest.raises(ConfigError):
        cache_at(("filesystem", after / "far"), Distant(), after_cache)


def test_options_that_do_not_tell_where_may_change(tmp_path: Path) -> None:
    for threads in (1, 2):
        (tmp_path / "fileroom.toml").write_text(
            '[index]\npath = "index.sqlite"\n[storage]\nbackend = "cache"\n[storage.inner]\n'
            f'backend = "filesystem"\nroot = "far"\nthreads = {threads}\n',
            encoding="utf-8",
        )
        fileroom.open(tmp_path / "fileroom.toml").close()
    assert (tmp_path / "cache" / "owner").exists()


def test_a_folder_that_cannot_tell_whose_it_is_gets_no_copies(folder: Path) -> None:
    behind = Distant()
    key = behind.put(new_key(), b"x").locator
    (folder / "owner").mkdir(parents=True)  # no file, for whatever reason
    cache = cache_at(HERE, behind, folder, way=False)
    for _ in range(2):
        assert content(cache, key) == b"x"
    assert behind.opened == [key, key]
    assert any("no copies can be kept" in note for note in cache.notes())
    with pytest.raises(StorageError, match="whose it is"):
        cache_at(HERE, behind, folder)
