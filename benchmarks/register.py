"""Registering files where they lie, beside ``dcmqridx`` and the bare reading and hashing of the same files.

    python benchmarks/register.py [--count 2000] [--more 20000] [--size 20000] [--rounds 3] [--jobs 1]

Every figure of one round is taken in turn within the same minutes; ratios are medians over the rounds.
Fileroom's time is that of the whole command, its start included, as is dcmqridx's; dcmqridx gets ``--count``
files only, for it slows down with every one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.table import Table

from fileroom.testing.datasets import Corpus

if TYPE_CHECKING:
    from collections.abc import Callable

DCMQRIDX = Path("/usr/bin/dcmqridx")  # pip installs programs of DCMTK's names


class Row(NamedTuple):
    """One thing to measure: its label, what it does with a list of files, and how many files it gets."""

    label: str
    run: Callable[[Path, list[Path]], None]
    files: list[Path]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--more", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=20_000, help="bytes of a file, about")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a disk, not memory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
        few = make(Path(work) / "few", arguments.count, arguments.size)
        many = make(Path(work) / "many", arguments.more, arguments.size)

        def linear(area: Path, files: list[Path]) -> None:
            register(area, files, arguments.jobs)

        def sqlite(area: Path, files: list[Path]) -> None:
            area.mkdir()
            (area / "fileroom.toml").touch()
            register(area, files, arguments.jobs)

        rows = [
            Row("fileroom register, linear", linear, few),
            Row("dcmqridx", dcmqridx, few),
            Row("read and hash", hash_all, few),
            Row("fileroom register, linear", linear, many),
            Row("fileroom register, sqlite", sqlite, many),
            Row("read and hash", hash_all, many),
        ]
        if not DCMQRIDX.exists():
            rows = [row for row in rows if row.run is not dcmqridx]
        rounds = [[timed(row, Path(work) / "area") for row in rows] for _ in range(arguments.rounds)]
    show(rows, rounds)


def make(folder: Path, count: int, size: int) -> list[Path]:
    paths = []
    for instance in Corpus(count, size):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)
        paths.append(path)
    subprocess.run(["sync"], check=True)
    return paths


def register(area: Path, files: list[Path], jobs: int) -> None:
    folder = next(parent for parent in files[0].parents if parent.name in ("few", "many"))
    command = [sys.executable, "-m", "fileroom", "register", str(area), str(folder), "--jobs", str(jobs)]
    output = subprocess.run([*command, "--json"], check=True, capture_output=True).stdout
    assert json.loads(output)["stored"] == len(files), output


def dcmqridx(area: Path, files: list[Path]) -> None:
    area.mkdir()
    subprocess.run([str(DCMQRIDX), str(area), *map(str, files)], check=True, capture_output=True)
    size = (area / "index.dat").stat().st_size
    assert size == 44_006 + 8_032 * len(files), "it did not register all"


def hash_all(area: Path, files: list[Path]) -> None:
    del area
    for path in files:
        hashlib.md5(path.read_bytes(), usedforsecurity=False)


def timed(row: Row, area: Path) -> float:
    started = time.perf_counter()
    row.run(area, row.files)
    seconds = time.perf_counter() - started
    shutil.rmtree(area, ignore_errors=True)
    subprocess.run(["sync"], check=True)
    return seconds


def show(rows: list[Row], rounds: list[list[float]]) -> None:
    table = Table("what", "files", "seconds", "files/s", "ratio")
    for position, row in enumerate(rows):
        seconds = statistics.median(one[position] for one in rounds)
        first = len(rows[0].files)
        ratio = statistics.median((first / one[0]) / (len(row.files) / one[position]) for one in rounds)
        rate = len(row.files) / seconds
        table.add_row(row.label, f"{len(row.files):,}", f"{seconds:.2f}", f"{rate:,.0f}", f"{ratio:.2f}")
    Console().print(table)
    Console().print("ratio: the first row's rate over that row's rate (above 1: the first row is faster)")


if __name__ == "__main__":
    main()
