"""Reading and processing what an archive holds, beside the same files and the bare storage.

    python benchmarks/stored.py [--count 200] [--rounds 5] [--folder DIR]

One series of CT slices of 512 by 512 pixels, in SQLite and files. Its instances are iterated and read, whole
or as datasets without pixels, beside the storage, of which the locators are known. Then they are processed as
`fileroom header`, `check` and `deidentify` do it with what a search finds, beside the same with the folder.
Rounds go through all of it in turn. Given is the processor's time (user and system) for one object, the least
of the rounds: who else is at work on the machine matters less to it than to time by the clock.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

import fileroom
from fileroom.archive import Archive
from fileroom.cli.items import Chosen
from fileroom.cli.making import results
from fileroom.datasets import read_dataset
from fileroom.testing.datasets import Corpus

SIZE = 2 * 512 * 512 + 2_000
MEANT = 0.8
"""How fast it is to be, beside the same without an archive."""

PROCESSORS = ("metadata", "conformance", "deidentify")


class Pair(NamedTuple):
    """The same work on instances of an archive, and without one."""

    stored: Callable[[], object]
    bare: Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None, help="where to work")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
        files = Path(work) / "files"
        files.mkdir()
        for number, instance in enumerate(Corpus(arguments.count, SIZE, patients=1, studies=1, series=1)):
            (files / f"{number:05}.dcm").write_bytes(instance.data)
        with fileroom.open(Path(work) / "archive") as archive:
            archive.ingest(files)
            show(measure(dict(pairs(archive, files)), arguments.rounds, arguments.count))


def pairs(archive: Archive, files: Path) -> Iterator[tuple[str, Pair]]:
    series = archive.find("series").first()
    assert series is not None
    ids = [one.id for one in series.instances]
    locators = [one.attachments[0].locator for one in archive.index.details(ids) if one]

    def read() -> None:
        for instance in series.instances:
            with instance.open() as file:
                file.read()

    def read_bare() -> None:
        for locator in locators:
            with archive.storage.open(locator) as file:
                file.read()

    def datasets() -> None:
        for instance in series.instances:
            instance.dataset(stop_before_pixels=True)

    def datasets_bare() -> None:
        for locator in locators:
            with archive.storage.open(locator) as file:
                read_dataset(file, stop_before_pixels=True)

    yield "bytes", Pair(read, read_bare)
    yield "dataset without pixels", Pair(datasets, datasets_bare)
    for name in PROCESSORS:
        found = Chosen(archive.config, archive, resources=archive.find("instance"))
        folder = Chosen(archive.config, archive, paths=(files,))
        yield name, Pair(partial(process, found, name, len(ids)), partial(process, folder, name, len(ids)))


def process(chosen: Chosen, name: str, count: int) -> None:
    made = [result.error for result in results(chosen, name, {}, stop=threading.Event())]
    assert made == [None] * count


def measure(pairs: dict[str, Pair], rounds: int, count: int) -> dict[str, tuple[float, float]]:
    """Return milliseconds of the processor for one object: of the archive, and without it."""
    taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in pairs}
    for _ in range(rounds + 1):
        for name, pair in pairs.items():
            for times, work in zip(taken[name], pair, strict=True):
                started = time.process_time()
                work()
                times.append((time.process_time() - started) * 1000 / count)
    # The first round imports, and fills caches.
    return {name: (min(stored[1:]), min(bare[1:])) for name, (stored, bare) in taken.items()}


def show(taken: dict[str, tuple[float, float]]) -> None:
    table = Table("what", "stored, ms", "bare, ms", "rate beside it")
    for name, (stored, bare) in taken.items():
        table.add_row(name, f"{stored:.3f}", f"{bare:.3f}", f"{bare / stored:.2f}")
    Console().print(table)
    Console().print(f"meant: {MEANT}")


if __name__ == "__main__":
    main()
