"""Beside the real ``dcmqrscp``: its files are known for what they are, and ours do not disturb it."""

from __future__ import annotations

import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.datasets import make_instance
from fileroom.testing.storage_case import content, new_key
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.dcmtk import dcmtk, needs_dcmtk
from tests.plugins.storage_filesystem.areas import INSTANCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs_dcmtk

CONFIGURATION = """
NetworkTCPPort = {port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
AREA {area} RW (200, 1024mb) ANY
AETable END
"""
PATIENCE = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def area(tmp_path: Path) -> Path:
    folder = tmp_path / "area"
    folder.mkdir()
    return folder


@pytest.fixture
def port(area: Path, tmp_path: Path) -> Iterator[int]:
    """A ``dcmqrscp`` that stores into the area."""
    port = free_port()
    (tmp_path / "dcmqrscp.cfg").write_text(CONFIGURATION.format(port=port, area=area), encoding="ascii")
    command = [dcmtk("dcmqrscp"), "-c", str(tmp_path / "dcmqrscp.cfg"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            yield port
        finally:
            server.terminate()


def send(port: int, *files: Path) -> None:
    command = [dcmtk("storescu"), "-aec", "AREA", "localhost", str(port), *map(str, files)]
    deadline = time.monotonic() + PATIENCE
    while (run := subprocess.run(command, capture_output=True, check=False)).returncode:
        assert time.monotonic() < deadline, run.stderr  # it may not listen yet


def test_files_that_dcmqrscp_stores_are_known_and_not_owned(area: Path, port: int, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.dcm" for number in range(3)]
    for number, file in enumerate(files):
        file.write_bytes(make_instance(instance_number=number))
    send(port, *files)
    storage = FilesystemStorage(area)
    ours = storage.put(new_key(), b"x", INSTANCE)
    send(port, *files[:1])
    theirs = [one for one in storage.list() if one.locator != ours.locator]
    assert ours.owned
    assert len(theirs) >= len(files)
    assert not any(one.owned for one in theirs)
    for one in theirs:
        assert storage.locator_of(area / one.locator) == one.locator
        assert content(storage, one.locator)[128:132] == b"DICM"
    known = {one.locator for one in theirs} | {ours.locator, "index.dat", ".fileroom-storage"}
    assert {path.name for path in area.iterdir()} == known
