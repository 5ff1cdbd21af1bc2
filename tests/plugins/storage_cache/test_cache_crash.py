"""SIGKILL at any moment, of several processes that share a folder: what was acknowledged stays."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fileroom.testing.storage_case import content, listed
from fileroom_plugins.storage_cache import uploading
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.plugins.storage_cache import cache_worker
from tests.plugins.storage_cache.cache_worker import data_of, open_cache
from tests.plugins.storage_cache.caches import bytes_in, until, waiting_in
from tests.thorough import times

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")

ROOT = Path(__file__).parents[3]


def run_and_kill(folder: Path, way: str, processes: int, chance: random.Random) -> tuple[set[str], set[str]]:
    """Return the keys that were acknowledged, and those whose deletion was begun."""
    command = [sys.executable, cache_worker.__file__, str(folder)]
    started = [
        subprocess.Popen(
            [*command, str(chance.randrange(10**6)), way],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # or what is read ahead with the first line is lost
            cwd=ROOT,
        )
        for _ in range(processes)
    ]
    first = started[0].stdout
    assert first is not None
    told = first.readline()
    time.sleep(chance.uniform(0, 0.4))
    for process in started:
        process.send_signal(signal.SIGKILL)
    for process in started:
        output, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, errors
        told += output[: output.rfind(b"\n") + 1]
    whole = told.decode().split()
    return {one for one in whole if one[0] != "-"}, {one[1:] for one in whole if one[0] == "-"}


def kill_many_times(tmp_path: Path, way: str, *, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    promised: set[str] = set()
    for number in range(kills):
        acknowledged, deleted = run_and_kill(tmp_path, way, 1 + number % 2, chance)
        promised = (promised | acknowledged) - deleted
        cache = open_cache(tmp_path, write_back=way == "back")
        assert promised <= listed(cache).keys()
        for _ in range(2):  # from wherever it is; then from the copies
            for key in promised:
                assert content(cache, key) == data_of(key)
        assert bytes_in(tmp_path / "cache") <= 1.2 * cache_worker.MAX_BYTES
        cache.close()
    assert len(promised) > 5 * kills
    cache = open_cache(tmp_path, write_back=False)
    until(lambda: not waiting_in(tmp_path / "cache"))
    cache.close()
    behind = FilesystemStorage(tmp_path / "behind")
    assert promised <= listed(behind).keys()
    for one in behind.list():
        assert content(behind, one.locator) == data_of(one.locator)


@pytest.fixture(autouse=True)
def _take_over_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "_ANOTHERS", 0.2)
    monkeypatch.setattr(uploading, "_POLL", 0.1)


@pytest.mark.parametrize("way", ["through", "back"])
def test_nothing_acknowledged_is_lost_and_nothing_torn_is_read(tmp_path: Path, way: str) -> None:
    kill_many_times(tmp_path, way, kills=3, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["through", "back"])
@pytest.mark.parametrize("seed", range(2, 2 + times(1)))
def test_nothing_acknowledged_is_lost_in_many_kills(tmp_path: Path, way: str, seed: int) -> None:
    kill_many_times(tmp_path, way, kills=10, seed=seed)
