"""Thumbnails of CT slices, beside Orthanc's ``rendered``.

    python benchmarks/thumbnails.py [--count 200] [--rounds 3] [--workers 2] [--folder DIR] [--json FILE]

Both hold the same slices of 512 by 512 pixels of 16 bits. Orthanc is started on a free port of loopback, in
the same folder, and asked by as many clients as there are workers: for ``rendered`` as it comes (a full PNG),
and for a PNG and a JPEG of 256 by 256 pixels. Fileroom's workers are processes that make a JPEG of 256 by 256
without keeping it: of instances of an archive, which each has open, and of the same files. Each round asks
for every slice once from each, in turn; figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Self, TypeVar

import orthanc
from rich.console import Console
from rich.table import Table

import fileroom
import fileroom.standalone
from fileroom.testing.datasets import Corpus

Item = TypeVar("Item")

SIZE = 2 * 512 * 512 + 2_000
MEANT = 3.0
"""How many times Orthanc's rate the project promises."""

SMALL = "/instances/{}/rendered?width=256&height=256"
ORTHANC: dict[str, tuple[str, dict[str, str]]] = {
    "Orthanc, rendered": ("/instances/{}/rendered", {}),
    "Orthanc, rendered, PNG 256": (SMALL, {}),
    "Orthanc, rendered, JPEG 256": (SMALL, {"Accept": "image/jpeg"}),
}
STORED, FILES = "Fileroom, of an archive", "Fileroom, of files"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None, help="where to work")
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    if orthanc.PROGRAM is None:
        sys.exit("needs Orthanc (Debian package orthanc)")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
        rates = measure(Path(work), arguments.count, arguments.rounds, arguments.workers)
    show(rates, arguments.workers)
    if arguments.json:
        arguments.json.write_text(json.dumps({"count": arguments.count, "rates": rates}, indent=1))


def measure(work: Path, count: int, rounds: int, workers: int) -> dict[str, list[float]]:
    """Return pictures per second of each round, by who made them."""
    files = work / "files"
    files.mkdir()
    for number, instance in enumerate(Corpus(count, SIZE)):
        (files / f"{number:05}.dcm").write_bytes(instance.data)
    with fileroom.open(work / "archive") as archive:
        archive.ingest(files)
        ids = [one.id for one in archive.find("instance")]
    paths = sorted(files.iterdir())
    (work / "orthanc").mkdir()
    rates: dict[str, list[float]] = {name: [] for name in (STORED, FILES, *ORTHANC)}
    with (
        orthanc.server(work / "orthanc") as port,
        Workers(of_archive, workers, work / "archive", ids) as stored,
        Workers(of_files, workers, work, paths) as plain,
    ):
        orthanc.post_all(port, paths, workers)
        for _ in range(rounds):
            rates[STORED].append(count / stored.round())
            rates[FILES].append(count / plain.round())
            for name, (path, headers) in ORTHANC.items():
                rates[name].append(count / get_all(port, [path.format(one) for one in ids], headers, workers))
    return rates


class Workers:
    """Processes that make pictures when they are told to, each of its part of the items."""

    def __init__(
        self, target: Callable[..., None], count: int, folder: Path, items: Sequence[object]
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._barrier = context.Barrier(count + 1)
        self._processes = [
            context.Process(target=target, args=(folder, items[place::count], self._barrier), daemon=True)
            for place in range(count)
        ]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        return self

    def round(self) -> float:
        """Let them make every picture once; return the seconds it took."""
        self._barrier.wait(120)
        started = time.perf_counter()
        self._barrier.wait(600)
        return time.perf_counter() - started

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
            process.join(30)


def of_archive(folder: Path, ids: Sequence[str], barrier: Barrier) -> None:
    with fileroom.open(folder) as archive:
        again_and_again(lambda one: archive.process(one, "thumbnail", keep=False), ids, barrier)


def of_files(_: Path, paths: Sequence[Path], barrier: Barrier) -> None:
    with fileroom.standalone.processor("thumbnail") as thumbnail:

        def make(path: Path) -> None:
            with path.open("rb") as file:
                thumbnail.process(file)

        again_and_again(make, paths, barrier)


def again_and_again(make: Callable[[Item], object], items: Sequence[Item], barrier: Barrier) -> None:
    make(items[0])
    while True:
        barrier.wait(600)
        for one in items:
            make(one)
        barrier.wait(600)


def get_all(port: int, paths: Sequence[str], headers: Mapping[str, str], clients: int) -> float:
    """GET paths over so many keep-alive connections; return the seconds it took."""
    queue = iter(paths)
    lock = threading.Lock()
    failures: list[int] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            with lock:
                path = next(queue, None)
            if path is None:
                return
            connection.request("GET", path, headers=dict(headers))
            response = connection.getresponse()
            if not response.read() or response.status != 200:
                failures.append(response.status)

    seconds = timed(client, clients)
    assert not failures, failures[:3]
    return seconds


def timed(call: Callable[[], None], threads: int) -> float:
    running = [threading.Thread(target=call) for _ in range(threads)]
    started = time.perf_counter()
    for one in running:
        one.start()
    for one in running:
        one.join()
    return time.perf_counter() - started


def show(rates: Mapping[str, Sequence[float]], workers: int) -> None:
    medians = {name: statistics.median(measured) for name, measured in rates.items()}
    table = Table("who", "pictures/s", "ms each", "archive / this", "files / this")
    for name, rate in medians.items():
        ratios = (f"{medians[ours] / rate:.1f}" for ours in (STORED, FILES))
        table.add_row(name, f"{rate:.0f}", f"{workers * 1000 / rate:.2f}", *ratios)
    Console().print(table)
    Console().print(f"{workers} workers each; promised: {MEANT:.0f} times `rendered`")


if __name__ == "__main__":
    main()
