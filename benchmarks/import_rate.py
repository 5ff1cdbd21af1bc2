"""Import rate of real folders, beside ``cp -r`` + ``sync`` of the same files, and Orthanc's REST ingest.

    python benchmarks/import_rate.py [--small 10000] [--big 2000] [--rounds 3] [--jobs 2] [--json FILE]

Every figure of one round is taken in turn within the same minutes; ratios are medians over the rounds.
Fileroom's time is that of the import, workers' start included; Orthanc's that of the requests to a running
server.
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
from pathlib import Path

import orthanc
from rich.console import Console
from rich.table import Table

from fileroom.testing.datasets import Corpus

IMPORT = """
import json, resource, sys
import fileroom
with fileroom.open(sys.argv[1]) as archive:
    report = archive.ingest([sys.argv[2]], jobs=int(sys.argv[3]))
    assert report.failed == report.ignored == 0, report
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({**report.as_dict(), "peak_mb": peak / 1024}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--big", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a disk, not memory")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--no-orthanc", action="store_true")
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
        for name, count, size in (("small", arguments.small, 20_000), ("big", arguments.big, 500_000)):
            if count:
                source = Path(work) / name
                make(source, count, size)
                results.append(measure(name, source, Path(work), arguments))
                shutil.rmtree(source)
    show(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def make(folder: Path, count: int, size: int) -> None:
    for instance in Corpus(count, size):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)
    subprocess.run(["sync"], check=True)


def measure(name: str, source: Path, work: Path, arguments: argparse.Namespace) -> dict[str, object]:
    files = [path for path in source.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    rounds: dict[str, list[float]] = {"copy": [], "import": [], "again": [], "orthanc": [], "peak_mb": []}
    for _ in range(arguments.rounds):
        rounds["copy"].append(copy(source, work / "copy"))
        archive = work / "archive"
        first = run_import(archive, source, arguments.jobs)
        assert first["stored"] == len(files), first
        rounds["import"].append(first["seconds"])
        rounds["peak_mb"].append(first["peak_mb"])
        again = run_import(archive, source, arguments.jobs)
        assert again["already_stored"] == len(files), again
        rounds["again"].append(again["seconds"])
        shutil.rmtree(archive)
        if orthanc.PROGRAM and not arguments.no_orthanc:
            folder = work / "orthanc"
            folder.mkdir()
            with orthanc.server(folder) as port:
                rounds["orthanc"].append(orthanc.post_all(port, files, 2))
            shutil.rmtree(folder)
    return {"set": name, "files": len(files), "bytes": size, "jobs": arguments.jobs, "rounds": rounds}


def copy(source: Path, target: Path) -> float:
    started = time.perf_counter()
    subprocess.run(["cp", "-r", str(source), str(target)], check=True)
    subprocess.run(["sync"], check=True)
    seconds = time.perf_counter() - started
    shutil.rmtree(target)
    subprocess.run(["sync"], check=True)
    return seconds


def run_import(archive: Path, source: Path, jobs: int) -> dict[str, float]:
    command = [sys.executable, "-c", IMPORT, str(archive), str(source), str(jobs)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answer: dict[str, float] = json.loads(output)
    subprocess.run(["sync"], check=True)
    return answer


def show(results: list[dict[str, object]]) -> None:
    table = Table("set", "what", "seconds", "instances/s", "MB/s", "ratio")
    for result in results:
        rounds, files, size = result["rounds"], result["files"], result["bytes"]
        assert isinstance(rounds, dict)
        assert isinstance(files, int)
        assert isinstance(size, int)
        mine = rounds["import"]
        for what, label in (
            ("copy", "cp -r + sync"),
            ("import", f"fileroom import, {result['jobs']} jobs"),
            ("again", "fileroom import again"),
            ("orthanc", "Orthanc REST, 2 clients"),
        ):
            if not rounds[what]:
                continue
            seconds = statistics.median(rounds[what])
            ratio = statistics.median(other / own for other, own in zip(rounds[what], mine, strict=True))
            table.add_row(
                str(result["set"]),
                label,
                f"{seconds:.2f}",
                f"{files / seconds:.0f}",
                f"{size / seconds / 1e6:.0f}",
                f"{ratio:.2f}",
            )
        table.add_row(str(result["set"]), "peak memory", f"{max(rounds['peak_mb']):.0f} MB", "", "", "")
    Console().print(table)
    Console().print("ratio: the import's rate over that row's rate (above 1: the import is faster)")


if __name__ == "__main__":
    main()
