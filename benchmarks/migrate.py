"""Migrating an archive, beside ``cp -r`` + ``sync`` of the same bytes.

    python benchmarks/migrate.py [--count 5000] [--size 20000] [--rounds 3] [--folder DIR] [--json FILE]

In each round: the copy, the migration of an archive in SQLite and a folder into one of the same sort, into a
storage area of DCMTK, and from there back. A migration's time is that of copying and of comparing afterwards,
which the copy does not do; both are shown.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

import fileroom
from fileroom.migrating import migrate
from fileroom.testing.datasets import Corpus

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.migrating import MigrationProgress

KINDS = {
    "sqlite": ({"backend": "sqlite"}, {"backend": "filesystem"}),
    "linear": ({"backend": "linear", "path": "."}, {"backend": "filesystem", "root": "."}),
}
PAIRS = (("sqlite", "sqlite"), ("sqlite", "linear"), ("linear", "sqlite"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=5_000, help="how many instances")
    parser.add_argument("--size", type=int, default=20_000, help="bytes of each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to work; a disk, not memory")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rounds = []
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="fileroom-benchmark-") as folder:
        place = Path(folder)
        with opened("sqlite", place / "sqlite") as archive:
            archive.ingest(one.data for one in Corpus(arguments.count, arguments.size))
        rounds = [measure(place) for _ in range(arguments.rounds)]
    show(rounds, arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(rounds, indent=1))


def opened(kind: str, folder: Path) -> Archive:
    index, storage = KINDS[kind]
    return fileroom.open(folder, index=index, storage=storage)


def measure(place: Path) -> dict[str, tuple[float, float]]:
    """Return seconds of copying and of comparing, by what was done."""
    subprocess.run(["sync"], check=True)
    started = time.perf_counter()
    subprocess.run(["cp", "-r", place / "sqlite", place / "copy"], check=True)
    subprocess.run(["sync"], check=True)
    results = {"cp -r + sync": (time.perf_counter() - started, 0.0)}
    shutil.rmtree(place / "copy")
    for one, other in PAIRS:
        target = place / f"{one} to {other}"
        subprocess.run(["sync"], check=True)
        # The area that is read is the one that was written a moment ago.
        origin = place / one if one == "sqlite" else place / f"sqlite to {one}"
        results[target.name] = migrated((one, origin), (other, target))
    for one, other in PAIRS:
        shutil.rmtree(place / f"{one} to {other}")
    return results


def migrated(source: tuple[str, Path], target: tuple[str, Path]) -> tuple[float, float]:
    phases: dict[str, float] = {}

    def hear(now: MigrationProgress) -> None:
        phases[now.phase] = now.seconds

    with opened(*source) as one, opened(*target) as other:
        report = migrate(one, other, progress=hear)
    assert not report.differences, list(report)[:3]
    comparing = phases["comparing"]
    return report.seconds - comparing, comparing


def show(rounds: list[dict[str, tuple[float, float]]], arguments: argparse.Namespace) -> None:
    table = Table("what", "copying", "comparing", "instances/s", "MB/s", "of the copy", title="Migrating")
    copied = [each["cp -r + sync"][0] for each in rounds]
    for name in rounds[0]:
        copying = statistics.median(each[name][0] for each in rounds)
        ratio = statistics.median(one / each[name][0] for one, each in zip(copied, rounds, strict=True))
        table.add_row(
            name,
            f"{copying:.2f} s",
            f"{statistics.median(each[name][1] for each in rounds):.2f} s",
            f"{arguments.count / copying:,.0f}",
            f"{arguments.count * arguments.size / copying / 1e6:.0f}",
            f"{ratio:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
