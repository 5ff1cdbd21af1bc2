"""Acknowledged here first: durable, visible, uploaded in the end, and never lost on the way."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from fileroom.errors import AlreadyExistsError, ConfigError, NotFoundError, StorageError, StorageFullError
from fileroom.model import Level
from fileroom.storage import ByteRange, PutItem, Stored
from fileroom.testing.storage_case import BrokenSource, content, listed, new_item, new_key, sample
from fileroom_plugins.storage_cache import allowance, uploading
from fileroom_plugins.storage_cache.pending import Pending
from fileroom_plugins.storage_cache.storage import CacheStorage
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.plugins.storage_cache.caches import Distant, cache_of, copies_in, until, waiting_in

MEGABYTE = 1 << 20


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon, and take over from others soon."""
    monkeypatch.setattr(uploading, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(uploading, "_LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(uploading, "_POLL", 0.05)
    monkeypatch.setattr(uploading, "_ANOTHERS", 0.2)


@pytest.fixture
def behind() -> Iterator[Distant]:
    distant = Distant()
    yield distant
    distant.down = False
    distant.open_gate.set()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(behind: Distant, folder: Path) -> Iterator[CacheStorage]:
    cache = cache_of(behind, folder, write_back=True)
    yield cache
    behind.open_gate.set()
    cache.close()


def test_an_object_is_there_before_the_storage_behind_has_it(behind: Distant, cache: CacheStorage) -> None:
    behind.open_gate.clear()
    data = sample(3 * MEGABYTE)
    stored = cache.put(new_key(), iter([data]))
    assert behind.keys == set()
    assert (stored.size, cache.stat(stored.locator).size) == (len(data), len(data))
    assert content(cache, stored.locator) == data
    assert cache.read_ranges(stored.locator, [ByteRange(), ByteRange(7, 9)]) == [data, data[7:9]]
    with cache.open(stored.locator, ByteRange(10, 20)) as file:
        assert file.read() == data[10:20]
    assert listed(cache) == {stored.locator: len(data)}
    assert listed(cache, stored.locator[:5]) == {stored.locator: len(data)}
    assert listed(cache, "x") == {}


def test_it_gets_there_with_its_locator_and_what_is_known_of_it(
    behind: Distant, cache: CacheStorage, folder: Path
) -> None:
    items = [
        replace(new_item(b"one"), level=Level.SERIES, content_type=1_024, size=3),
        replace(new_item(b""), content_type=0),
        new_item(b"three", {"PatientID": "P"}),
    ]
    stored = cache.put_many(items)
    until(lambda: not waiting_in(folder))
    assert {one.locator for one in stored} == behind.keys == {item.key for item in items}
    sent = {item.key: item for item in behind.put_items}
    told = [(sent[item.key].level, sent[item.key].content_type, sent[item.key].size) for item in items]
    assert told == [(Level.SERIES, 1_024, 3), (None, 0, 0), (None, None, 5)]
    assert [dict(item.naming) for item in behind.put_items] == [{}, {}, {}]
    assert [content(behind, item.key) for item in items] == [b"one", b"", b"three"]
    fetched = behind.fetched
    assert [content(cache, item.key) for item in items] == [b"one", b"", b"three"]
    assert behind.fetched == fetched, "a copy is kept"


def test_bytes_are_synced_before_the_call_returns_and_then_the_folder(
    behind: Distant, cache: CacheStorage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name == "nt":
        pytest.skip("folders cannot be synced on Windows")
    behind.open_gate.clear()
    synced: list[tuple[int, bool]] = []
    fsync = os.fsync

    def recording(handle: int) -> None:
        fsync(handle)
        status = os.fstat(handle)
        synced.append((status.st_ino, stat.S_ISDIR(status.st_mode)))

    monkeypatch.setattr(os, "fsync", recording)
    stored = cache.put_many([new_item(sample(1_000 + i)) for i in range(20)])
    inodes = {(folder / "pending" / one.locator).stat().st_ino for one in stored}
    assert {inode for inode, is_folder in synced if not is_folder} == inodes
    assert [inode for inode, is_folder in synced if is_folder].count((folder / "pending").stat().st_ino) == 1
    assert synced[-1][1], "the folder is synced last"


def test_putting_goes_on_while_the_storage_behind_is_out_of_reach(
    behind: Distant, cache: CacheStorage, folder: Path
) -> None:
    behind.down = True
    stored = [cache.put(new_key(), sample(100, i)) for i in range(5)]
    until(lambda: any("out of reach" in note for note in cache.notes()))
    notes = " ".join(cache.notes())
    assert "5 objects (500 bytes) wait" in notes
    assert "out of reach: wait; it is tried again, and nothing is lost" in notes
    assert [content(cache, one.locator) for one in stored] == [sample(100, i) for i in range(5)]
    with pytest.raises(NotFoundError):
        waiting_or_not(cache, behind)
    behind.down = False
    until(lambda: not waiting_in(folder))
    until(lambda: not any("fail" in note or "wait" in note for note in cache.notes()))
    assert behind.keys == {one.locator for one in stored}


def waiting_or_not(cache: CacheStorage, behind: Distant) -> None:
    """Ask for what is nowhere, once the storage behind can be asked."""
    behind.down = False
    try:
        cache.open(new_key())
    finally:
        behind.down = True


def test_another_process_is_told_why_uploads_fail(behind: Distant, cache: CacheStorage, folder: Path) -> None:
    behind.down = True
    cache.put(new_key(), b"x")
    until(lambda: any("out of reach" in note for note in cache.notes()))
    assert any("out of reach" in note for note in cache_of(behind, folder).notes())


def test_closing_uploads_what_was_put(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder, write_back=True)
    stored = cache.put_many([new_item(b"x") for _ in range(200)])
    cache.close()
    assert behind.keys == {one.locator for one in stored}
    assert waiting_in(folder) == set()


def test_closing_tries_once_more(behind: Distant, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "_FIRST_PAUSE", 1_000.0)
    cache = cache_of(behind, folder, write_back=True)
    behind.down = True
    stored = cache.put_many([new_item(b"x") for _ in range(100)])
    until(lambda: any("out of reach" in note for note in cache.notes()))
    behind.down = False
    cache.close()
    assert behind.keys == {one.locator for one in stored}


@pytest.mark.parametrize("write_back", [True, False])
def test_what_could_not_be_uploaded_waits_for_the_next_one(
    behind: Distant, folder: Path, write_back: bool
) -> None:
    cache = cache_of(behind, folder, write_back=True)
    behind.down = True
    stored = cache.put_many([new_item(b"x") for _ in range(100)])
    cache.close()
    assert waiting_in(folder) == {one.locator for one in stored}
    behind.down = False
    cache = cache_of(behind, folder, write_back=write_back)
    assert set(listed(cache)) == {one.locator for one in stored}
    assert content(cache, stored[0].locator) == b"x"
    until(lambda: behind.keys == {one.locator for one in stored})
    cache.close()


def test_without_write_back_nothing_is_made_for_it(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder)
    cache.put(new_key(), b"x")
    assert [path.name for path in folder.iterdir()] == ["copies"]


def test_it_can_be_turned_off(behind: Distant, folder: Path) -> None:
    cache_of(behind, folder, write_back=True).close()
    cache = cache_of(behind, folder)
    behind.down = True
    with pytest.raises(StorageError, match="out of reach"):
        cache.put(new_key(), b"x")


def test_what_is_deleted_while_it_waits_never_gets_there(
    behind: Distant, cache: CacheStorage, folder: Path
) -> None:
    behind.down = True
    gone, kept = cache.put_many([new_item(b"gone"), new_item(b"kept")])
    assert cache.delete([gone.locator])[0].error is None, "though nobody can be asked"
    assert set(waiting_in(folder)) == {kept.locator}
    for read in (cache.open, cache.stat, lambda one: cache.read_ranges(one, [ByteRange()])):
        with pytest.raises(NotFoundError):
            read(gone.locator)
    behind.down = False
    until(lambda: not waiting_in(folder))
    assert behind.keys == {kept.locator}
    assert listed(cache) == {kept.locator: 4}


def test_what_is_deleted_while_it_is_uploaded_does_not_stay_there(
    behind: Distant, cache: CacheStorage, folder: Path
) -> None:
    behind.open_gate.clear()
    gone, kept = cache.put_many([new_item(b"gone"), new_item(b"kept")])
    assert behind.at_gate.wait(10)
    cache.delete([gone.locator])
    assert listed(cache) == {kept.locator: 4}
    behind.open_gate.set()
    while behind.keys != {kept.locator}:
        assert gone.locator not in listed(cache)
        with pytest.raises(NotFoundError):
            cache.stat(gone.locator)
    until(lambda: list((folder / "pending" / "deleted").iterdir()) == [])
    assert len(copies_in(folder)) == 1


def test_what_is_deleted_while_it_is_uploaded_for_a_url_does_not_come_back(
    behind: Distant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "_ANOTHERS", 1_000.0)  # nobody uploads it unasked
    asked, deleting = (cache_of(behind, folder, write_back=True) for _ in range(2))
    key = new_key()
    Pending(folder / "pending").put_many([PutItem(key, b"gone")], lambda _: None, lambda _: False)
    behind.open_gate.clear()
    with ThreadPoolExecutor(1) as pool:
        url = pool.submit(asked.presigned_url, key, 5)
        assert behind.at_gate.wait(10)
        deleting.delete([key])
        cache_of(behind, folder, write_back=True).close()  # another that looks for what is left to delete
        behind.open_gate.set()
        url.result(10)
    cache_of(behind, folder, write_back=True).close()
    assert behind.keys == set()


def test_a_url_need_not_wait_for_all_that_another_uploads(behind: Distant, folder: Path) -> None:
    behind.down = True
    busy, asked = (cache_of(behind, folder, write_back=True) for _ in range(2))
    busy.put_many([new_item(b"x") for _ in range(300)])
    until(lambda: any("out of reach" in note for note in busy.notes()))
    with ThreadPoolExecutor(1) as pool:
        behind.open_gate.clear()
        behind.at_gate.clear()
        behind.down = False
        assert behind.at_gate.wait(10)
        last = max(waiting_in(folder), key=lambda key: (folder / "pending" / key).stat().st_mtime)
        url = pool.submit(asked.presigned_url, last, 5)
        behind.open_gate.set()
        assert url.result(10).endswith("there=True")
    busy.close()
    asked.close()
    assert len(behind.keys) == 300


def test_the_key_of_what_is_being_deleted_is_refused(behind: Distant, cache: CacheStorage) -> None:
    behind.down = True
    key = cache.put(new_key(), b"gone").locator
    cache.delete([key])
    with pytest.raises(AlreadyExistsError):
        cache.put(key, b"again")


def test_a_call_that_fails_is_not_uploaded_in_part(
    behind: Distant, cache: CacheStorage, folder: Path
) -> None:
    def slow() -> Iterator[bytes]:
        yield b"x"
        time.sleep(0.5)  # longer than another's object is left alone
        raise EOFError("broken")

    with pytest.raises(EOFError, match="broken"):
        cache.put_many([*(new_item(b"x") for _ in range(20)), new_item(slow())])
    assert listed(cache) == {}
    assert waiting_in(folder) == set()
    assert behind.keys == set()


@pytest.mark.parametrize("refused", [1, 2, 7])
def test_those_that_are_refused_do_not_hold_up_the_others(
    behind: Distant, cache: CacheStorage, folder: Path, refused: int
) -> None:
    items = [new_item(b"x") for _ in range(20)]
    behind.refuses = {item.key for item in items[:refused]}
    cache.put_many(items)
    until(lambda: waiting_in(folder) == behind.refuses)
    cache.put(new_key(), b"later")
    until(lambda: len(behind.keys) == 21 - refused)
    assert any("does not like" in note for note in cache.notes())
    assert content(cache, items[0].key) == b"x"
    behind.refuses = set()
    until(lambda: not waiting_in(folder))
    assert len(behind.keys) == 21


def test_an_upload_whose_answer_was_lost_is_recognised(
    behind: Distant, cache: CacheStorage, folder: Path
) -> None:
    behind.loses_answers = True
    stored = cache.put_many([new_item(sample(5_000, i)) for i in range(4)])
    until(lambda: not waiting_in(folder))
    assert behind.keys == {one.locator for one in stored}


def test_another_object_behind_with_the_same_key_is_left_alone_and_told(
    behind: Distant, cache: CacheStorage, folder: Path
) -> None:
    key = new_key()
    behind.put(key, b"another")
    cache.put(key, b"ours")
    until(lambda: any("upload failed" in note for note in cache.notes()))
    assert content(behind, key) == b"another"
    assert waiting_in(folder) == {key}
    assert content(cache, key) == b"ours"


def test_a_key_whose_object_was_uploaded_is_refused(
    behind: Distant, cache: CacheStorage, folder: Path
) -> None:
    key = new_key()
    cache.put(key, b"first")
    until(lambda: not waiting_in(folder))
    with pytest.raises(AlreadyExistsError):
        cache.put_many([new_item(b"other"), PutItem(key, b"second")])
    assert content(cache, key) == b"first"
    assert listed(cache) == {key: 5}


def test_what_waits_is_never_evicted_and_what_does_not_fit_is_refused(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder, write_back=True, max_bytes=4 * MEGABYTE)
    far = behind.put(new_key(), bytes(MEGABYTE)).locator
    content(cache, far)
    behind.down = True
    stored = [cache.put(new_key(), sample(MEGABYTE - 1, i)) for i in range(4)]
    with pytest.raises(StorageFullError, match="stats"):
        cache.put(new_key(), iter([bytes(MEGABYTE)]))
    assert waiting_in(folder) == {one.locator for one in stored}
    assert copies_in(folder) == [], "copies gave way"
    assert [content(cache, one.locator) for one in stored] == [sample(MEGABYTE - 1, i) for i in range(4)]
    behind.down = False
    until(lambda: not waiting_in(folder))
    assert cache.put(new_key(), bytes(MEGABYTE)).size == MEGABYTE
    cache.close()


def test_an_object_larger_than_the_cache_is_refused_at_once(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder, write_back=True, max_bytes=MEGABYTE)
    with pytest.raises(StorageFullError):
        cache.put(new_key(), (bytes(100_000) for _ in range(20)))
    assert waiting_in(folder) == set()
    assert cache.put(new_key(), bytes(900_000)).size == 900_000
    cache.close()


def test_a_put_waits_while_uploads_make_room(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder, write_back=True, max_bytes=2 * MEGABYTE)
    behind.open_gate.clear()
    for _ in range(2):
        cache.put(new_key(), bytes(900_000))
    with ThreadPoolExecutor(1) as pool:
        putting = pool.submit(cache.put, new_key(), bytes(900_000))
        assert behind.at_gate.wait(10)
        assert not putting.done()
        behind.open_gate.set()
        assert putting.result(10).size == 900_000
    cache.close()
    assert len(behind.keys) == 3


def test_a_put_that_waits_in_vain_is_refused(
    behind: Distant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "_PATIENCE", 0.1)
    monkeypatch.setattr(allowance, "_LOOK", 0.02)
    cache = cache_of(behind, folder, write_back=True, max_bytes=MEGABYTE)
    behind.open_gate.clear()
    cache.put(new_key(), bytes(900_000))
    with pytest.raises(StorageFullError):
        cache.put(new_key(), bytes(900_000))
    behind.open_gate.set()
    cache.close()


def test_a_storage_that_chooses_locators_cannot_be_written_back_to(tmp_path: Path, folder: Path) -> None:
    behind = FilesystemStorage(tmp_path / "objects", layout="{SOPInstanceUID}.dcm")
    with pytest.raises(ConfigError, match="write_back"):
        cache_of(behind, folder, write_back=True)  # type: ignore[arg-type]
    assert not folder.exists()


def test_one_that_comes_to_choose_locators_gets_nothing(behind: Distant, folder: Path) -> None:
    class Renaming(Distant):
        def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
            return super().put_many([replace(item, key=new_key()) for item in items])

    cache = cache_of(behind, folder, write_back=True)
    behind.down = True
    key = cache.put(new_key(), b"x").locator
    cache.close()
    other = Renaming()
    cache = cache_of(other, folder, write_back=True)
    until(lambda: any("locators" in note for note in cache.notes()))
    cache.close()
    assert waiting_in(folder) == {key}
    assert other.keys == set()


def test_a_url_and_a_splice_of_what_waits_upload_it_first(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder, write_back=True)
    behind.down = True
    url, spliced = (one.locator for one in cache.put_many([new_item(b"url"), new_item(b"splice")]))
    until(lambda: any("out of reach" in note for note in cache.notes()))
    for upload in (lambda: cache.presigned_url(url, 5), lambda: cache.splice(spliced, new_key(), 0, 0, b"")):
        with pytest.raises(StorageError, match="out of reach"):
            upload()
    behind.down = False
    assert cache.presigned_url(url, 5).endswith("there=True")
    new = cache.splice(spliced, new_key(), None, 0, b" and more").locator
    assert content(cache, new) == b"splice and more"
    cache.close()


def test_capabilities_are_those_that_hold_already(behind: Distant, cache: CacheStorage, folder: Path) -> None:
    assert cache.capabilities == replace(behind.capabilities, conditional_create=False)
    assert cache_of(behind, folder / "other").capabilities == behind.capabilities


def test_a_folder_that_is_gone_is_not_taken_for_an_empty_one(
    behind: Distant, cache: CacheStorage, folder: Path
) -> None:
    behind.down = True
    locator = cache.put(new_key(), b"x").locator
    behind.down = False
    behind.open_gate.clear()
    moved = folder.with_name("moved")
    (folder / "pending").rename(moved)
    far = behind_put(behind, b"far")
    assert content(cache, far) == b"far"
    for act in (cache.open, cache.stat, lambda _: listed(cache), lambda _: cache.put(new_key(), b"y")):
        with pytest.raises(StorageError, match="gone"):
            act(locator)
    moved.rename(folder / "pending")
    assert content(cache, locator) == b"x"


def behind_put(behind: Distant, data: bytes) -> str:
    behind.open_gate.set()
    locator = behind.put(new_key(), data).locator
    behind.open_gate.clear()
    return locator


def test_a_source_that_fails_is_heard_unchanged(cache: CacheStorage) -> None:
    error = StorageFullError("the source says so, not the cache")
    with pytest.raises(StorageFullError) as caught:
        cache.put(new_key(), BrokenSource(error, 10))
    assert caught.value is error


CHILD = """
import sys
from pathlib import Path
from fileroom_plugins.storage_cache.locking import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_one_process_at_a_time_has_the_lock(tmp_path: Path) -> None:
    from fileroom_plugins.storage_cache.locking import FolderLock

    path = tmp_path / "lock"
    mine, too = FolderLock(path), FolderLock(path)
    assert mine.acquire()
    assert not too.acquire(), "another thread of the same process"
    assert ask(path) == "False"
    mine.release()
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "True"
        assert not mine.acquire()
        child.kill()
    assert mine.acquire(), "the end of a process releases it, however it ends"
    mine.release()


def ask(path: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], input="", capture_output=True, text=True, check=True
    )
    return run.stdout.strip()
