"""Archives and their workers are killed while they process what was stored: each object is done once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import fileroom
from tests.core.distributions import Site, install_site
from tests.integration.matrix import config_of
from tests.integration.on_store_processors import INSTALLED, NAME, check_done
from tests.integration.storing_for_twins import LEASE
from tests.thorough import times

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="where a worker does not see its parent die"),
]

site = pytest.fixture(install_site, name="site")

AT_A_TIME = 2
OBJECTS = 8


def start(config: dict[str, Any], number: int, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.integration.storing_for_twins",
            json.dumps(config),
            str(number * OBJECTS),
            str(OBJECTS),
            str(folder / "acknowledged"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.fixture
def installed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.install("acme", plugins={NAME: "acme_twin:fileroom_processor"}, modules={"acme_twin": INSTALLED})
    monkeypatch.setattr("fileroom._on_store.notes.LEASE", LEASE)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("pair", "deadly", "jobs"),
    [
        (("sqlite", "filesystem"), 0.1, 1),
        (("sqlite", "sql"), 0.0, 0),
        (("postgres", "sql"), 0.1, 1),
        (("postgres", "s3"), 0.0, 0),
        (("postgres", "s3"), 0.1, 2),
    ],
)
def test_however_many_are_killed_each_acknowledged_object_is_processed_once(
    request: pytest.FixtureRequest, tmp_path: Path, pair: tuple[str, str], deadly: float, jobs: int
) -> None:
    config = config_of(request, tmp_path / "archive", *pair)
    config["processing"] = {"on_store": [NAME], "jobs": jobs, "timeout": 20.0, "retries": 20}
    config["plugins"] = {NAME: {"deadly": deadly}}
    with fileroom.open(**config):
        pass
    chance = random.Random(f"{pair} {jobs}")
    killed = 0
    for number in range(times(3)):
        running = [start(config, number * AT_A_TIME + each, tmp_path) for each in range(AT_A_TIME)]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == b"open\n"
        for process in running:
            time.sleep(chance.uniform(0.0, 2.0))
            killed += process.poll() is None
            process.kill()
            process.communicate()
    assert killed, "none was killed: the test proves nothing"
    config["plugins"] = {}
    with fileroom.open(**config) as archive:
        assert archive.on_store.wait()
        acknowledged = (tmp_path / "acknowledged").read_text().split()
        originals = [one.uid for one in archive.find("instance") if not one.labels]
        assert set(acknowledged) <= set(originals)
        check_done(archive, originals)
