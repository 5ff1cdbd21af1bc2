"""CPU time of starting up, beyond that of bare Python: ``import fileroom`` and ``fileroom --help``.

    python benchmarks/startup.py [--runs 15] [--json]

User and system time of a child process, as the operating system counts it, so that other load on the machine
matters little; the median over the runs, which take turns. The aim is under 150 ms beyond bare Python.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import fileroom": ["-c", "import fileroom"],
    "fileroom --help": ["-m", "fileroom", "--help"],
}
BARE = "python -c pass"
LIMIT = 150.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for words in COMMANDS.values():  # compile what is not, warm the disk cache
        cpu_ms(words)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(arguments.runs):
        for name, words in COMMANDS.items():
            times[name].append(cpu_ms(words))
    medians = {name: statistics.median(measured) for name, measured in times.items()}
    results = [
        {"command": name, "cpu_ms": round(median, 1), "beyond_bare_ms": round(median - medians[BARE], 1)}
        for name, median in medians.items()
    ]
    if arguments.json:
        print(json.dumps({"runs": arguments.runs, "limit_ms": LIMIT, "results": results}, indent=1))
        return
    for one in results:
        print(
            f"{one['command']:18}{one['cpu_ms']:8.1f} ms   {one['beyond_bare_ms']:+8.1f} ms over bare Python"
        )


def cpu_ms(words: list[str]) -> float:
    """Return the milliseconds of CPU that one run takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


if __name__ == "__main__":
    main()
