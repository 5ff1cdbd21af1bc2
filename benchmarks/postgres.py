"""Import into PostgreSQL and files: one process, four at once, and Orthanc, on the same server.

    python benchmarks/postgres.py URL [--count 10000] [--rounds 3] [--folder DIR] [--json FILE]

URL is a database of a PostgreSQL server whose user may make others, for example
``postgresql://postgres@127.0.0.1:5432/postgres``; what the server acknowledges should be durable (fsync on).
Every figure of one round is taken in turn; ratios are medians over the rounds. Orthanc takes part where it
and its PostgreSQL plugin are installed; it keeps its index in PostgreSQL and its files, synced, in a folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import orthanc
import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

from fileroom.testing.datasets import Corpus

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancPostgreSQLIndex.so")
PARTS = 4
IMPORT = """
import json, sys
import fileroom
folder, url, jobs, *sources = sys.argv[1:]
index, storage = {"backend": "postgres", "url": url}, {"backend": "filesystem", "root": folder}
with fileroom.open(index=index, storage=storage, quarantine={"path": folder + "-quarantine"}) as archive:
    sys.stdin.readline()
    report = archive.ingest(sources, jobs=int(jobs))
    assert report.failed == report.ignored == 0, report
print(json.dumps(report.as_dict()))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="a database of the server")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a disk, not memory")
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
        source = Path(work) / "source"
        parts = make(source, arguments.count)
        for _ in range(arguments.rounds):
            for what, rate in measure(arguments.url, Path(work), parts, arguments.count):
                rates.setdefault(what, []).append(rate)
    show(rates)
    if arguments.json:
        arguments.json.write_text(json.dumps(rates, indent=1))


def make(folder: Path, count: int) -> list[Path]:
    """Write the files, in as many folders as there are processes; each has patients of its own."""
    parts = [folder / str(number) for number in range(PARTS)]
    patients: dict[str, Path] = {}
    for instance in Corpus(count, 20_000, patients=4 * PARTS):
        patient = instance.identity.patient_id
        path = patients.setdefault(patient, parts[len(patients) % PARTS]) / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)
    subprocess.run(["sync"], check=True)
    return parts


def measure(url: str, work: Path, parts: list[Path], count: int) -> Iterator[tuple[str, float]]:
    """Yield instances per second of each way, in turn."""
    runs: dict[str, tuple[int, list[list[Path]]]] = {
        "fileroom, 1 process": (1, [parts]),
        "fileroom import --jobs 2": (2, [parts]),
        "fileroom, 4 processes, a quarter each": (1, [[part] for part in parts]),
        "fileroom, 4 processes, all the same": (1, [parts] * PARTS),
    }
    for what, (jobs, shares) in runs.items():
        with database(url) as own:
            yield what, count / imported(work / "archive", own, jobs, shares)
    if orthanc.PROGRAM and PLUGIN.exists():
        with database(url) as own:
            yield "Orthanc with PostgreSQL, 4 clients", count / orthanc_import(work / "orthanc", own, parts)


def imported(folder: Path, url: str, jobs: int, shares: list[list[Path]]) -> float:
    """Return the seconds from a common start, when all have opened the archive, to the last one's end."""
    folder.mkdir()
    # The first makes the tables, so that no figure has that in it.
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", IMPORT, str(folder), url, str(jobs), *map(str, share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
    ]
    time.sleep(3)  # for all to have opened it
    started = time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    reports = [json.loads(process.communicate()[0]) for process in processes]
    seconds = time.perf_counter() - started
    files = {path for share in shares for part in share for path in part.rglob("*") if path.is_file()}
    assert sum(report["stored"] for report in reports) == len(files), "each instance is stored once"
    shutil.rmtree(folder)
    subprocess.run(["sync"], check=True)
    return seconds


def orthanc_import(folder: Path, url: str, parts: list[Path]) -> float:
    """Return the seconds that Orthanc takes."""
    at = make_url(url)
    folder.mkdir()
    postgres = {
        "EnableIndex": True,
        "EnableStorage": False,
        "Host": at.host,
        "Port": at.port or 5432,
        "Database": at.database,
        "Username": at.username,
        "Password": at.password or "",
        "EnableSsl": False,
    }
    files = [path for part in parts for path in part.rglob("*") if path.is_file()]
    with orthanc.server(folder, {"Plugins": [str(PLUGIN)], "PostgreSQL": postgres}) as port:
        seconds = orthanc.post_all(port, files, 4)
    shutil.rmtree(folder)
    return seconds


@contextmanager
def database(url: str) -> Iterator[str]:
    """Make an empty database, and drop it afterwards."""
    plain = make_url(url).set(drivername="postgresql")
    name = f"fileroom_benchmark_{uuid4().hex}"
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield plain.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def show(rates: dict[str, list[float]]) -> None:
    table = Table("what", "instances/s", "of one process")
    one = rates["fileroom, 1 process"]
    for what, some in rates.items():
        ratio = statistics.median(rate / base for rate, base in zip(some, one, strict=True))
        table.add_row(what, f"{statistics.median(some):.0f}", f"{ratio:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
