"""The SQL storage: writing, reading, picking parts, appending, splicing; and the memory that takes.

    python benchmarks/blobs.py [--large 1gb] [--rounds 3] [--postgres URL] [--folder DIR] [--json]

Beside it, in the same run, a plain file with fsync, and the whole object as one value in a database. Objects
of 50 MB are written several times, and the median counts; one object of ``--large`` bytes is written once, in
chunks and as a file only, since no database takes it as one value. PostgreSQL takes part where a URL is
given: an empty database, in which tables are made.

Appending and splicing make a new object under a new key, of 64 KB and the old object's bytes.

Linux only: peaks of memory come from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fileroom.options import build_options
from fileroom.plugin import PutItem, parse_size
from fileroom_plugins.storage_sql import fileroom_storage
from fileroom_plugins.storage_sql.storage import SqlStorage

MEDIUM = 50_000_000
PART = 64 << 10
SMALL = 20_000
BATCH = 256
PIECE = 1 << 20
NOISE = os.urandom(64 << 20)
_STATUS = Path("/proc/self/status")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=parse_size, default=1 << 30, help="bytes of the large object, as 5gb")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", help="the URL of an empty database")
    parser.add_argument(
        "--folder", type=Path, help="where to write; the system's temporary folder by default"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="fileroom-benchmark-") as made:
        folder = Path(made)
        for storage in storages(folder, arguments.postgres):
            rows += storage.rows(arguments)
        rows += file_rows(folder, arguments)
        rows.append(sqlite_value(folder, arguments.rounds))
        if arguments.postgres:
            rows.append(postgres_value(arguments.postgres, arguments.rounds))
    print(json.dumps(rows, indent=2)) if arguments.json else show(rows)


def pieces(size: int) -> Iterator[bytes]:
    for start in range(0, size, PIECE):
        begin = start % (len(NOISE) - PIECE)
        yield NOISE[begin : begin + min(PIECE, size - start)]


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def median(rounds: int, action: Callable[[], object]) -> float:
    return statistics.median(seconds(action) for _ in range(rounds))


def peak_above_idle(action: Callable[[], object]) -> float:
    """Return by how many MB memory rose at most."""
    idle = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    action()
    return (memory("VmHWM") - idle) / 1024


def memory(name: str) -> int:
    return next(int(line.split()[1]) for line in _STATUS.read_text().splitlines() if line.startswith(name))


class Measured:
    """The SQL storage on one database."""

    def __init__(self, name: str, storage: SqlStorage) -> None:
        self._name = name
        self._storage = storage

    def rows(self, arguments: argparse.Namespace) -> list[dict[str, object]]:
        small = [NOISE[i * SMALL : (i + 1) * SMALL] for i in range(BATCH)]

        def put_small() -> None:
            self._storage.put_many([PutItem(str(uuid.uuid4()), one) for one in small])

        took = median(4 * arguments.rounds, put_small)
        rows: list[dict[str, object]] = [
            {"what": f"{BATCH} x 20 kB", "where": self._name, "objects_per_s": round(BATCH / took)}
        ]
        rows.append(self._one(MEDIUM, "50 MB", arguments.rounds))
        rows.append(self._one(arguments.large, f"{arguments.large / 1e9:.1f} GB", 1))
        self._storage.close()
        return rows

    def _one(self, size: int, what: str, rounds: int) -> dict[str, object]:
        locator = ""

        def write() -> None:
            nonlocal locator
            locator = self._storage.put(str(uuid.uuid4()), pieces(size)).locator

        writing: list[float] = []
        peak = peak_above_idle(lambda: writing.append(median(rounds, write)))
        reading: list[float] = []
        peak = max(peak, peak_above_idle(lambda: reading.append(median(rounds, lambda: self._read(locator)))))
        return {
            "what": what,
            "where": self._name,
            "write_mb_s": round(size / writing[0] / 1e6),
            "read_mb_s": round(size / reading[0] / 1e6),
            "random_64k_ms": round(1e3 * self._random(locator, size), 2),
            "append_64k_ms": round(1e3 * self._changes(locator, lambda: None), 1),
            "splice_64k_ms": round(1e3 * self._changes(locator, lambda: random.randrange(size)), 1),
            "peak_mb": round(peak),
        }

    def _read(self, locator: str) -> None:
        with self._storage.open(locator) as file:
            while file.read(PIECE):
                pass

    def _random(self, locator: str, size: int) -> float:
        with self._storage.open(locator) as file:

            def read() -> None:
                file.seek(random.randrange(size - PART))
                assert len(file.read(PART)) == PART

            return median(300, read)

    def _changes(self, locator: str, where: Callable[[], int | None]) -> float:
        """Change an object 30 times, each time the one before, which is deleted then."""
        added = NOISE[:PART]
        took = []
        made = locator
        for _ in range(30):
            started = time.perf_counter()
            new = self._storage.splice(made, str(uuid.uuid4()), where(), 0, added).locator
            took.append(time.perf_counter() - started)
            if made != locator:
                self._storage.delete([made])
            made = new
        return statistics.median(took)


def storages(folder: Path, postgres: str | None) -> Iterator[Measured]:
    yield Measured("SQLite", opened(folder, path="objects.sqlite"))
    if postgres:
        yield Measured("PostgreSQL", opened(folder, url=postgres))


def opened(folder: Path, **table: object) -> SqlStorage:
    plugin = fileroom_storage()
    storage = plugin.open(build_options(plugin.options, table, "storage", folder))
    assert isinstance(storage, SqlStorage)
    return storage


def file_rows(folder: Path, arguments: argparse.Namespace) -> Iterator[dict[str, object]]:
    for size, what, rounds in (
        (MEDIUM, "50 MB", arguments.rounds),
        (arguments.large, f"{arguments.large / 1e9:.1f} GB", 1),
    ):
        path = folder / "object"

        def write(path: Path = path, size: int = size) -> None:
            with path.open("wb") as file:
                for piece in pieces(size):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())

        def read(path: Path = path) -> None:
            with path.open("rb") as file:
                while file.read(PIECE):
                    pass

        def append(path: Path = path) -> None:
            with path.open("ab") as file:
                file.write(NOISE[:PART])
                file.flush()
                os.fsync(file.fileno())

        def part(path: Path = path, size: int = size) -> None:
            with path.open("rb") as file:
                file.seek(random.randrange(size - PART))
                file.read(PART)

        yield {
            "what": what,
            "where": "file, fsync",
            "write_mb_s": round(size / median(rounds, write) / 1e6),
            "read_mb_s": round(size / median(rounds, read) / 1e6),
            "random_64k_ms": round(1e3 * median(300, part), 2),
            "append_64k_ms": round(1e3 * median(30, append), 1),
        }


def sqlite_value(folder: Path, rounds: int) -> dict[str, object]:
    connection = sqlite3.connect(folder / "values.sqlite", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = 1"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE value (id INTEGER PRIMARY KEY, data BLOB)")
    value = NOISE[:MEDIUM]
    return {
        "what": "50 MB",
        "where": "SQLite, one value",
        "write_mb_s": rate(
            rounds, lambda: connection.execute("INSERT INTO value (data) VALUES (?)", [value])
        ),
        "read_mb_s": rate(rounds, lambda: connection.execute("SELECT data FROM value LIMIT 1").fetchone()),
    }


def postgres_value(url: str, rounds: int) -> dict[str, object]:
    import psycopg
    from sqlalchemy import make_url

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    value = NOISE[:MEDIUM]
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE TABLE value (id serial PRIMARY KEY, data bytea)")
        connection.execute("ALTER TABLE value ALTER COLUMN data SET STORAGE EXTERNAL")
        cursor = connection.cursor(binary=True)
        row = {
            "what": "50 MB",
            "where": "PostgreSQL, one value",
            "write_mb_s": rate(
                rounds, lambda: cursor.execute("INSERT INTO value (data) VALUES (%b)", [value])
            ),
            "read_mb_s": rate(rounds, lambda: cursor.execute("SELECT data FROM value LIMIT 1").fetchone()),
        }
        connection.execute("DROP TABLE value")
        return row


def rate(rounds: int, action: Callable[[], object]) -> int:
    return round(MEDIUM / median(rounds, action) / 1e6)


def show(rows: list[dict[str, object]]) -> None:
    table = Table(title="Bytes in a database")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    for column in columns:
        table.add_column(column.replace("_", " "), justify="left" if column in ("what", "where") else "right")
    for row in sorted(rows, key=lambda row: str(row["what"])):
        table.add_row(*(str(row.get(column, "")) for column in columns))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
