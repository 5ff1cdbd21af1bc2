"""What goes wrong, what is said of it, and that nothing is left behind."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, event, update

from fileroom.plugin import (
    AlreadyExistsError,
    ByteRange,
    CatalogError,
    PutItem,
    StorageError,
    StorageFullError,
)
from fileroom.testing.storage_case import BrokenSource, content, listed, new_item, new_key, sample
from fileroom_plugins.databases.opening import open_database, open_sqlite
from fileroom_plugins.storage_sql import loose, writing
from fileroom_plugins.storage_sql.schema import chunks
from fileroom_plugins.storage_sql.storage import SqlStorage
from tests.plugins.storage_sql.looking import EMPTY, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.pool import PoolProxiedConnection

    from tests.servers.postgres import PostgresServer

HOUR = 3_600.0
KILLED = 9
PUT_AND_DIE = f"""
import os, sys, uuid
from pathlib import Path
from fileroom_plugins.databases.opening import open_sqlite
from fileroom_plugins.storage_sql.storage import SqlStorage

def source():
    for _ in range(20):
        yield bytes(1 << 20)
    os._exit({KILLED})

SqlStorage(open_sqlite(Path(sys.argv[1])), chunk_size=1 << 18).put(str(uuid.uuid4()), source())
"""


@pytest.fixture
def stepwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold 64 bytes in memory, so that small objects are written as large ones are."""
    monkeypatch.setattr(writing, "_HELD", 64)


def opened(path: Path, busy_timeout: float = 30.0) -> SqlStorage:
    return SqlStorage(open_sqlite(path, "normal", busy_timeout), chunk_size=16)


# Objects that are not finished


def test_what_a_process_left_behind_that_died_is_not_seen_and_can_be_removed(tmp_path: Path) -> None:
    path = tmp_path / "objects.sqlite"
    died = subprocess.run([sys.executable, "-c", PUT_AND_DIE, str(path)], check=False, timeout=60)
    assert died.returncode == KILLED
    storage = opened(path)
    assert listed(storage) == {}
    assert rows(storage)["chunk"] >= 32
    assert storage.discard_unfinished(HOUR) == 0
    assert storage.discard_unfinished(0) == 1
    assert rows(storage) == EMPTY
    storage.close()


@pytest.mark.usefixtures("stepwise")
def test_large_objects_and_small_ones_of_one_call_read_as_they_were_put(storage: SqlStorage) -> None:
    sizes = [0, 5, 300, 16, 64, 0, 1_000]
    stored = storage.put_many([new_item(sample(size, size)) for size in sizes])
    assert [content(storage, one.locator) for one in stored] == [sample(size, size) for size in sizes]
    assert rows(storage)["loose"] == 0
    storage.delete([one.locator for one in stored])
    assert rows(storage) == EMPTY


@pytest.mark.usefixtures("stepwise")
def test_a_source_that_fails_late_leaves_nothing(storage: SqlStorage) -> None:
    with pytest.raises(RuntimeError):
        storage.put_many([new_item(sample(500)), new_item(BrokenSource(RuntimeError("broken"), 500))])
    assert rows(storage) == EMPTY


@pytest.mark.usefixtures("stepwise")
def test_a_key_that_turns_out_to_be_taken_leaves_nothing_new(storage: SqlStorage) -> None:
    locator = storage.put(new_key(), b"first").locator
    before = rows(storage)
    with pytest.raises(AlreadyExistsError):
        storage.put_many([new_item(sample(500)), PutItem(locator, sample(500))])
    assert rows(storage) == before


@pytest.mark.usefixtures("stepwise")
@pytest.mark.parametrize("rest", [0, 200])
def test_what_was_discarded_while_it_was_written_is_not_stored(storage: SqlStorage, rest: int) -> None:
    def source() -> Iterator[bytes]:
        yield sample(200)
        assert storage.discard_unfinished(0) == 1
        yield sample(rest)

    with pytest.raises(StorageError, match="discarded as unfinished, after a long pause: store it again"):
        storage.put(new_key(), source())
    assert rows(storage) == EMPTY


def test_the_chunks_of_a_large_object_are_removed_bit_by_bit(storage: SqlStorage) -> None:
    locator = storage.put(new_key(), sample(16 * 600)).locator
    storage.delete([locator])
    assert rows(storage) == EMPTY


def test_what_a_deletion_did_not_get_to_is_removed_later(
    storage: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    locator = storage.put(new_key(), sample(16 * 600)).locator

    def fail(*_: object) -> int:
        raise CatalogError("the server went away")

    with monkeypatch.context() as broken:
        broken.setattr(loose, "clear", fail)
        assert [each.error for each in storage.delete([locator])] == [None]
    assert listed(storage) == {}
    assert rows(storage) == EMPTY | {"chunk": 600, "loose": 1}
    assert storage.discard_unfinished(HOUR) == 1
    assert rows(storage) == EMPTY


# Damage


@pytest.mark.parametrize("damage", ["a chunk is gone", "a chunk is too short"])
def test_a_damaged_object_is_told_and_the_rest_of_it_can_be_read(storage: SqlStorage, damage: str) -> None:
    locator = storage.put(new_key(), sample(160)).locator
    third = chunks.c.number == 3
    harm = delete(chunks) if "gone" in damage else update(chunks).values(data=bytes(15))
    storage.database.write(lambda connection: connection.execute(harm.where(third)))
    with pytest.raises(StorageError, match="are not all there"):
        content(storage, locator)
    with pytest.raises(StorageError, match="are not all there"):
        storage.read_ranges(locator, [ByteRange(40, 70)])
    assert storage.read_ranges(locator, [ByteRange(0, 48), ByteRange(64)]) == [
        sample(160)[:48],
        sample(160)[64:],
    ]


# The database


def test_a_database_that_is_full_is_told_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "objects.sqlite", "normal")
    event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 100"))
    storage = SqlStorage(database, chunk_size=1_024)
    kept = storage.put(new_key(), sample(1_000)).locator
    with pytest.raises(StorageFullError, match="no space is left for it: free some, then try again"):
        storage.put(new_key(), sample(1 << 20))
    assert listed(storage) == {kept: 1_000}
    assert content(storage, storage.put(new_key(), b"small").locator) == b"small"
    storage.close()


@pytest.mark.parametrize("verb", ["put", "splice"])
def test_what_was_committed_and_nobody_heard_of_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    storage = opened(tmp_path / "objects.sqlite")
    kept = storage.put(new_key(), sample(100)).locator
    commit = storage.database.engine.dialect.do_commit

    def commit_and_lose_the_connection(connection: PoolProxiedConnection) -> None:
        monkeypatch.undo()
        commit(connection)
        raise sqlite3.ProgrammingError("Cannot operate on a closed database.")

    monkeypatch.setattr(storage.database.engine.dialect, "do_commit", commit_and_lose_the_connection)
    given = {"put": (new_key(), sample(100)), "splice": (kept, new_key(), None, 0, sample(100))}
    with pytest.raises(StorageError, match="the connection was lost"):
        getattr(storage, verb)(*given[verb])
    assert listed(storage) == {kept: 100}
    storage.delete([kept])
    assert rows(storage) == EMPTY
    storage.close()


def test_a_database_that_another_process_writes_to_is_told_after_a_while(tmp_path: Path) -> None:
    path = tmp_path / "objects.sqlite"
    storage, other = opened(path, 0.05), SqlStorage(open_sqlite(path, "full"), chunk_size=16)
    locator = storage.put(new_key(), b"kept").locator
    with other.database.unit():
        other.put(new_key(), b"not yet")
        with pytest.raises(StorageError, match="another process is writing to it"):
            storage.put(new_key(), b"refused")
        (deletion,) = storage.delete([locator])
        assert isinstance(deletion.error, StorageError)
        assert content(storage, locator) == b"kept"
    assert len(listed(storage)) == 2
    storage.close()
    other.close()


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="needs a folder that is not there")
def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened: check that its folder is there"):
        opened(tmp_path / "absent" / "objects.sqlite")


@pytest.mark.slow
def test_a_server_that_is_gone_is_named_and_used_again_when_it_is_back(own_postgres: PostgresServer) -> None:
    storage = SqlStorage(open_database(own_postgres.url()), chunk_size=1_024)
    locator = storage.put(new_key(), sample(100_000)).locator
    host = own_postgres.url().partition("@")[2]
    with storage.open(locator) as file:
        own_postgres.kill()
        for action in (
            lambda: storage.put(new_key(), b"lost"),
            lambda: storage.stat(locator),
            lambda: list(storage.list()),
            file.read,
        ):
            with pytest.raises(StorageError, match=host):
                action()
        assert isinstance(storage.delete([locator])[0].error, StorageError)
        own_postgres.start()
        assert file.read() == sample(100_000)
    assert listed(storage) == {locator: 100_000}
    storage.close()
