"""Find latency of the linear index against findscu and dcmqrscp, over one and the same storage area.

    python benchmarks/linear_find.py [--sizes 1000 20000] [--samples 100] [--folder DIR] [--json FILE]

An area is filled through the Index contract, without files: neither side opens any for a search. dcmqrscp
(DCMTK, Debian package dcmtk) then serves it. Both sides are asked the same; DCMTK's answers come over one
association with TCP_NODELAY on, by repeating the query and taking the time of one more repetition.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fileroom.index import Entry
from fileroom.query_parse import parse_query
from fileroom.tags import TagSet
from fileroom.testing.entries import many_entries
from fileroom_plugins.index_linear.index import LinearIndex

TAGS = TagSet.default()
BATCH = 256
REPEATED = 8
TITLE = "BENCH"
ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 20_000])
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a disk, not memory")
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    results = []
    for size in sorted(arguments.sizes):
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            results.append(measure(Path(folder) / "area", size, arguments.samples))
    show(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def measure(area: Path, size: int, samples: int) -> dict[str, Any]:
    index = LinearIndex(area, TAGS)
    entries = list(many_entries(size))
    began = time.perf_counter()
    for batch in batches(iter(entries)):
        index.commit(batch)
    committed = time.perf_counter() - began
    index.close()
    began = time.perf_counter()
    index = LinearIndex(area, TAGS)
    index.statistics()
    opened = time.perf_counter() - began
    chosen = random.Random(size).sample(entries, samples)
    with served(area) as port:
        found = {
            name: {"fileroom": fileroom(index, name, chosen), "dcmtk": dcmtk(port, name, chosen)}
            for name in QUESTIONS
        }
    index.close()
    return {
        "instances": size,
        "commits_per_second": round(size / committed),
        "seconds_to_open": opened,
        "find": found,
    }


def batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while batch := list(itertools.islice(entries, BATCH)):
        yield batch


QUESTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "Study UID -> study": ("study", {"StudyInstanceUID": "{study}"}),
    "SOP UID -> instance": (
        "instance",
        {"StudyInstanceUID": "{study}", "SeriesInstanceUID": "{series}", "SOPInstanceUID": "{instance}"},
    ),
    "name with wildcard -> studies": ("study", {"PatientName": "*{name}*"}),
    "series UID -> instances": (
        "instance",
        {"StudyInstanceUID": "{study}", "SeriesInstanceUID": "{series}"},
    ),
}
LEVELS = {"study": "STUDY", "instance": "IMAGE"}


def values(name: str, entry: Entry) -> dict[str, str]:
    identity = entry.header.identity
    known = {
        "study": identity.study_instance_uid,
        "series": identity.series_instance_uid,
        "instance": identity.sop_instance_uid,
        "name": str(entry.header.tags["PatientName"])[1:],
    }
    return {keyword: value.format_map(known) for keyword, value in QUESTIONS[name][1].items()}


def fileroom(index: LinearIndex, name: str, chosen: list[Entry]) -> dict[str, float]:
    seconds, answers = [], []
    for entry in chosen:
        query = parse_query(QUESTIONS[name][0], values(name, entry), TAGS).query
        began = time.perf_counter()
        page = index.find(query)
        seconds.append(time.perf_counter() - began)
        answers.append(len(page.records))
    return {
        "p50_ms": statistics.median(seconds) * 1000,
        "p95_ms": statistics.quantiles(seconds, n=20)[-1] * 1000,
        "answers": statistics.mean(answers),
    }


def dcmtk(port: int, name: str, chosen: list[Entry]) -> dict[str, float]:
    seconds, answers = [], []
    for entry in chosen[:9]:
        once, count = asked(port, name, entry, 1)
        often, _ = asked(port, name, entry, 1 + REPEATED)
        seconds.append((often - once) / REPEATED)
        answers.append(count)
    return {"p50_ms": statistics.median(seconds) * 1000, "answers": statistics.mean(answers)}


def asked(port: int, name: str, entry: Entry, times: int) -> tuple[float, int]:
    """Ask so many times over one association; return the seconds, and the number of answers to one."""
    keys = {"QueryRetrieveLevel": LEVELS[QUESTIONS[name][0]], **values(name, entry)}
    words = [word for keyword, value in keys.items() for word in ("-k", f"{keyword}={value}")]
    began = time.perf_counter()
    done = subprocess.run(
        [
            "/usr/bin/findscu",
            "-S",
            "-aec",
            TITLE,
            "--repeat",
            str(times),
            "localhost",
            str(port),
            *words,
            "-v",
        ],
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    took = time.perf_counter() - began
    return took, (done.stdout + done.stderr).count(b"(Pending)") // times


@contextmanager
def served(area: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = int(probe.getsockname()[1])
    config = area.with_name("dcmqrscp.cfg")
    config.write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\n{TITLE} {area} R (500, 1024mb) ANY\nAETable END\n"
    )
    server = subprocess.Popen(
        ["/usr/bin/dcmqrscp", "-c", str(config)],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # past 32 MiB it complains at every seek
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 20
        while subprocess.run(
            ["/usr/bin/echoscu", "-aec", TITLE, "localhost", str(port)], capture_output=True, check=False
        ).returncode:
            if time.monotonic() > deadline:
                raise TimeoutError("dcmqrscp does not answer")
            time.sleep(0.1)
        yield port
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def show(results: list[dict[str, Any]]) -> None:
    table = Table("instances", "search", "answers", "Fileroom p50 ms", "p95 ms", "dcmqrscp ms", "ratio")
    for result in results:
        for name, both in result["find"].items():
            ours, theirs = both["fileroom"], both["dcmtk"]
            table.add_row(
                f"{result['instances']:,}",
                name,
                f"{ours['answers']:g} / {theirs['answers']:g}",
                f"{ours['p50_ms']:.3f}",
                f"{ours['p95_ms']:.3f}",
                f"{theirs['p50_ms']:.1f}",
                f"{theirs['p50_ms'] / ours['p50_ms']:,.0f}",
            )
        table.add_section()
    console = Console()
    console.print(table)
    for result in results:
        console.print(
            f"{result['instances']:,} instances: {result['commits_per_second']:,} committed a second, "
            f"opened in {result['seconds_to_open']:.2f} s"
        )


if __name__ == "__main__":
    main()
