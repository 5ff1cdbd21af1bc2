"""Peak memory of storing, range-reading and exporting one instance of 1 GB, above the idle process.

    python benchmarks/memory.py [--size 1000000000] [--json FILE]

Linux only: the peak comes from /proc.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import fileroom
from fileroom.storage import ByteRange
from fileroom.testing.datasets import make_instance

_STATUS = Path("/proc/self/status")


def peak_kb() -> int:
    return next(int(line.split()[1]) for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def write_large(path: Path, size: int) -> None:
    """Write a multi-frame object whose pixel data fills it up to about ``size`` bytes."""
    frame = 1000 * 1000 * 2
    frames = size // frame
    one = make_instance(rows=1000, columns=1000, frames=1, tags={"NumberOfFrames": str(frames)})
    head = one[: len(one) - frame]
    with path.open("wb") as file:
        file.write(head[:-4] + (frames * frame).to_bytes(4, "little"))
        for number in range(frames):
            file.write(bytes([number % 251]) * frame)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000_000)
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as work:
        source = Path(work) / "large.dcm"
        write_large(source, arguments.size)
        with fileroom.open(Path(work) / "archive") as archive:
            archive.store(make_instance(sop_uid="1.2.3")).check()  # whatever loads on first use, loads here
            reset_peak()
            idle = peak_kb()

            def measure(what: str, started: float) -> None:
                seconds = time.perf_counter() - started
                rows.append({"what": what, "above_idle_mb": (peak_kb() - idle) / 1024, "seconds": seconds})
                reset_peak()

            started = time.perf_counter()
            instance = archive.store(source).check().instance
            assert instance is not None
            measure("store a path", started)
            started = time.perf_counter()
            with source.open("rb") as file:
                archive.store(file).check()
            measure("store an open file (again)", started)
            started = time.perf_counter()
            archive.ingest([source])
            measure("ingest (again)", started)
            started = time.perf_counter()
            middle = arguments.size // 2
            assert len(instance.attachments["dicom"].read(middle, middle + 1_000_000)) == 1_000_000
            with instance.open(ByteRange(middle, middle + 1_000_000)) as part:
                assert len(part.read()) == 1_000_000
            measure("read a range of 1 MB, twice", started)
            started = time.perf_counter()
            assert archive.export([instance], Path(work) / "out").written == 1
            measure("export to a folder", started)
            started = time.perf_counter()
            assert archive.export([instance], Path(work) / "out.zip", as_zip=True).written == 1
            measure("export to a ZIP file", started)
            started = time.perf_counter()
            assert list(archive.verify()) == []
            measure("verify", started)
    table = Table("what", "MB above idle", "seconds")
    for row in rows:
        table.add_row(str(row["what"]), f"{row['above_idle_mb']:.1f}", f"{row['seconds']:.2f}")
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
