from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fileroom.errors import StorageError, StorageFullError
from fileroom.events import RemovedBatch, StoredBatch, StoredInstance
from fileroom.index import CommitStatus
from fileroom_plugins.journal import Options, fileroom_extension

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def journal(path: Path) -> Any:
    return fileroom_extension().open(Options(path))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def stored(*ids: str) -> StoredBatch:
    return StoredBatch(tuple(StoredInstance(id_, CommitStatus.STORED, 7, "md5:00") for id_ in ids))


def test_every_stored_instance_is_a_line(journal: Any, path: Path) -> None:
    replaced = StoredInstance("b", CommitStatus.REPLACED, 8, "md5:11")
    journal.fileroom_stored(StoredBatch((*stored("a").stored, replaced)))
    first, second = lines(path)
    moment = datetime.fromisoformat(str(first.pop("time")))
    assert timedelta(0) <= datetime.now(UTC) - moment < timedelta(minutes=1)
    assert first == {
        "event": "stored",
        "level": "instance",
        "id": "a",
        "status": "stored",
        "size": 7,
        "digest": "md5:00",
    }
    assert (second["id"], second["status"], second["size"]) == ("b", "replaced", 8)


def test_every_removed_resource_is_a_line_after_what_was_there(journal: Any, path: Path) -> None:
    journal.fileroom_stored(stored("a"))
    journal.fileroom_removed(RemovedBatch(((4, "a"), (1, "p"))))
    found = [(line["event"], line["level"], line["id"]) for line in lines(path)]
    assert found == [("stored", "instance", "a"), ("removed", "instance", "a"), ("removed", "patient", "p")]


def test_the_journal_can_be_moved_away_at_any_time(journal: Any, path: Path) -> None:
    journal.fileroom_stored(stored("a"))
    path.rename(path.with_name("old"))
    journal.fileroom_stored(stored("b"))
    assert [line["id"] for line in lines(path)] == ["b"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_its_owner_may_read_it(journal: Any, path: Path) -> None:
    journal.fileroom_stored(stored("a"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_batch_is_one_write_and_one_sync(journal: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    write, fsync = os.write, os.fsync

    def counted_write(handle: int, data: bytes) -> int:
        calls.append("write")
        return write(handle, data)

    def counted_fsync(handle: int) -> None:
        calls.append("sync")
        fsync(handle)

    monkeypatch.setattr(os, "write", counted_write)
    monkeypatch.setattr(os, "fsync", counted_fsync)
    journal.fileroom_stored(stored(*map(str, range(1000))))
    assert calls == ["write", "sync"]
    assert len(lines(path)) == 1000


def test_batches_of_threads_do_not_mix(journal: Any, path: Path) -> None:
    batches = [stored(*[f"{number}-{part}" for part in range(50)]) for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(journal.fileroom_stored, batches))
    ids = [str(line["id"]) for line in lines(path)]
    assert len(ids) == 1000
    starts = [ids[at : at + 50] for at in range(0, 1000, 50)]
    assert all(len({id_.partition("-")[0] for id_ in batch}) == 1 for batch in starts)


def test_several_processes_share_one_journal(path: Path) -> None:
    program = (
        "import pathlib, sys\n"
        "from fileroom.events import RemovedBatch\n"
        "from fileroom_plugins.journal import Options, fileroom_extension\n"
        "journal = fileroom_extension().open(Options(pathlib.Path(sys.argv[1])))\n"
        "for n in range(40): journal.fileroom_removed(RemovedBatch(((4, 'x' * 500),) * 20))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program, path]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert len(lines(path)) == 2 * 40 * 20


def test_a_folder_that_is_missing_is_one_clear_error(tmp_path: Path) -> None:
    journal: Any = fileroom_extension().open(Options(tmp_path / "no" / "journal.jsonl"))
    with pytest.raises(StorageError, match="journal: cannot append") as caught:
        journal.fileroom_stored(stored("a"))
    assert isinstance(caught.value.__cause__, OSError)


def test_a_line_torn_by_a_full_disk_does_not_spoil_the_next(
    journal: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: write(handle, data[:10]))
        with pytest.raises(StorageFullError):
            journal.fileroom_stored(stored("a"))
    journal.fileroom_stored(stored("b"))
    torn, whole = path.read_text().splitlines()
    assert len(torn) == 10
    assert json.loads(whole)["id"] == "b"


def test_a_full_disk_is_told_apart(journal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageFullError):
        journal.fileroom_stored(stored("a"))
