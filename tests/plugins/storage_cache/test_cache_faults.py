"""Damaged copies, a folder that is full, forbidden or gone, a storage behind that is out of reach."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import NotFoundError, StorageError
from fileroom.storage import CHUNK, ByteRange
from fileroom.testing.storage_case import BrokenSource, content, listed, new_item, new_key, sample
from fileroom_plugins.storage_cache import checked
from fileroom_plugins.storage_cache.checked import BLOCK
from tests.plugins.storage_cache.caches import Distant, cache_of, copies_in

DATA = sample(5 * BLOCK + 100)


@pytest.fixture
def behind() -> Distant:
    return Distant()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0x10
    path.write_bytes(data)


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def blank(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "first byte": lambda path: flip(path, 0),
    "a byte in the middle": lambda path: flip(path, 3 * BLOCK + 5),
    "last byte": lambda path: flip(path, -1),
    "a checksum": lambda path: flip(path, len(DATA) + 3),
    "empty": lambda path: cut(path, 0),
    "a byte short": lambda path: cut(path, len(DATA)),
    "half": lambda path: cut(path, len(DATA) // 2),
    "its size, and no bytes": blank,
    "longer": lengthen,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize("byte_range", [ByteRange(), ByteRange(10, len(DATA) - 10)], ids=["whole", "part"])
def test_a_damaged_copy_is_found_removed_and_not_read(
    behind: Distant,
    folder: Path,
    damage: Callable[[Path], None],
    byte_range: ByteRange,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cache = cache_of(behind, folder)
    locator = cache.put(new_key(), DATA).locator
    damage(copies_in(folder)[0])
    start, end = byte_range.within(len(DATA))
    with caplog.at_level(logging.WARNING), cache.open(locator, byte_range) as file:
        assert file.read() == DATA[start:end]
    assert "damaged" in caplog.text
    assert cache.read_ranges(locator, [byte_range]) == [DATA[start:end]]
    assert content(cache, locator) == DATA


def test_a_range_that_does_not_touch_the_damage_is_read_here(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder)
    locator = cache.put(new_key(), DATA).locator
    flip(copies_in(folder)[0], 4 * BLOCK + 1)
    assert cache.read_ranges(locator, [ByteRange(0, 4 * BLOCK)]) == [DATA[: 4 * BLOCK]]
    assert behind.opened == []


def test_a_copy_under_another_ones_name_is_not_read(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder)
    one, other = (cache.put(new_key(), text).locator for text in (b"one", b"two"))
    paths = copies_in(folder)
    first, second = (path.read_bytes() for path in paths)
    paths[0].write_bytes(second)
    paths[1].write_bytes(first)
    assert (content(cache, one), content(cache, other)) == (b"one", b"two")


@given(st.integers(0, 3 * BLOCK), st.data())
def test_no_damage_goes_unnoticed(size: int, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        path, whose, original = Path(name) / "copy", bytes(20), sample(size)
        sums = checked.Sums()
        sums.add(original)
        whole = original + sums.ending(whose)
        position = data.draw(st.integers(0, len(whole) - 1))
        cut_off = data.draw(st.booleans())
        damaged = whole[:position] if cut_off else bytearray(whole)
        if isinstance(damaged, bytearray):
            damaged[position] ^= data.draw(st.integers(1, 255))
        path.write_bytes(damaged)
        noticed: list[None] = []
        try:
            file = checked.CheckedFile(path, whose, lambda: noticed.append(None))
        except checked.DamagedError:
            return
        assert file.read_at(0, size) is None
        file.close()
        assert noticed == [None]


@given(
    st.lists(st.binary(max_size=3 * BLOCK), max_size=5), st.integers(0, 4 * BLOCK), st.integers(1, 4 * BLOCK)
)
def test_any_range_of_a_sound_file_is_read(pieces: list[bytes], position: int, size: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        path, sums = Path(name) / "copy", checked.Sums()
        for piece in pieces:
            sums.add(piece)
        whole = b"".join(pieces)
        path.write_bytes(whole + sums.ending(bytes(20)))
        assert path.stat().st_size == checked.length(len(whole))
        file = checked.CheckedFile(path, bytes(20), lambda: None)
        assert file.read_at(position, size) == whole[position : position + size]
        file.close()


@pytest.mark.parametrize("again", [False, True], ids=["emptied", "removed"])
def test_a_folder_that_was_emptied_fills_again(behind: Distant, folder: Path, again: bool) -> None:
    cache = cache_of(behind, folder)
    locator = cache.put(new_key(), DATA).locator
    shutil.rmtree(folder if again else folder / "copies")
    assert content(cache, locator) == DATA
    assert len(copies_in(folder)) == 1
    assert cache.put(new_key(), b"x").size == 1


def test_a_copy_that_is_removed_while_it_is_read_is_read_on(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder)
    locator = cache.put(new_key(), sample(4 * CHUNK)).locator
    with cache.open(locator) as file:
        start = file.read(10)
        shutil.rmtree(folder)
        assert start + file.read() == sample(4 * CHUNK)


@pytest.fixture
def forbidden() -> Iterator[Path]:
    """A folder in which nothing can be made: a file stands where it should be."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "file"
        path.touch()
        yield path / "cache"


def test_a_folder_that_cannot_be_made_keeps_nobody_from_reading_and_putting(
    behind: Distant, forbidden: Path
) -> None:
    cache = cache_of(behind, forbidden)
    locator = cache.put(new_key(), iter([DATA])).locator
    assert content(cache, locator) == DATA
    assert content(cache, locator) == DATA
    assert any("no copies can be kept" in note for note in cache.notes())
    assert cache.delete([locator])[0].error is None


def mount(*arguments: str) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting takes root on Linux")
    run = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    if run.returncode != 0:
        pytest.skip(f"cannot mount here: {run.stderr.decode().strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "fileroom-test", str(disk))
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_keeps_nobody_from_reading_and_putting(behind: Distant, small_disk: Path) -> None:
    cache = cache_of(behind, small_disk / "cache")
    (small_disk / "others").write_bytes(bytes(900_000))
    large = sample(CHUNK)
    stored = [cache.put(new_key(), source) for source in (large, iter([large]))]
    for one in stored:
        assert content(cache, one.locator) == large
    assert copies_in(small_disk / "cache") == []
    assert any("no copies can be kept" in note for note in cache.notes())
    (small_disk / "others").unlink()
    assert content(cache, cache.put(new_key(), b"small").locator) == b"small"
    assert not any("no copies can be kept" in note for note in cache.notes())


def test_a_read_only_disk_keeps_nobody_from_reading_and_putting(behind: Distant, small_disk: Path) -> None:
    cache = cache_of(behind, small_disk / "cache")
    kept = cache.put(new_key(), b"kept").locator
    mount("-o", "remount,ro", str(small_disk))
    other = cache.put(new_key(), b"other").locator
    assert [content(cache, one) for one in (kept, other, other)] == [b"kept", b"other", b"other"]
    deletion = cache.delete([kept])[0]
    assert "copy" in str(deletion.error)
    assert content(behind, kept) == b"kept", "or the copy would be read for ever"


def test_copies_are_read_while_the_storage_behind_is_out_of_reach(behind: Distant, folder: Path) -> None:
    far = behind.put(new_key(), DATA).locator
    cache = cache_of(behind, folder)
    near = cache.put(new_key(), DATA).locator
    behind.down = True
    assert content(cache, near) == DATA
    assert cache.read_ranges(near, [ByteRange(5, 9)]) == [DATA[5:9]]
    for read in (cache.open, cache.stat, lambda one: cache.read_ranges(one, [ByteRange(0, 5)])):
        with pytest.raises(StorageError, match="out of reach"):
            read(far)
    with pytest.raises(StorageError, match="out of reach"):
        cache.put(new_key(), b"x")
    with pytest.raises(StorageError, match="out of reach"):
        listed(cache)
    assert [one.error is None for one in cache.delete([near, far])] == [False, False]
    behind.down = False
    assert content(cache, far) == DATA


def test_a_transfer_that_breaks_off_is_an_error_and_leaves_nothing(behind: Distant, folder: Path) -> None:
    locator = behind.put(new_key(), sample(4 * CHUNK)).locator
    cache = cache_of(behind, folder)
    with cache.open(locator) as file:
        file.read(10)
        behind.down = True
        with pytest.raises(StorageError, match="out of reach"):
            file.read()
    assert copies_in(folder) == []
    behind.down = False
    assert content(cache, locator) == sample(4 * CHUNK)


def test_what_failed_to_be_put_has_no_copy(behind: Distant, folder: Path) -> None:
    cache = cache_of(behind, folder)
    items = [new_item(iter([DATA])), new_item(BrokenSource(EOFError("broken"), 10)), new_item(b"x")]
    with pytest.raises(EOFError, match="broken"):
        cache.put_many(items)
    assert copies_in(folder) == []
    for item in items:
        with pytest.raises(NotFoundError):
            cache.open(item.key)


def test_an_archive_can_be_opened_while_the_storage_behind_is_out_of_reach(
    behind: Distant, folder: Path
) -> None:
    from fileroom_plugins.storage_cache.storage import CacheStorage

    def opener() -> Distant:
        behind.check()
        return behind

    behind.down = True
    with pytest.raises(StorageError, match="out of reach"):
        CacheStorage(opener, folder, max_bytes=CHUNK)
    behind.down = False
    cache = CacheStorage(opener, folder, max_bytes=CHUNK)
    locator = cache.put(new_key(), b"copied").locator
    cache.close()
    behind.down = True
    cache = CacheStorage(opener, folder, max_bytes=CHUNK)
    assert content(cache, locator) == b"copied"
    assert "cache: the storage behind is out of reach" in list(cache.notes())
    assert cache.delete([locator])[0].error is not None
    with pytest.raises(StorageError, match="out of reach"):
        cache.put(new_key(), b"x")
    behind.down = False
    assert content(cache, cache.put(new_key(), b"x").locator) == b"x"
