"""A series read from S3, through a cache and from it, and from files; and put, with write_back and without.

    python benchmarks/cache.py [--count 250] [--size 512kb] [--rounds 5] [--folder DIR] [--json]

The S3 server is ``rclone serve s3`` on this machine, started here: what is far away gains more. Each figure
of a round is taken in turn, and the median of the rounds counts. Reading is one object after another, whole,
by one thread; 64 KB are read at random places. Putting is in batches of 64.
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
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from fileroom.keys import batch_keys
from fileroom.plugin import ByteRange, PutItem, Secret, Storage, parse_size
from fileroom_plugins.storage_cache.storage import CacheStorage
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from fileroom_plugins.storage_s3 import Options
from fileroom_plugins.storage_s3.storage import S3Storage

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.servers import rclone
from tests.servers.folder import ServerFolder

if TYPE_CHECKING:
    from tests.servers.s3 import S3Server

BATCH = 64
BLOCK = 64 << 10
MAX_BYTES = 1 << 34


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=250, help="objects")
    parser.add_argument("--size", type=parse_size, default=512 << 10, help="of each, as 512kb")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to work; the temporary folder by default")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = defaultdict(list)
    servers = ServerFolder.of_this_run()
    try:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
            data = [os.urandom(arguments.size) for _ in range(arguments.count)]
            for _ in range(arguments.rounds):
                with rclone.bucket(servers) as server:
                    one_round(Path(name) / "round", server, data, seconds)
    finally:
        servers.end()
    show({name: statistics.median(each) for name, each in seconds.items()}, arguments)


def one_round(folder: Path, server: S3Server, data: list[bytes], seconds: dict[str, list[float]]) -> None:
    def timed(name: str, action: Callable[[], object]) -> None:
        started = time.perf_counter()
        action()
        seconds[name].append(time.perf_counter() - started)

    def s3() -> S3Storage:
        return open_s3(server)

    far, plain = s3(), FilesystemStorage(folder / "files")
    locators: list[str] = []
    timed("put: filesystem", lambda: put(plain, data))
    timed("put: S3", lambda: locators.extend(put(far, data)))
    paths = [plain.local_path(one.locator) for one in plain.list()]
    through = CacheStorage(s3, folder / "through", max_bytes=MAX_BYTES)
    timed("put: cache", lambda: put(through, data))
    back = CacheStorage(s3, folder / "back", max_bytes=MAX_BYTES, write_back=True)
    timed("put: cache, write_back", lambda: put(back, data))
    timed("until that is uploaded", back.close)
    cache = CacheStorage(s3, folder / "cache", max_bytes=MAX_BYTES)
    timed("read: S3", lambda: read(far, locators))
    timed("read: cache, the first time", lambda: read(cache, locators))
    timed("read: cache, from then on", lambda: read(cache, locators))
    timed("read: filesystem", lambda: read(plain, [path.name for path in paths]))
    timed("read: plain files", lambda: read_files(paths))
    ranges = list(places(len(data[0]), len(data)))
    timed("64 KB: S3", lambda: read_parts(far, locators, ranges))
    timed("64 KB: cache", lambda: read_parts(cache, locators, ranges))
    for storage in (through, cache, far):
        storage.close()
    shutil.rmtree(folder)


def open_s3(server: S3Server) -> S3Storage:
    return S3Storage(
        Options(
            bucket=server.bucket,
            endpoint_url=server.endpoint_url,
            region=server.region,
            access_key_id=server.access_key,
            secret_access_key=Secret(server.secret_key),
            addressing_style="path",
        )
    )


def put(storage: Storage, data: list[bytes]) -> list[str]:
    locators = []
    for start in range(0, len(data), BATCH):
        batch = data[start : start + BATCH]
        items = [PutItem(key, one) for key, one in zip(batch_keys(len(batch)), batch, strict=True)]
        locators += [one.locator for one in storage.put_many(items)]
    return locators


def read(storage: Storage, locators: list[str]) -> None:
    for locator in locators:
        with storage.open(locator) as file:
            file.read()


def read_files(paths: list[Path]) -> None:
    for path in paths:
        path.read_bytes()


def read_parts(storage: Storage, locators: list[str], ranges: list[ByteRange]) -> None:
    for locator, one in zip(locators, ranges, strict=True):
        storage.read_ranges(locator, [one])


def places(size: int, count: int) -> Iterator[ByteRange]:
    for _ in range(count):
        start = random.randrange(max(size - BLOCK, 1))
        yield ByteRange(start, start + BLOCK)


def show(medians: dict[str, float], arguments: argparse.Namespace) -> None:
    per_object = {name: 1_000 * seconds / arguments.count for name, seconds in medians.items()}
    if arguments.json:
        print(json.dumps(per_object, indent=2))
        return
    table = Table(title=f"{arguments.count} objects of {arguments.size >> 10} KB")
    table.add_column("")
    table.add_column("ms each", justify="right")
    table.add_column("MB/s", justify="right")
    for name, milliseconds in per_object.items():
        size = BLOCK if name.startswith("64 KB") else arguments.size
        table.add_row(name, f"{milliseconds:.2f}", f"{size / milliseconds / 1_000:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
