"""Processing on store while things fail: what was stored is processed once, as far as can be seen."""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress
from pathlib import Path

import pytest

import fileroom
from fileroom._on_store.notes import Lease
from fileroom._on_store.runner import Runner
from fileroom.archive import Archive
from fileroom.errors import CatalogError, FileroomError
from fileroom.testing.datasets import make_instance
from fileroom.testing.faults import Died, FaultyIndex, FaultyStorage
from tests.integration.migration_archives import Memory
from tests.integration.on_store_processors import NAME, Plugins, check_done

ORIGINALS = ["1.2.1", "1.2.2"]


@pytest.fixture
def memory() -> Memory:
    return Memory()


def store(archive: Archive, *uids: str, **tags: str) -> None:
    for uid in uids:
        archive.store(make_instance(sop_uid=uid, rows=4, columns=4, tags=tags)).check()


SLOW = pytest.mark.slow
"""For errors, after which the same goes on, and for what reads, and so leaves nothing half done."""


@pytest.mark.parametrize(
    "kind", [Died(), pytest.param(CatalogError("busy"), marks=SLOW)], ids=["death", "error"]
)
@pytest.mark.parametrize(
    "method",
    [
        "put_many",
        "edit",
        "commit",
        pytest.param("delete", marks=SLOW),
        pytest.param("changes", marks=SLOW),
        pytest.param("details", marks=SLOW),
    ],
)
def test_wherever_it_ends_each_object_is_processed_once(
    memory: Memory, tmp_path: Path, kind: BaseException, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fileroom._on_store.notes.LEASE", 0.1)  # what died holds it

    def opened(step: int) -> Archive:
        place = {"backend": "memory", "place": str(step)}
        processing = {"on_store": [NAME], "retries": 9}
        return fileroom.open(
            tmp_path, register=[memory, Plugins()], index=place, storage=place, processing=processing
        )

    for step in itertools.count(1):
        with opened(step) as archive:
            archive.on_store.close()  # so that the work is done here
            store(archive, *ORIGINALS)
            archive.storage = FaultyStorage(archive.storage, {method: step}, kind)
            archive.index = FaultyIndex(archive.index, {method: step}, kind)
            lease = Lease(archive.index)
            stop = threading.Event()
            options = archive.config.processing
            runner = Runner(archive, options, lease, stop, on_done=lambda: None, start=0)
            with suppress(Died, FileroomError), runner:
                lease.take()
                while not runner.work():
                    pass
            with suppress(Died, FileroomError):
                lease.release()
            struck = archive.storage.struck or archive.index.struck
        with opened(step) as archive:
            assert archive.on_store.wait()
            check_done(archive, ORIGINALS)
        if not struck:
            return
