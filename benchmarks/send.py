"""Sending to DCMTK's storescp, beside DCMTK's storescu, both with TCP_NODELAY.

    python benchmarks/send.py [--count 500] [--size 500000] [--rounds 3] [--folder DIR] [--json FILE]

Each round sends the same objects with one program, then with the other, to one storescp that writes them into
a folder. The archive's time is that of ``archive.send``, associations included; storescu's that of the
process, which reads all files first. The ratio is the median over the rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

import fileroom
from fileroom.network import Host
from fileroom.testing.datasets import Corpus

STORESCP, STORESCU = "/usr/bin/storescp", "/usr/bin/storescu"  # others have programs of these names
ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--size", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a disk, not memory")
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    if not Path(STORESCP).exists():
        sys.exit("needs DCMTK (Debian package dcmtk)")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
        rounds = measure(Path(work), arguments.count, arguments.size, arguments.rounds)
    show(rounds, arguments.count)
    if arguments.json:
        arguments.json.write_text(json.dumps({"count": arguments.count, "rounds": rounds}, indent=1))


def measure(work: Path, count: int, size: int, rounds: int) -> dict[str, list[float]]:
    files, received = work / "files", work / "received"
    files.mkdir()
    received.mkdir()
    seconds: dict[str, list[float]] = {"fileroom": [], "storescu": []}
    for number, instance in enumerate(Corpus(count, size)):
        (files / f"{number:05}.dcm").write_bytes(instance.data)
    with fileroom.open(work / "archive") as archive, storescp(received) as host:
        archive.ingest(files)
        patients = list(archive.find("patient"))
        for _ in range(rounds):
            report = archive.send(patients, host)
            assert report.sent == count, report.problems[:1]
            seconds["fileroom"].append(report.seconds)
            empty(received, count)
            seconds["storescu"].append(storescu(files, host))
            empty(received, count)
    return seconds


@contextlib.contextmanager
def storescp(folder: Path) -> Iterator[Host]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [STORESCP, "-aet", "STORESCP", "-od", str(folder), str(port)]
    process = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    try:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Host("STORESCP", "127.0.0.1", port)
    finally:
        process.terminate()
        process.wait()


def storescu(files: Path, host: Host) -> float:
    command = [STORESCU, "-aec", host.ae_title, "+sd", host.host, str(host.port), str(files)]
    started = time.perf_counter()
    subprocess.run(command, env=ENVIRONMENT, check=True)
    return time.perf_counter() - started


def empty(folder: Path, expected: int) -> None:
    """Make sure that all objects arrived, and make room for the next ones."""
    assert len(list(folder.iterdir())) == expected
    shutil.rmtree(folder)
    folder.mkdir()


def show(rounds: dict[str, list[float]], count: int) -> None:
    table = Table("sender", "seconds", "instances/s", "ratio")
    for name, seconds in rounds.items():
        median = statistics.median(seconds)
        pairs = zip(rounds["storescu"], seconds, strict=True)
        ratio = statistics.median(other / own for other, own in pairs)
        table.add_row(name, f"{median:.2f}", f"{count / median:.0f}", f"{ratio:.2f}")
    Console().print(table)
    Console().print("ratio: that row's rate over storescu's (above 1: faster than storescu)")


if __name__ == "__main__":
    main()
