"""Import by the workers of a Dask cluster of this machine, beside ``jobs`` and the executor ``local``.

    python benchmarks/dask_import.py [--small 4000] [--big 600] [--rounds 3] [--workers 2] [--folder DIR]

All import the same files into a new archive, SQLite and the filesystem, in turn within the same minutes. The
time is that of the import: ``jobs`` and ``local`` start their processes in it, the cluster is there already.
Ratios are medians over the rounds.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from distributed import LocalCluster
from import_rate import make
from rich.console import Console
from rich.table import Table

import fileroom


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=4_000)
    parser.add_argument("--big", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a disk, not memory")
    arguments = parser.parse_args()
    table = Table("set", "who", "seconds", "instances/s", "of --jobs")
    with (
        tempfile.TemporaryDirectory(dir=arguments.folder) as work,
        LocalCluster(
            n_workers=arguments.workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.ERROR,
        ) as cluster,
    ):
        plugins = {"dask": {"scheduler": cluster.scheduler_address}, "local": {"jobs": arguments.workers}}
        ways: dict[str, dict[str, Any]] = {
            f"--jobs {arguments.workers}": {"jobs": arguments.workers},
            "--executor local": {"executor": "local"},
            "--executor dask": {"executor": "dask"},
        }
        for name, count, size in (("small", arguments.small, 20_000), ("big", arguments.big, 500_000)):
            if count:
                source = Path(work) / name
                make(source, count, size)
                show(table, name, measure(source, Path(work), ways, plugins, arguments.rounds), count)
                shutil.rmtree(source)
    Console().print(table)


def measure(
    source: Path, work: Path, ways: dict[str, dict[str, Any]], plugins: dict[str, Any], rounds: int
) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {who: [] for who in ways}
    for number in range(rounds):
        for who, how in ways.items():
            # A new folder each time: a worker keeps an archive open for a while.
            archive = work / f"archive-{number}-{list(ways).index(who)}"
            with fileroom.open(archive, plugins=plugins) as opened:
                started = time.perf_counter()
                report = opened.ingest([source], **how)
                seconds[who].append(time.perf_counter() - started)
                assert report.stored == len(report), report
            shutil.rmtree(archive)
    return seconds


def show(table: Table, name: str, seconds: dict[str, list[float]], count: int) -> None:
    (_, first), *_ = seconds.items()
    for who, own in seconds.items():
        median = statistics.median(own)
        ratio = statistics.median(one / other for one, other in zip(first, own, strict=True))
        table.add_row(name, who, f"{median:.2f}", f"{count / median:,.0f}", f"{ratio:.2f}")


if __name__ == "__main__":
    main()
