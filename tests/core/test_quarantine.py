from __future__ import annotations

import errno
import hashlib
import io
import logging
import os
import stat
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError, QueryError, StorageError, StorageFullError
from fileroom.quarantine import Quarantine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive" / "quarantine"


@pytest.fixture
def quarantine(folder: Path) -> Quarantine:
    return Quarantine(folder)


def read(quarantine: Quarantine, id_: str) -> bytes:
    with quarantine.open(id_) as file:
        return file.read()


def test_what_is_added_is_kept_with_its_reason(quarantine: Quarantine, folder: Path) -> None:
    entry = quarantine.add(b"damaged", "no UIDs", "in/x.dcm")
    sha256 = hashlib.sha256(b"damaged").hexdigest()
    assert (entry.id, entry.digest) == (sha256[:32], f"sha256:{sha256}")
    assert (entry.reason, entry.name, entry.size) == ("no UIDs", "in/x.dcm", 7)
    assert entry.date.tzinfo is not None
    again = Quarantine(folder)
    assert list(again.list()) == [entry]
    assert again.get(entry.id) == entry
    assert read(again, entry.id) == b"damaged"


def test_any_kind_of_source_can_be_added(quarantine: Quarantine, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    sources = (b"12345", memoryview(b"12345"), tmp_path / "file", io.BytesIO(b"12345"), iter([b"12", b"345"]))
    assert len({quarantine.add(source, "", "").id for source in sources}) == 1


def test_equal_bytes_are_kept_once_with_their_first_note(quarantine: Quarantine, folder: Path) -> None:
    first = quarantine.add(b"same", "first", "a")
    names = sorted(path.name for path in folder.iterdir())
    assert quarantine.add(b"same", "second", "b") == first
    assert list(quarantine.list()) == [first]
    assert sorted(path.name for path in folder.iterdir()) == names


def test_entries_are_listed_oldest_first(quarantine: Quarantine) -> None:
    ids = [quarantine.add(b"%d" % number, "", "").id for number in range(8)]
    assert [entry.id for entry in quarantine.list()] == ids


def test_nothing_is_made_before_the_first_object_comes(quarantine: Quarantine, tmp_path: Path) -> None:
    assert list(quarantine.list()) == []
    assert quarantine.discard_unfinished(0) == 0
    with pytest.raises(NotFoundError):
        quarantine.discard("abcdef")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_its_owner_may_look_into_it(quarantine: Quarantine, folder: Path) -> None:
    quarantine.add(b"x", "", "")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = [path for path in folder.iterdir() if path.suffix in {".bin", ".json"}]
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600] * 2


def test_a_unique_beginning_of_an_id_is_enough(quarantine: Quarantine) -> None:
    entry = quarantine.add(b"x", "", "")
    assert quarantine.get(entry.id[:4]) == entry
    assert quarantine.get(entry.digest.removeprefix("sha256:")) == entry


def test_a_beginning_that_several_share_is_a_query_error(quarantine: Quarantine, folder: Path) -> None:
    quarantine.add(b"x", "", "")
    for last in "01":
        (folder / f"{'ab' * 31}a{last}.bin").write_bytes(b"")
    with pytest.raises(QueryError, match="more digits"):
        quarantine.discard("abab")
    assert len(list(quarantine.list())) == 3


@pytest.mark.parametrize("id_", ["", "abc", "0000", "../etc", "*", "zzzz", "ABCD", "f" * 32, "a" * 65])
def test_an_id_that_is_not_there_is_not_found(quarantine: Quarantine, id_: str) -> None:
    quarantine.add(b"x", "", "")
    for method in (quarantine.get, quarantine.open, quarantine.discard):
        with pytest.raises(NotFoundError):
            method(id_)


def test_what_is_discarded_is_gone_and_the_others_stay(quarantine: Quarantine, folder: Path) -> None:
    entry, other = quarantine.add(b"x", "", ""), quarantine.add(b"y", "", "")
    quarantine.discard(entry.id)
    assert list(quarantine.list()) == [other]
    assert [path for path in folder.iterdir() if path.name.startswith(entry.id)] == []
    with pytest.raises(NotFoundError):
        quarantine.open(entry.id)
    assert quarantine.add(b"x", "again", "").reason == "again"


def test_bytes_without_a_note_are_listed_and_can_be_noted(quarantine: Quarantine, folder: Path) -> None:
    entry = quarantine.add(b"x", "reason", "name")
    next(folder.glob("*.json")).unlink()
    (found,) = quarantine.list()
    assert (found.id, found.reason, found.name) == (entry.id, "unknown: interrupted", "")
    assert read(quarantine, found.id) == b"x"
    assert quarantine.add(b"x", "known now", "").reason == "known now"


@pytest.mark.parametrize("note", [b"", b"\xff", b"[]", b"{}", b'{"reason": "", "name": "", "date": "today"}'])
def test_a_damaged_note_hides_nothing(quarantine: Quarantine, folder: Path, note: bytes) -> None:
    entry = quarantine.add(b"x", "reason", "name")
    next(folder.glob("*.json")).write_bytes(note)
    (found,) = quarantine.list()
    assert (found.id, found.size) == (entry.id, 1)
    assert found.reason == "unknown: its note is damaged"


def test_foreign_files_in_the_folder_are_left_alone(quarantine: Quarantine, folder: Path) -> None:
    quarantine.add(b"x", "", "")
    (folder / "README.bin").write_text("mine")
    assert len(list(quarantine.list())) == 1
    quarantine.discard_unfinished(0)
    assert (folder / "README.bin").exists()


def test_a_source_that_fails_leaves_nothing_and_raises_its_own_error(
    quarantine: Quarantine, folder: Path
) -> None:
    def failing() -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.EIO, "disk on fire")

    with pytest.raises(OSError, match="disk on fire") as caught:
        quarantine.add(failing(), "", "")
    assert caught.type is OSError
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "expected"), [(errno.ENOSPC, StorageFullError), (errno.EROFS, StorageError)]
)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_folder_that_cannot_be_written_is_one_clear_error(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[Exception], call: str
) -> None:
    quarantine.add(b"there before", "", "")

    def fail(*args: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(expected) as caught:
            quarantine.add(b"new", "", "patient.dcm")
    assert caught.type is expected
    assert isinstance(caught.value.__cause__, OSError)
    assert "patient" not in str(caught.value)
    assert [entry.size for entry in quarantine.list()] == [12]
    assert quarantine.discard_unfinished(0) == 0


def test_a_folder_that_is_a_file_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    quarantine = Quarantine(tmp_path / "file")
    with pytest.raises(StorageError):
        quarantine.add(b"x", "", "")
    with pytest.raises(StorageError):
        list(quarantine.list())


def test_a_note_may_hold_any_text_and_nothing_of_it_is_logged(
    quarantine: Quarantine, caplog: pytest.LogCaptureFixture
) -> None:
    name = "Müller^\ud800\0\n.dcm"
    with caplog.at_level(logging.DEBUG):
        entry = quarantine.add(b"x", "reason", name)
        assert quarantine.get(entry.id).name == name
    assert caplog.records == []


def test_a_large_object_is_not_held_in_memory(quarantine: Quarantine) -> None:
    pieces = (bytes(1 << 20) for _ in range(40))
    tracemalloc.start()
    try:
        assert quarantine.add(pieces, "", "").size == 40 << 20
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_what_an_interrupted_call_left_behind_can_be_removed(quarantine: Quarantine, folder: Path) -> None:
    entry = quarantine.add(b"x", "", "")
    (folder / "tmp0.tmp").write_bytes(b"half")
    assert list(quarantine.list()) == [entry]
    assert quarantine.discard_unfinished(older_than=3600) == 0
    assert quarantine.discard_unfinished(older_than=-1) == 1
    assert list(quarantine.list()) == [entry]


def test_threads_that_add_and_discard_equal_bytes_agree(quarantine: Quarantine) -> None:
    def add_and_discard(number: int) -> bool:
        entry = quarantine.add(b"%d" % (number % 3), "", "")
        if number % 2:
            try:
                quarantine.discard(entry.id)
            except NotFoundError:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_and_discard, range(60)))
    for entry in quarantine.list():
        assert entry.reason == ""
        assert hashlib.sha256(read(quarantine, entry.id)).hexdigest()[:32] == entry.id


def test_processes_that_add_equal_bytes_agree(quarantine: Quarantine, folder: Path) -> None:
    program = (
        "import pathlib, sys; from fileroom.quarantine import Quarantine\n"
        "for n in range(10): Quarantine(pathlib.Path(sys.argv[1])).add(b'%d' % n, sys.argv[2], '')"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, folder, str(number)]) for number in range(2)
    ]
    assert [process.wait() for process in processes] == [0, 0]
    entries = list(quarantine.list())
    assert len(entries) == 10
    assert {entry.reason for entry in entries} <= {"0", "1"}
