"""Importing images from a table, beside the same images in files.

    python benchmarks/blob_import.py [--count 2000] [--size 500000] [--rounds 3] [--url URL]... [--folder DIR]

Each round imports by one process into new archives (SQLite and a folder): from files, from an SQLite table,
and from a table in each database that is given, in which a table `fileroom_benchmark` is made. "Reading" is a
feed read to its end and nothing done with the bytes.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table as Shown
from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, create_engine, insert, make_url
from sqlalchemy.dialects.mysql import LONGBLOB

import fileroom
from fileroom.feeding import Feed
from fileroom.testing.datasets import Corpus
from fileroom_plugins.table_feed.feed import TableFeed

NAME = "fileroom_benchmark"
DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=2_000, help="how many images")
    parser.add_argument("--size", type=int, default=500_000, help="bytes of each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url", action="append", default=[], help="of a database")
    parser.add_argument("--folder", type=Path, help="where to work; a disk, not memory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="fileroom-benchmark-") as made:
        place = Path(made)
        write_files(place / "files", arguments)
        urls = [f"sqlite:///{place / 'pacs.sqlite'}", *arguments.url]
        for url in urls:
            write_table(url, arguments)
        rounds = [measure(place, urls) for _ in range(arguments.rounds)]
        for url in arguments.url:
            with engine_of(url).begin() as connection:
                connection.exec_driver_sql(f"DROP TABLE {NAME}")
    show(rounds, arguments)


def write_files(folder: Path, arguments: argparse.Namespace) -> None:
    for one in Corpus(arguments.count, arguments.size):
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.data)


def write_table(url: str, arguments: argparse.Namespace) -> None:
    engine = engine_of(url)
    data = LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")
    table = Table(
        NAME, MetaData(), Column("id", Integer, primary_key=True, autoincrement=False), Column("image", data)
    )
    table.drop(engine, checkfirst=True)
    table.create(engine)
    with engine.begin() as connection:
        for number, one in enumerate(Corpus(arguments.count, arguments.size)):
            connection.execute(insert(table).values(id=number, image=one.data))
    engine.dispose()


def engine_of(url: str) -> Engine:
    parsed = make_url(url)
    return create_engine(parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername)))


def measure(place: Path, urls: list[str]) -> dict[str, float]:
    """Return seconds by what was done."""
    results = {"files": imported(place, place / "files")}
    for url in urls:
        kind = make_url(url).get_backend_name()
        with opened(url) as feed:
            started = time.perf_counter()
            for item in feed:
                with item.open() as file:
                    file.read()
            results[f"reading {kind}"] = time.perf_counter() - started
        with opened(url) as feed:
            results[f"table of {kind}"] = imported(place, feed)
    return results


@contextmanager
def opened(url: str) -> Iterator[Feed]:
    with TableFeed(url, NAME, "id", "image") as feed:
        yield feed


def imported(place: Path, sources: Path | Feed) -> float:
    subprocess.run(["sync"], check=True)
    folder = place / "archive"
    with fileroom.open(folder) as archive:
        report = archive.ingest(sources)
        assert report.failed == 0
        assert report.stored
    shutil.rmtree(folder)
    return report.seconds


def show(rounds: list[dict[str, float]], arguments: argparse.Namespace) -> None:
    title = f"{arguments.count:,} x {arguments.size:,} bytes"
    table = Shown("from", "seconds", "images/s", "MB/s", "of files", title=title)
    for name in rounds[0]:
        seconds = statistics.median(each[name] for each in rounds)
        ratio = statistics.median(each["files"] / each[name] for each in rounds)
        rate = arguments.count / seconds
        table.add_row(
            name,
            f"{seconds:.2f}",
            f"{rate:,.0f}",
            f"{rate * arguments.size / 1e6:,.0f}",
            f"{ratio:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
