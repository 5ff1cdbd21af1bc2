"""DICOM JSON of headers beside pydicom's, on the same bytes in the same process.

    python benchmarks/header_json.py [--rounds 25] [--json FILE]

The files are all that pydicom ships and can read. pydicom reads each (``dcmread``), makes a dictionary of it
(``to_json_dict``) and text of that (``json.dumps``). Ours makes the same text from the same bytes, once with
all bytes in it as pydicom's has, and once with bulk data by reference, for which pydicom gets a handler that
returns a constant. Each figure is the best of the rounds, which are taken in turn; the ratio is pydicom's
time over ours. That both say the same is made sure of first.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import statistics
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pydicom.data
from rich.console import Console
from rich.table import Table

from fileroom_plugins.metadata.bulk import Bulk
from fileroom_plugins.metadata.json_text import to_json
from fileroom_plugins.metadata.source import Octets
from fileroom_plugins.metadata.walker import read_object

if TYPE_CHECKING:
    from collections.abc import Callable

MEANT = 4.0
"""The ratio that the project promises over all files."""

SHOWN = ("CT_small.dcm", "MR_small_implicit.dcm", "rtplan.dcm", "reportsi.dcm", "image_dfl.dcm")
INLINE = Bulk(None)
REFERRED = Bulk()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    results = [measure(name, data, arguments.rounds) for name, data in files().items()]
    table = Table("file", "inline, µs", "pydicom, µs", "ratio", "referred, µs", "pydicom, µs", "ratio")
    for result in [one for one in results if one["name"] in SHOWN] + [total(results)]:
        keys = ("inline", "pydicom_inline", "inline_ratio", "referred", "pydicom_referred", "referred_ratio")
        table.add_row(str(result["name"]), *(f"{result[key]:.1f}" for key in keys))
    Console().print(table)
    for kind in ("inline", "referred"):
        ratios = [float(one[f"{kind}_ratio"]) for one in results]
        Console().print(
            f"{kind}: ratio from {min(ratios):.1f} to {max(ratios):.1f}, "
            f"median {statistics.median(ratios):.1f}; promised over all files: {MEANT:.0f}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def files() -> dict[str, bytes]:
    """Return the files by name of which both make the same."""
    found = {}
    for path in sorted(Path(pydicom.data.__file__).parent.rglob("*.dcm")):
        data = path.read_bytes()
        try:
            same = json.loads(ours(data, INLINE)) == json.loads(theirs(data))
        except Exception:  # noqa: BLE001 - what pydicom or we refuse is not compared
            continue
        if not same:
            raise SystemExit(f"{path.name}: not the same")
        found[path.name] = data
    return found


def ours(data: bytes, bulk: Bulk) -> str:
    return to_json(read_object(Octets(data)), bulk)


def theirs(data: bytes, **options: Any) -> str:  # noqa: ANN401 - pydicom's
    return json.dumps(pydicom.dcmread(io.BytesIO(data), force=True).to_json_dict(**options))


def measure(name: str, data: bytes, rounds: int) -> dict[str, str | float]:
    calls: dict[str, Callable[[], object]] = {
        "inline": lambda: ours(data, INLINE),
        "pydicom_inline": lambda: theirs(data),
        "referred": lambda: ours(data, REFERRED),
        "pydicom_referred": lambda: theirs(data, bulk_data_element_handler=lambda _: "bulk"),
    }
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for key, call in calls.items():
            started = time.perf_counter()
            call()
            best[key] = min(best[key], (time.perf_counter() - started) * 1e6)
    return {"name": name, **best, **ratios_of(best)}


def ratios_of(best: dict[str, float]) -> dict[str, float]:
    return {f"{kind}_ratio": best[f"pydicom_{kind}"] / best[kind] for kind in ("inline", "referred")}


def total(results: list[dict[str, str | float]]) -> dict[str, str | float]:
    keys = ("inline", "pydicom_inline", "referred", "pydicom_referred")
    best = {key: sum(float(one[key]) for one in results) for key in keys}
    return {"name": f"all {len(results)}", **best, **ratios_of(best)}


if __name__ == "__main__":
    main()
