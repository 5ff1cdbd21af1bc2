"""Durable writes of the filesystem storage, beside ``cp -r`` + ``sync`` of the same bytes.

    python benchmarks/storage.py [--small 5000] [--big 500] [--batch 256] [--rounds 3] [--threads 8]
                                 [--folder DIR] [--json]

Both write the same sizes to the same disk, in turn, in each round; the ratio is the median over the rounds.
``cp`` syncs once at its end; the storage has every batch on the disk before it goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from fileroom.keys import batch_keys
from fileroom.storage import PutItem
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = {"small": 20_000, "big": 500_000}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=5_000, help="how many objects of 20 kB")
    parser.add_argument("--big", type=int, default=500, help="how many objects of 500 kB")
    parser.add_argument("--batch", type=int, default=256, help="objects in a call of put_many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument(
        "--folder", type=Path, help="where to write; the system's temporary folder by default"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="fileroom-benchmark-") as folder:
        rows = [
            measure(Path(folder), name, count, arguments)
            for name, count in (("small", arguments.small), ("big", arguments.big))
        ]
    if arguments.json:
        print(json.dumps(rows, indent=2))
    else:
        show(rows)


def measure(folder: Path, name: str, count: int, arguments: argparse.Namespace) -> dict[str, object]:
    size = SIZES[name]
    source = folder / "source"
    source.mkdir()
    for number in range(count):
        (source / str(number)).write_bytes(os.urandom(size))
    data = [path.read_bytes() for path in source.iterdir()]
    copied, put = [], []
    for _ in range(arguments.rounds):
        subprocess.run(["sync"], check=True)
        copied.append(timed(copy, source, folder / "copy"))
        shutil.rmtree(folder / "copy")
        subprocess.run(["sync"], check=True)
        put.append(
            timed(
                put_all, FilesystemStorage(folder / "root", threads=arguments.threads), data, arguments.batch
            )
        )
        shutil.rmtree(folder / "root")
    shutil.rmtree(source)
    return {
        "set": f"{count} x {size // 1000} kB",
        "put_per_second": round(count / statistics.median(put)),
        "put_mb_per_second": round(count * size / statistics.median(put) / 1e6, 1),
        "cp_per_second": round(count / statistics.median(copied)),
        "cp_mb_per_second": round(count * size / statistics.median(copied) / 1e6, 1),
        "ratio": round(statistics.median(one / other for one, other in zip(copied, put, strict=True)), 3),
    }


def timed(action: Callable[..., None], *arguments: object) -> float:
    started = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - started


def copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-r", source, target], check=True)
    subprocess.run(["sync"], check=True)


def put_all(storage: FilesystemStorage, data: list[bytes], batch: int) -> None:
    for start in range(0, len(data), batch):
        part = data[start : start + batch]
        storage.put_many([PutItem(key, one) for key, one in zip(batch_keys(len(part)), part, strict=True)])


def show(rows: list[dict[str, object]]) -> None:
    table = Table(title="Durable writes")
    for column in rows[0]:
        table.add_column(column.replace("_", " "), justify="left" if column == "set" else "right")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
