"""The S3 storage beside a bare loop of boto3 with as many requests at the same time: import, reading, memory.

    python benchmarks/s3.py [--server rclone] [--server ceph] [--count 1000] [--rounds 3] [--concurrency 8]
                            [--jobs 1] [--large 5gb] [--json FILE]

The servers are those of the tests, started here. Each figure of a round is taken in turn within the same
minutes, and the median of the rounds counts. An import is a whole one: headers, digests, a SQLite index that
is synced. The bare loop reads the same files and puts them, with boto3's own settings, in ``concurrency``
times ``jobs`` threads; likewise it gets what an archive's instances are asked for, or the storage alone.
``--large`` also attaches one object of so many bytes, and reads it: whole, and at random.

Linux only, for the peak of memory comes from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from rich.console import Console
from rich.table import Table

import fileroom
from fileroom.plugin import Secret, parse_size
from fileroom.testing.datasets import Corpus

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.servers import ceph, rclone
from tests.servers.folder import ServerFolder

if TYPE_CHECKING:
    from tests.servers.s3 import S3Server

SERVERS = {"rclone": rclone, "ceph": ceph}
SIZE = 500_000
SERIES = 250
BLOCK = 64 << 10
PIECE = 1 << 20
NOISE = os.urandom(16 << 20)
_STATUS = Path("/proc/self/status")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", choices=SERVERS, action="append")
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--large", type=parse_size, default=0, help="bytes of one large attachment, as 5gb")
    parser.add_argument("--folder", type=Path, help="where to work; the temporary folder by default")
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    chosen = arguments.server or [name for name, module in SERVERS.items() if module.available()]
    rows: list[dict[str, Any]] = []
    folder = ServerFolder.of_this_run()
    try:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
            source = Path(work) / "source"
            write_corpus(source, arguments.count)
            for name in chosen:
                with SERVERS[name].bucket(folder) as server:
                    rows += Measured(name, server, Path(work), source, arguments).rows()
    finally:
        folder.end_all()
    show(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def write_corpus(folder: Path, count: int) -> None:
    for instance in Corpus(count, SIZE):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)


class Measured:
    """Everything that is measured on one server."""

    def __init__(
        self, name: str, server: S3Server, work: Path, source: Path, arguments: argparse.Namespace
    ) -> None:
        self._name = name
        self._server = server
        self._work = work
        self._source = source
        self._arguments = arguments
        self._prefix = ""
        self._threads = arguments.concurrency * arguments.jobs
        self._files = [path for path in source.rglob("*") if path.is_file()]
        self._client = boto3.client(
            "s3",
            endpoint_url=server.endpoint_url,
            aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key,
            region_name=server.region,
            config=Config(max_pool_connections=self._threads, s3={"addressing_style": "path"}),
        )

    def rows(self) -> list[dict[str, Any]]:
        count = len(self._files)
        rounds: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for number in range(self._arguments.rounds):
            self._prefix = f"bare{number}"
            bare = seconds(lambda: in_threads(self._threads, self._put, self._files))
            with self._archive(number) as archive:
                rounds["import"].append((seconds(lambda: self._import(archive, count)), bare))
                self._measure_reading(archive, rounds)
            shutil.rmtree(self._work / self._name)
        rows = [
            self._row(what, measured, count if what == "import" else min(count, SERIES))
            for what, measured in rounds.items()
        ]
        if self._arguments.large:
            with self._archive(self._arguments.rounds) as archive:
                rows += self._large(archive)
        return rows

    def _archive(self, number: int) -> fileroom.Archive:
        storage = {
            "backend": "s3",
            "bucket": self._server.bucket,
            "prefix": f"round{number}",
            "endpoint_url": self._server.endpoint_url,
            "access_key_id": self._server.access_key,
            "secret_access_key": Secret(self._server.secret_key),
            "region": self._server.region,
            "addressing_style": "path",
            "concurrency": self._arguments.concurrency,
        }
        return fileroom.open(self._work / self._name, storage=storage)

    def _import(self, archive: fileroom.Archive, count: int) -> None:
        report = archive.ingest([self._source], jobs=self._arguments.jobs)
        assert report.failed == report.ignored == 0, report
        assert len(report) == count

    def _measure_reading(
        self, archive: fileroom.Archive, rounds: dict[str, list[tuple[float, float]]]
    ) -> None:
        instances = list(archive.find(fileroom.Level.INSTANCE, limit=SERIES))
        locators = [one.attachments["dicom"].record.locator for one in instances]
        files = self._files[:SERIES]

        def read(instance: fileroom.Instance) -> bytes:
            with instance.open() as file:
                return bytes(file.read())

        def read_object(locator: str) -> bytes:
            with archive.storage.open(locator) as file:
                return bytes(file.read())

        def note(how: str, threads: int) -> None:
            def timed(action: Callable[[Any], object], all_of: list[Any]) -> float:
                return seconds(lambda: in_threads(threads, action, all_of))

            bare = timed(self._get, files)
            rounds[f"read instances{how}"].append((timed(read, instances), bare))
            rounds[f"read objects{how}"].append((timed(read_object, locators), bare))

        folder = self._work / self._name / "exported"

        def get_to_file(path: Path) -> None:
            (folder / f"{path.parent.name}-{path.name}").write_bytes(self._get(path))

        in_threads(self._threads, read, instances[:8])  # what the first of anything takes has been taken
        in_threads(self._threads, self._get, files[:8])
        note("", self._threads)
        note(", 1 thread", 1)
        folder.mkdir()
        bare = seconds(lambda: in_threads(self._threads, get_to_file, files))
        rounds["export"].append((seconds(lambda: archive.export(instances, folder)), bare))

    def _row(self, what: str, measured: list[tuple[float, float]], count: int) -> dict[str, Any]:
        mine, bare = (statistics.median(column) for column in zip(*measured, strict=True))
        return {
            "server": self._name,
            "what": what,
            "per_s": round(count / mine),
            "mb_per_s": round(count * SIZE / mine / 1e6),
            "bare_per_s": round(count / bare),
            "of_bare": round(statistics.median(bare / mine for mine, bare in measured), 2),
        }

    def _put(self, path: Path) -> None:
        self._client.put_object(Bucket=self._server.bucket, Key=self._key(path), Body=path.read_bytes())

    def _get(self, path: Path) -> bytes:
        return self._client.get_object(Bucket=self._server.bucket, Key=self._key(path))["Body"].read()

    def _key(self, path: Path) -> str:
        return f"{self._prefix}/{path.relative_to(self._source).as_posix()}"

    def _large(self, archive: fileroom.Archive) -> list[dict[str, Any]]:
        size = self._arguments.large
        instance = archive.store(self._files[0]).check().instance
        assert instance is not None
        took: dict[str, float] = {}

        def store() -> None:
            took["store"] = seconds(lambda: instance.attach(1024, pieces(size)))

        def read() -> None:
            took["read"] = seconds(lambda: _drain(instance, size))

        peak = peak_above_idle(store), peak_above_idle(read)
        attachment = instance.attachments[1024]
        starts = random.Random(1).sample(range(size - BLOCK), 200)
        at_random = [seconds(lambda: attachment.read(start, start + BLOCK)) for start in starts]  # noqa: B023 - called at once
        return [
            {
                "server": self._name,
                "what": f"{size / 1e9:.1f} GB",
                "store_mb_per_s": round(size / took["store"] / 1e6),
                "store_peak_mb": round(peak[0]),
                "read_mb_per_s": round(size / took["read"] / 1e6),
                "read_peak_mb": round(peak[1]),
                "random_64k_p50_ms": round(1e3 * statistics.median(at_random), 2),
            }
        ]


def _drain(instance: fileroom.Instance, size: int) -> None:
    with instance.attachments[1024].open() as file:
        assert sum(len(piece) for piece in iter(lambda: file.read(PIECE), b"")) == size


def in_threads(threads: int, action: Callable[[Any], object], all_of: list[Any]) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(action, all_of))


def pieces(size: int) -> Iterator[bytes]:
    for start in range(0, size, PIECE):
        begin = start % (len(NOISE) - PIECE)
        yield NOISE[begin : begin + min(PIECE, size - start)]


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def peak_above_idle(action: Callable[[], object]) -> float:
    """Return by how many MB memory rose at most."""
    idle = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    action()
    return (memory("VmHWM") - idle) / 1024


def memory(name: str) -> int:
    return next(int(line.split()[1]) for line in _STATUS.read_text().splitlines() if line.startswith(name))


def show(rows: list[dict[str, Any]]) -> None:
    for shape in dict.fromkeys(tuple(row) for row in rows):
        table = Table(*shape)
        for row in rows:
            if tuple(row) == shape:
                table.add_row(*map(str, row.values()))
        Console().print(table)
    Console().print("of_bare: the rate over that of the bare loop (above 1: faster)")


if __name__ == "__main__":
    main()
