"""Runs Debian's Orthanc on loopback, as the peer of the import benchmark."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PROGRAM = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")


@contextlib.contextmanager
def server(folder: Path, more: Mapping[str, object] | None = None) -> Iterator[int]:
    """Start Orthanc and yield its HTTP port.

    Args:
        folder: where it may write.
        more: what to configure; its defaults are SQLite, files synced, index not.
    """
    assert PROGRAM is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "orthanc.json"
    config.write_text(
        json.dumps(
            {
                "StorageDirectory": str(folder / "storage"),
                "HttpPort": port,
                "DicomServerEnabled": False,
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": False,
                "Plugins": [],
                **(more or {}),
            }
        )
    )
    log = (folder / "orthanc.log").open("wb")
    process = subprocess.Popen([PROGRAM, str(config)], stdout=log, stderr=log)
    try:
        _await(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/system")
            connection.getresponse().read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def post_all(port: int, paths: Sequence[Path], clients: int) -> float:
    """POST files with so many keep-alive connections; return the seconds it took."""
    queue = iter(paths)
    lock = threading.Lock()
    failures: list[int] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            with lock:
                path = next(queue, None)
            if path is None:
                return
            connection.request("POST", "/instances", path.read_bytes())
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                failures.append(response.status)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    return time.perf_counter() - started
