"""Find latency, size and commit rate of the SQL indexes, at growing numbers of instances.

    python benchmarks/find.py [--sizes 10000 100000 1000000] [--samples 200] [--folder DIR] [--json FILE]
        [--index URL]

It measures SQLite, in a file in the folder, or the server whose database the URL names, where it makes
databases of its own and drops them. Rows are committed through the Index contract in batches of 256. Each
figure is taken over as many different values as there are samples, each asked for once; the last column
divides the p50 at the greatest size by that at the smallest.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, make_url, text

from fileroom.index import Entry, Index
from fileroom.model import Level
from fileroom.options import Secret
from fileroom.query import Query
from fileroom.query_parse import parse_query
from fileroom.tags import TagSet
from fileroom.testing.entries import many_entries
from fileroom_plugins.index_sql.sql import Options, open_index

TAGS = TagSet.default()
BATCH = 256
ORIENTATION = "0.99863\\-0.05233\\0.00000\\0.05233\\0.99863\\0.00000"


@dataclass
class Sample:
    """The values of one instance to search for."""

    patient_id: str
    name: str
    date: str
    study: str
    instance: str
    study_id: str
    series_id: str
    instance_id: str


Question = Callable[[Index, Sample], int]


def ask(level: str, *, limit: int | None = None, order_by: tuple[str, ...] = (), **keys: str) -> Question:
    """Return a question that finds one page; keys name the sample's field to search for."""

    def question(index: Index, sample: Sample) -> int:
        values = {keyword: template.format_map(vars(sample)) for keyword, template in keys.items()}
        query: Query = parse_query(level, values, TAGS, order_by=order_by, limit=limit).query
        return len(index.find(query).records)

    return question


QUESTIONS: dict[str, Question] = {
    "PatientID -> patient": ask("patient", PatientID="{patient_id}"),
    "PatientID -> studies": ask("study", PatientID="{patient_id}"),
    "StudyInstanceUID -> study": ask("study", StudyInstanceUID="{study}"),
    "SOPInstanceUID -> instance": ask("instance", SOPInstanceUID="{instance}"),
    "name prefix -> studies": ask("study", PatientName="{name}*"),
    "one day -> studies": ask("study", StudyDate="{date}"),
    "last 20 studies": ask("study", order_by=("-StudyDate",), limit=20),
    "name prefix, one day -> series": ask("series", PatientName="{name}*", StudyDate="{date}"),
    "Modality -> 20 instances": ask("instance", Modality="CT", limit=20),
    "StudyInstanceUID -> instances": ask("instance", StudyInstanceUID="{study}", limit=2000),
    "children of a series": lambda index, sample: sum(1 for _ in index.children(sample.series_id)),
    "get an instance": lambda index, sample: len(index.get([sample.instance_id])),
    "details of an instance": lambda index, sample: len(index.details([sample.instance_id])),
    "100 changes": lambda index, _: len(index.changes().changes),
    "statistics": lambda index, _: index.statistics().studies,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a disk, not memory")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--index", metavar="URL", default=None, help="a database of the server to measure")
    arguments = parser.parse_args()
    results = []
    for size in sorted(arguments.sizes):
        with place(arguments.folder, arguments.index) as url:
            results.append(measure(url, size, arguments.samples))
    show(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


@contextmanager
def place(folder: Path | None, server: str | None) -> Iterator[str]:
    """Yield the URL of a database that is there for as long as the block."""
    if server is None:
        with tempfile.TemporaryDirectory(dir=folder) as own:
            yield f"sqlite:///{(Path(own) / 'index.sqlite').as_posix()}"
        return
    url, name = make_url(server), f"fileroom_benchmark_{uuid4().hex}"
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        engine.dispose()


def measure(url: str, size: int, samples: int) -> dict[str, Any]:
    index = open_index(Options(Secret(url)), TAGS)
    seconds, chosen = fill(index, size, samples)
    index.compact()  # as it is after a while: with the planner's figures, where it has any
    index.close()
    size_on_disk = bytes_of(url)
    index = open_index(Options(Secret(url)), TAGS)
    found = {name: timings(index, question, chosen) for name, question in QUESTIONS.items()}
    index.close()
    return {
        "instances": size,
        "bytes_per_instance": round(size_on_disk / size),
        "commits_per_second": round(size / seconds),
        "find": found,
    }


def bytes_of(url: str) -> int:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Path(str(parsed.database)).stat().st_size
    engine = create_engine(parsed)
    size = (
        "SELECT pg_database_size(current_database())"
        if parsed.get_backend_name() == "postgresql"
        else "SELECT sum(data_length + index_length) FROM information_schema.tables "
        "WHERE table_schema = database()"
    )
    with engine.connect() as connection:
        found = int(connection.execute(text(size)).scalar_one())
    engine.dispose()
    return found


def fill(index: Index, size: int, samples: int) -> tuple[float, list[Sample]]:
    """Commit so many instances; return the seconds spent in commits, and samples from all over."""
    source = random.Random(size)
    wanted = set(source.sample(range(size), min(samples, size)))
    chosen = []
    seconds = 0.0
    entries = realistic(many_entries(size))
    for start in range(0, size, BATCH):
        batch = list(itertools.islice(entries, BATCH))
        chosen += [sample(entry) for number, entry in enumerate(batch, start) if number in wanted]
        began = time.perf_counter()
        index.commit(batch)
        seconds += time.perf_counter() - began
    source.shuffle(chosen)
    return seconds, chosen


def realistic(entries: Iterator[Entry]) -> Iterator[Entry]:
    """Add the instance attributes that every CT image has."""
    for number, entry in enumerate(entries):
        hour, minute, second = number // 3600 % 24, number // 60 % 60, number % 60
        x, y, z = number % 250, number % 199, number % 1500
        tags = {
            **entry.header.tags,
            "InstanceCreationDate": entry.header.tags["StudyDate"],
            "InstanceCreationTime": f"{hour:02}{minute:02}{second:02}.{number % 1000:03}000",
            "AcquisitionNumber": "1",
            "ImagePositionPatient": f"-{x}.51171875\\-{y}.01171875\\{z}.500",
            "ImageOrientationPatient": ORIENTATION,
        }
        yield replace(entry, header=replace(entry.header, tags=tags))


def sample(entry: Entry) -> Sample:
    identity, tags = entry.header.identity, entry.header.tags
    ids = [identity.public_id(level) for level in (Level.STUDY, Level.SERIES, Level.INSTANCE)]
    name = str(tags["PatientName"]).partition("^")[0]
    uids = (identity.study_instance_uid, identity.sop_instance_uid)
    return Sample(identity.patient_id, name, str(tags["StudyDate"]), *uids, *ids)


def timings(index: Index, question: Question, samples: list[Sample]) -> dict[str, float]:
    """Return the milliseconds of one question over all samples, and the rows of an average answer."""
    question(index, samples[0])  # a connection, and the statement
    seconds, rows = [], 0
    for each in samples:
        began = time.perf_counter()
        rows += question(index, each)
        seconds.append(time.perf_counter() - began)
    ordered = sorted(seconds)
    return {
        "p50": statistics.median(ordered) * 1000,
        "p95": ordered[int(len(ordered) * 0.95)] * 1000,
        "rows": rows / len(samples),
    }


def show(results: list[dict[str, Any]]) -> None:
    console = Console()
    least, most = results[0], results[-1]
    table = Table("", *(f"{result['instances']:,}" for result in results), "ratio", "rows")
    for key in ("commits_per_second", "bytes_per_instance"):
        ratio = most[key] / least[key]
        table.add_row(key.replace("_", " "), *(f"{result[key]:,}" for result in results), f"{ratio:.2f}", "")
    for name in QUESTIONS:
        times = [result["find"][name] for result in results]
        ratio = times[-1]["p50"] / times[0]["p50"]
        cells = [f"{each['p50']:.2f} / {each['p95']:.2f}" for each in times]
        table.add_row(name, *cells, f"{ratio:.2f}", f"{times[-1]['rows']:.0f}")
    table.columns[0].no_wrap = True
    table.caption = "finds in ms: p50 / p95"
    console.print(table)


if __name__ == "__main__":
    main()
