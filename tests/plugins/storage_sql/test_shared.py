"""Index and storage in one database: one transaction holds both, whenever a process dies."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

import fileroom
from fileroom.reports import Status
from fileroom.testing.datasets import make_instance
from fileroom.testing.storage_case import sample
from fileroom_plugins.storage_sql.storage import SqlStorage
from tests.plugins.storage_sql.looking import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom import Archive
    from fileroom.attachments import Attachment

SERVERS = {"postgres": "postgres", "mariadb": "sql"}
"""The backends of indexes on servers."""

DIED = 9
PIECE = 1 << 20
PROGRAM = f"""
import json, os, sys
from pathlib import Path
from sqlalchemy import event
import fileroom

folder, tables, verb, moment = sys.argv[1:]
archive = fileroom.open(Path(folder, "archive"), **json.loads(tables))
archive.find("study").first()
count = 0

def die(*_):
    global count
    count += 1
    if count == 1:
        os._exit({DIED})

def after(function):
    def run(*given):
        result = function(*given)
        die()
        return result
    return run

engine = archive.storage.database.engine
if moment == "the bytes were put":
    storage = archive.storage.inner
    storage.put_many, storage.splice = after(storage.put_many), after(storage.splice)
elif moment == "the index was told":
    archive.index.commit, archive.index.edit = after(archive.index.commit), after(archive.index.edit)
    archive.index.remove = after(archive.index.remove)
elif moment == "all was committed":
    dbapi_commit = engine.dialect.do_commit
    engine.dialect.do_commit = after(dbapi_commit)
else:
    event.listen(engine, "commit", die)

study = archive.find("study").first()
if verb == "import":
    archive.ingest(Path(folder, "incoming"))
elif verb == "attach":
    study.attach(1024, b"another")
elif verb == "append":
    study.attachments[1024].append(b"more")
else:
    archive.delete(study)
"""


@pytest.fixture(params=["sqlite", *(pytest.param(each, marks=pytest.mark.slow) for each in SERVERS)])
def tables(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The tables of a configuration in which index and storage share a database."""
    if request.param == "sqlite":
        place: dict[str, Any] = {"path": "all.sqlite"}
        return {"index": {"backend": "sqlite", **place}, "storage": {"backend": "sql", **place}}
    place = {"url": request.getfixturevalue(f"{request.param}_url")}
    return {"index": {"backend": SERVERS[request.param], **place}, "storage": {"backend": "sql", **place}}


@pytest.fixture
def archive(tables: dict[str, Any], tmp_path: Path) -> Iterator[Archive]:
    with fileroom.open(tmp_path / "archive", **tables) as opened:
        yield opened


def storage_of(archive: Archive) -> SqlStorage:
    inner = archive.storage.inner  # type: ignore[attr-defined]  # what archives wrap theirs in
    assert isinstance(inner, SqlStorage)
    return inner


def pointed_at(archive: Archive) -> set[str | None]:
    return {record.locator for _, record in archive.index.attachments()}


def lying_there(archive: Archive) -> set[str]:
    return {one.locator for one in archive.storage.list()}


def write_instances(folder: Path, count: int, first: int = 0) -> Path:
    folder.mkdir()
    for number in range(first, first + count):
        (folder / f"{number}.dcm").write_bytes(make_instance(sop_uid=f"1.2.3.{number}"))
    return folder


def test_a_batch_is_committed_once(archive: Archive, tmp_path: Path) -> None:
    commits: list[object] = []
    event.listen(storage_of(archive).database.engine, "commit", commits.append)
    report = archive.ingest(write_instances(tmp_path / "incoming", 20))
    assert report.counts[Status.STORED] == 20
    assert len(commits) == 1
    assert len(lying_there(archive)) == 20


def test_attaching_replacing_and_deleting_are_committed_once_each(archive: Archive) -> None:
    archive.store(make_instance()).check()
    study = archive.find("study").first()
    assert study
    commits: list[object] = []
    event.listen(storage_of(archive).database.engine, "commit", commits.append)
    for action in (
        lambda: study.attach(1024, b"first"),
        lambda: study.attachments[1024].append(b" and second"),
        lambda: study.attach(1024, b"third"),
        lambda: archive.delete(study),
    ):
        commits.clear()
        action()
        assert len(commits) == 1
        assert lying_there(archive) == pointed_at(archive)
    assert rows(storage_of(archive)) == {"chunk": 0, "extent": 0, "family": 0, "loose": 0, "object": 0}


@pytest.mark.parametrize(
    "tables", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True
)
@pytest.mark.parametrize(
    "moment",
    ["the bytes were put", "the index was told", "all was to be committed", "all was committed"],
)
@pytest.mark.parametrize(
    "verb",
    ["import", *(pytest.param(verb, marks=pytest.mark.slow) for verb in ("attach", "append", "delete"))],
)
def test_a_process_that_dies_leaves_neither_orphans_nor_dangling_rows(
    tables: dict[str, Any], tmp_path: Path, verb: str, moment: str
) -> None:
    with fileroom.open(tmp_path / "archive", **tables) as archive:
        archive.ingest(write_instances(tmp_path / "before", 3))
        study = archive.find("study").first()
        assert study
        study.attach(1024, sample(300_000))
        before = pointed_at(archive)
    write_instances(tmp_path / "incoming", 5, first=10)
    words = [sys.executable, "-c", PROGRAM, str(tmp_path), json.dumps(tables), verb, moment]
    died = subprocess.run(words, check=False, timeout=120, capture_output=True)
    no_such_moment = verb == "delete" and moment == "the bytes were put"
    assert died.returncode == (0 if no_such_moment else DIED), died.stderr
    with fileroom.open(tmp_path / "archive", **tables) as archive:
        assert lying_there(archive) == pointed_at(archive)
        happened = no_such_moment or moment == "all was committed"
        assert (pointed_at(archive) != before) == happened
        assert archive.sweep().orphans == 0
        assert list(archive.verify()) == []


def test_a_large_attachment_on_its_way_holds_nobody_up(archive: Archive) -> None:
    archive.store(make_instance()).check()
    study = archive.find("study").first()
    assert study

    def source() -> Iterator[bytes]:
        for number in range(20):
            yield bytes([number]) * PIECE
        thread = threading.Thread(target=store_another)
        thread.start()
        thread.join(20)
        yield b"end"

    def store_another() -> None:
        archive.store(make_instance(sop_uid="1.2.3.4")).check()
        stored.append(True)

    stored: list[bool] = []
    attachment = study.attach(1024, source())
    assert stored
    assert attachment.size == 20 * PIECE + 3
    assert attachment.read(19 * PIECE - 1, 19 * PIECE + 1) == b"\x12\x13"
    assert rows(storage_of(archive))["loose"] == 0


@pytest.mark.parametrize("size", [1_000, 3 * PIECE], ids=["copied", "spliced"])
@pytest.mark.parametrize("pieces", [0, 20])
def test_a_change_whose_source_is_slow_holds_nobody_up(archive: Archive, size: int, pieces: int) -> None:
    attachment = attached(archive, bytes(size))
    others = Others(archive)

    def source() -> Iterator[bytes]:
        for _ in range(pieces):
            yield bytes(PIECE)
        others.store()
        yield b"end"

    attachment.append(source())
    assert others.stored == 1
    attachment.splice(10, 5, source())
    assert others.stored == 2
    assert attachment.size == size + 2 * (pieces * PIECE + 3) - 5
    assert attachment.read(pieces * PIECE + 9, pieces * PIECE + 14) == b"\0end\0"
    assert list(archive.verify()) == []
    assert lying_there(archive) == pointed_at(archive)
    assert rows(storage_of(archive))["loose"] == 0


def test_a_large_file_that_was_written_to_holds_nobody_up_when_it_is_closed(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachment = attached(archive, bytes(20 * PIECE))
    others, opened = Others(archive), archive.storage.open

    class Slow(io.BufferedReader):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            if not others.stored and self.tell() > 12 * PIECE:
                others.store()
            return data

    monkeypatch.setattr(archive.storage, "open", lambda *place: Slow(opened(*place)))  # type: ignore[arg-type]
    with attachment.open("r+b") as file:
        file.write(b"first")
        file.seek(-4, io.SEEK_END)
        file.write(b"last")
    assert others.stored == 1
    monkeypatch.undo()
    assert attachment.read() == b"first" + bytes(20 * PIECE - 9) + b"last"


def attached(archive: Archive, data: bytes) -> Attachment:
    archive.store(make_instance()).check()
    study = archive.find("study").first()
    assert study
    return study.attach(1024, data)


class Others:
    """Those who store meanwhile."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.stored = 0

    def store(self) -> None:
        """Store an instance in another thread, if that is possible."""
        thread = threading.Thread(target=self._store)
        thread.start()
        thread.join(5)

    def _store(self) -> None:
        self._archive.store(make_instance(sop_uid=f"1.2.3.{self.stored}")).check()
        self.stored += 1


def test_a_large_attachment_that_the_index_refuses_leaves_no_object(archive: Archive) -> None:
    archive.store(make_instance()).check()
    study = archive.find("study").first()
    assert study

    def source() -> Iterator[bytes]:
        for _ in range(20):
            yield bytes(PIECE)
        thread = threading.Thread(target=archive.delete, args=[study])
        thread.start()
        thread.join(20)

    with pytest.raises(fileroom.NotFoundError):
        study.attach(1024, source())
    assert lying_there(archive) == pointed_at(archive) == set()
    storage_of(archive).discard_unfinished(0)
    assert rows(storage_of(archive))["chunk"] == 0
