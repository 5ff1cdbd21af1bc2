"""What is read from the storage behind, what is not, and what is kept of it."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fileroom.errors import NotFoundError
from fileroom.storage import CHUNK, ByteRange
from fileroom.testing.storage_case import content, new_item, new_key, sample
from fileroom_plugins.storage_cache.storage import CacheStorage
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.plugins.storage_cache.caches import Distant, bytes_in, cache_of, copies_in

MEGABYTE = 1 << 20
BIG = 3 * CHUNK + 7


@pytest.fixture
def behind() -> Distant:
    return Distant()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def put_behind(behind: Distant, data: bytes) -> str:
    return behind.put(new_key(), data).locator


def test_a_readable_name_that_looks_like_a_key_is_not_taken_for_one(tmp_path: Path, folder: Path) -> None:
    objects = tmp_path / "objects"
    behind = FilesystemStorage(objects, layout="{PatientID}/{SOPInstanceUID}.dcm")
    cache = CacheStorage(lambda: FilesystemStorage(objects), folder, max_bytes=1 << 30)
    naming = {"PatientID": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "SOPInstanceUID": "1.2.3"}
    locator = behind.put(new_key(), b"first", naming).locator
    assert content(cache, locator) == b"first"
    behind.delete([locator])
    assert behind.put(new_key(), b"second", naming).locator == locator
    assert content(cache, locator) == b"second"


def test_what_was_put_is_read_here(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder)
    sources = [sample(BIG), iter([sample(700), sample(300)]), memoryview(sample(5))]
    stored = cache.put_many([new_item(source) for source in sources])  # type: ignore[arg-type]
    assert [content(cache, one.locator) for one in stored] == [
        sample(BIG),
        sample(700) + sample(300),
        sample(5),
    ]
    assert behind.fetched == 0
    assert content(behind, stored[0].locator) == sample(BIG)


@pytest.mark.parametrize("size", [0, 1, CHUNK, BIG])
def test_what_was_read_whole_is_read_here_from_then_on(behind: Distant, folder: Path, size: int) -> None:
    locator = put_behind(behind, sample(size))
    cache = cache_of(behind, folder)
    assert content(cache, locator) == sample(size)
    assert behind.fetched == size
    assert content(cache, locator) == sample(size)
    assert cache.read_ranges(locator, [ByteRange(), ByteRange(size // 2, size)]) == [
        sample(size),
        sample(size)[size // 2 :],
    ]
    assert content(cache_of(behind, folder), locator) == sample(size), "another process"
    assert behind.opened == [locator]


def test_a_part_is_fetched_alone_and_not_kept(behind: Distant, folder: Path) -> None:
    locator = put_behind(behind, sample(BIG))
    cache = cache_of(behind, folder)
    with cache.open(locator, ByteRange(100, 200)) as file:
        assert file.read() == sample(BIG)[100:200]
    assert cache.read_ranges(locator, [ByteRange(5, 10)]) == [sample(BIG)[5:10]]
    assert behind.fetched < CHUNK
    assert copies_in(folder) == []


def test_what_nobody_reads_to_the_end_is_not_kept(behind: Distant, folder: Path) -> None:
    locator = put_behind(behind, sample(BIG))
    with cache_of(behind, folder).open(locator) as file:
        assert file.read(1_000) == sample(BIG)[:1_000]
    assert behind.fetched < CHUNK
    assert copies_in(folder) == []


def test_the_first_bytes_are_there_before_the_last_are_fetched(behind: Distant, folder: Path) -> None:
    locator = put_behind(behind, sample(BIG))
    with cache_of(behind, folder).open(locator) as file:
        file.read(1)
        assert behind.fetched < CHUNK
        assert file.read() == sample(BIG)[1:]


def test_a_reader_that_jumps_about_reads_right_and_what_it_jumped_over_is_not_waited_for(
    behind: Distant, folder: Path
) -> None:
    data = sample(20 * CHUNK)
    locator = put_behind(behind, data)
    cache = cache_of(behind, folder)
    with cache.open(locator) as file:
        for start in (15 * CHUNK, 0, 7 * CHUNK, 100, 20 * CHUNK - 5):
            file.seek(start)
            assert file.read(50) == data[start : start + 50]
        assert behind.fetched < 4 * CHUNK
        file.seek(0)
        assert file.read() == data
    assert content(cache, locator) == data


def test_readers_of_one_object_fetch_it_once(behind: Distant, folder: Path) -> None:
    locator = put_behind(behind, sample(BIG))
    cache = cache_of(behind, folder)
    start = threading.Barrier(8)

    def read(number: int) -> bytes:
        start.wait()
        pieces = []
        with cache.open(locator) as file:
            while piece := file.read(30_011 * (number + 1)):
                pieces.append(piece)
        return b"".join(pieces)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(8))) == {sample(BIG)}
    assert behind.opened == [locator]
    assert behind.fetched == BIG


def test_one_that_opens_it_while_another_reads_has_what_was_fetched_already(
    behind: Distant, folder: Path
) -> None:
    locator = put_behind(behind, sample(BIG))
    cache = cache_of(behind, folder)
    with cache.open(locator) as slow:
        slow.read(10)
        assert content(cache, locator) == sample(BIG)
        assert slow.read() == sample(BIG)[10:]
    assert behind.fetched == BIG


def test_what_is_not_there_is_not_there_for_all_who_ask_at_once(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder)
    key = new_key()

    def is_missing(_: int) -> bool:
        with pytest.raises(NotFoundError):
            cache.open(key)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_missing, range(40)))
    behind.put(key, b"now it is")
    assert content(cache, key) == b"now it is"


@pytest.mark.parametrize("patient", ["P1", new_key()], ids=["plain", "as a key"])
def test_an_object_with_a_name_that_may_be_given_again_is_not_kept(
    tmp_path: Path, folder: Path, patient: str
) -> None:
    behind = FilesystemStorage(tmp_path / "objects", layout="{SOPInstanceUID}/{PatientID}")
    cache = cache_of(behind, folder)  # type: ignore[arg-type]
    naming = {"SOPInstanceUID": "1.2.3", "PatientID": patient}
    locator = cache.put(new_key(), b"the first", naming).locator
    assert content(cache, locator) == b"the first"
    behind.delete([locator])  # by somebody else
    assert behind.put(new_key(), b"another", naming).locator == locator
    assert content(cache, locator) == b"another"
    assert copies_in(folder) == []


def test_names_in_the_folder_tell_nothing_and_it_is_its_owners_only(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder)
    key = cache.put(new_key(), b"x").locator
    assert [path for path in folder.rglob("*") if key in path.name] == []
    if os.name == "posix":
        assert {path.stat().st_mode & 0o077 for path in [folder / "copies", *copies_in(folder)]} == {0}


def test_a_cache_can_be_put_before_a_storage_and_taken_away(behind: Distant, folder: Path) -> None:
    before = put_behind(behind, b"before")
    cache = cache_of(behind, folder)
    during = cache.put(new_key(), b"during").locator
    assert content(cache, before) == b"before"
    cache.close()
    assert content(behind, during) == b"during"


def use(folder: Path, age: float) -> None:
    """Make all copies as old as that in seconds."""
    for path in copies_in(folder):
        os.utime(path, (time.time() - age,) * 2)


def test_what_was_not_used_for_the_longest_time_goes_first(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder, max_bytes=4 * MEGABYTE)
    old, used = (cache.put(new_key(), bytes(MEGABYTE)).locator for _ in range(2))
    use(folder, 1_000)
    content(cache, used)
    newer = [cache.put(new_key(), bytes(MEGABYTE)).locator for _ in range(2)]
    fetched = behind.fetched
    for locator in (used, *newer):
        content(cache, locator)
    assert behind.fetched == fetched
    content(cache, old)
    assert behind.fetched == fetched + MEGABYTE


def test_the_folder_never_holds_more_than_it_may(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder, max_bytes=2 * MEGABYTE)
    for number in range(60):
        cache.put(new_key(), iter([sample(10_000 * number, number)]))
        content(cache, put_behind(behind, sample(50_000, number)))
        assert bytes_in(folder) <= 2 * MEGABYTE
    assert len(copies_in(folder)) > 3


def test_two_that_share_a_folder_see_what_the_other_has_added(behind: Distant, folder: Path) -> None:
    caches = [cache_of(behind, folder, max_bytes=2 * MEGABYTE) for _ in range(2)]
    for number in range(80):
        caches[number % 2].put(new_key(), bytes(100_000))
        size = bytes_in(folder)
        assert size <= 2.1 * MEGABYTE + 100_000
    assert size > MEGABYTE


@pytest.mark.parametrize("way", ["put", "read"])
def test_an_object_that_is_too_large_displaces_nothing(behind: Distant, folder: Path, way: str) -> None:
    cache = cache_of(behind, folder, max_bytes=4 * MEGABYTE)
    kept = cache.put(new_key(), bytes(MEGABYTE)).locator
    large = bytes(3 * MEGABYTE)
    locator = cache.put(new_key(), large).locator if way == "put" else put_behind(behind, large)
    assert content(cache, locator) == large
    assert len(copies_in(folder)) == 1
    fetched = behind.fetched
    content(cache, kept)
    assert behind.fetched == fetched


def test_a_copy_that_a_dead_process_was_making_goes_when_room_is_needed(
    behind: Distant, folder: Path
) -> None:
    cache = cache_of(behind, folder, max_bytes=MEGABYTE)
    (folder / "copies").mkdir(parents=True)
    left = folder / "copies" / "dead.part"
    left.write_bytes(bytes(MEGABYTE))
    cache.put(new_key(), bytes(10_000))
    assert left.exists(), "it may be alive"
    os.utime(left, (time.time() - 10_000,) * 2)
    cache.put(new_key(), bytes(10_000))
    assert not left.exists()
    assert len(copies_in(folder)) == 1


def test_what_is_deleted_is_not_read_here_either(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder)
    locator = cache.put(new_key(), b"gone").locator
    assert cache.delete([locator])[0].error is None
    with pytest.raises(NotFoundError):
        cache.open(locator)
    assert copies_in(folder) == []


def test_what_is_deleted_while_it_is_fetched_is_not_kept(behind: Distant, folder: Path) -> None:
    locator = put_behind(behind, sample(BIG))
    cache = cache_of(behind, folder)
    with cache.open(locator) as file:
        start = file.read(10)
        cache.delete([locator])
        with pytest.raises(NotFoundError):
            cache.open(locator)
        assert start + file.read() == sample(BIG)
    assert copies_in(folder) == []
    with pytest.raises(NotFoundError):
        cache.open(locator)
