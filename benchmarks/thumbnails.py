"""Thumbnails of CT slices, beside Orthanc's ``rendered``.

    python benchmarks/thumbnails.py [--count 200] [--rounds 3] [--workers 2] [--folder DIR] [--json FILE]

Both hold the same slices of 512 by 512 pixels of 16 bits. Orthanc is started on a free port of loopback, in
the same folder, and asked by as many clients as there are workers: for ``rendered`` as it comes (a full PNG),
and for a PNG and a JPEG of 256 by 256 pixels. Fileroom's workers are processes that make a JPEG of that size:
of instances of an archive, which each has open, asked for one by one and not kept; of the same, many at a
time and kept; and of the same files. Each round asks for every slice once from each, in turn; figures are
medians over the rounds. On a busy machine, the workers' processor time for a picture says more.
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
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Self, TypeAlias

import orthanc
from rich.console import Console
from rich.table import Table

import fileroom
import fileroom.standalone
from fileroom.index import Detach
from fileroom.testing.datasets import Corpus

Spent: TypeAlias = "Synchronized[float]"
"""Where a worker says how many seconds of the processor a round took."""

SIZE = 2 * 512 * 512 + 2_000
MEANT = 3.0
"""How many times Orthanc's rate the project promises."""

SMALL = "/instances/{}/rendered?width=256&height=256"
ORTHANC: dict[str, tuple[str, dict[str, str]]] = {
    "Orthanc, rendered": ("/instances/{}/rendered", {}),
    "Orthanc, rendered, PNG 256": (SMALL, {}),
    "Orthanc, rendered, JPEG 256": (SMALL, {"Accept": "image/jpeg"}),
}
STORED, KEPT, FILES = "Fileroom, of an archive", "Fileroom, of an archive, kept", "Fileroom, of files"


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
        rates, costs = measure(Path(work), arguments.count, arguments.rounds, arguments.workers)
    show(rates, costs, arguments.workers)
    if arguments.json:
        found = {"count": arguments.count, "rates": rates, "processor_ms": costs}
        arguments.json.write_text(json.dumps(found, indent=1))


def measure(
    work: Path, count: int, rounds: int, workers: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return pictures per second of each round, by who made them, and milliseconds of a processor for one."""
    files = work / "files"
    files.mkdir()
    for number, instance in enumerate(Corpus(count, SIZE)):
        (files / f"{number:05}.dcm").write_bytes(instance.data)
    with fileroom.open(work / "archive") as archive:
        archive.ingest(files)
        ids = [one.id for one in archive.find("instance")]
    paths = sorted(files.iterdir())
    (work / "orthanc").mkdir()
    rates: dict[str, list[float]] = {name: [] for name in (STORED, KEPT, FILES, *ORTHANC)}
    costs: dict[str, list[float]] = {name: [] for name in (STORED, KEPT, FILES)}
    with (
        orthanc.server(work / "orthanc") as port,
        Workers(of_archive, workers, work / "archive", ids) as stored,
        Workers(kept, workers, work / "archive", ids) as keeping,
        Workers(of_files, workers, work, paths) as plain,
    ):
        orthanc.post_all(port, paths, workers)
        for _ in range(rounds):
            for name, ours in ((STORED, stored), (KEPT, keeping), (FILES, plain)):
                seconds, processor = ours.round()
                rates[name].append(count / seconds)
                costs[name].append(1000 * processor / count)
            for name, (path, headers) in ORTHANC.items():
                rates[name].append(count / get_all(port, [path.format(one) for one in ids], headers, workers))
    return rates, costs


class Workers:
    """Processes that make pictures when they are told to, each of its part of the items."""

    def __init__(
        self, target: Callable[..., None], count: int, folder: Path, items: Sequence[object]
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._barrier = context.Barrier(count + 1)
        self._spent = [context.Value("d", 0.0) for _ in range(count)]
        self._processes = [
            context.Process(
                target=target, args=(folder, items[place::count], self._barrier, spent), daemon=True
            )
            for place, spent in enumerate(self._spent)
        ]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        return self

    def round(self) -> tuple[float, float]:
        """Let them make every picture once; return the seconds it took, and those of the processor."""
        self._barrier.wait(600)
        started = time.perf_counter()
        self._barrier.wait(600)
        return time.perf_counter() - started, sum(one.value for one in self._spent)

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
            process.join(30)


def of_archive(folder: Path, ids: Sequence[str], barrier: Barrier, spent: Spent) -> None:
    def make() -> None:
        for one in ids:
            archive.process(one, "thumbnail", keep=False)

    with fileroom.open(folder) as archive:
        again_and_again(make, lambda: None, barrier, spent)


def kept(folder: Path, ids: Sequence[str], barrier: Barrier, spent: Spent) -> None:
    def make() -> None:
        assert archive.process_many(ids, "thumbnail").processed == len(ids)

    def drop() -> None:
        archive.edit([Detach(one, archive.content_types.resolve("thumbnail").number) for one in ids])

    with fileroom.open(folder) as archive:
        again_and_again(make, drop, barrier, spent)


def of_files(_: Path, paths: Sequence[Path], barrier: Barrier, spent: Spent) -> None:
    def make() -> None:
        for path in paths:
            with path.open("rb") as file:
                thumbnail.process(file)

    with fileroom.standalone.processor("thumbnail") as thumbnail:
        again_and_again(make, lambda: None, barrier, spent)


def again_and_again(
    make: Callable[[], object], undo: Callable[[], object], barrier: Barrier, spent: Spent
) -> None:
    make()
    while True:
        undo()
        barrier.wait(600)
        before = time.process_time()
        make()
        spent.value = time.process_time() - before
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


def show(rates: Mapping[str, Sequence[float]], costs: Mapping[str, Sequence[float]], workers: int) -> None:
    medians = {name: statistics.median(measured) for name, measured in rates.items()}
    table = Table(
        "who", "pictures/s", "ms each", "processor", "archive / this", "kept / this", "files / this"
    )
    for name, rate in medians.items():
        ratios = (f"{medians[ours] / rate:.1f}" for ours in (STORED, KEPT, FILES))
        processor = f"{statistics.median(costs[name]):.2f}" if name in costs else ""
        table.add_row(name, f"{rate:.0f}", f"{workers * 1000 / rate:.2f}", processor, *ratios)
    Console(width=120).print(table)
    Console().print(f"{workers} workers each, times in ms; promised: {MEANT:.0f} times `rendered`")


if __name__ == "__main__":
    main()
