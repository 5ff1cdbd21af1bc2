"""A program that stores and dies, again and again, at a step between put and commit that chance chooses.

``python -m tests.integration.dying CONFIG TIMES SEED ACKNOWLEDGED``: CONFIG is JSON, the arguments of
`fileroom.open`; each acknowledged instance is a line of the file ACKNOWLEDGED. Prints the number of deaths.

One process forks the others, so that a thousand deaths take a minute and not an hour of importing.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import fileroom
from fileroom.reports import Outcome
from fileroom.testing.datasets import make_instance, make_uid
from fileroom.testing.faults import FaultyIndex, FaultyStorage
from tests.integration.deaths import has_died

BATCH = 3
STEPS = (("storage", "put_many", 3), ("index", "commit", 2), ("storage", "delete", 2))
"""Where to die: the method, and how many steps it has."""

SLOW_IMPORTS = ("boto3", "psycopg", "sqlalchemy", "pydicom")


def main(config: dict[str, Any], times: int, seed: int, acknowledged: Path) -> None:
    """Die that many times, and print how often it came to that."""
    for name in SLOW_IMPORTS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with fileroom.open(**config):
        pass  # made once, so that no death falls into that
    deaths = 0
    for number in range(times):
        child = os.fork()
        if not child:
            _store(config, random.Random(f"{seed} {number}"), number, acknowledged)
            os._exit(0)
        deaths += has_died(child)
    sys.stdout.write(f"{deaths}\n")


def _store(config: dict[str, Any], chance: random.Random, number: int, acknowledged: Path) -> None:
    part, method, steps = chance.choice(STEPS)
    file = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def acknowledge(outcome: Outcome) -> None:
        os.write(file, f"{outcome.id}\n".encode())

    with fileroom.open(**config) as archive:
        wrapper = FaultyIndex if part == "index" else FaultyStorage
        dying = wrapper(getattr(archive, part), {method: chance.randint(1, steps)}, die=True)
        setattr(archive, part, dying)
        # Every second batch comes again, changed: then there is garbage to delete, too.
        batch = [_instance(number // 2 * 2, each, number) for each in range(BATCH)]
        archive.ingest(batch, on_outcome=acknowledge)


def _instance(series: int, number: int, version: int) -> bytes:
    uid = make_uid("dying", series)
    return make_instance(
        series_uid=uid,
        sop_uid=f"{uid}.{number}",
        instance_number=number,
        rows=8,
        columns=8,
        tags={"ImageComments": f"version {version}"},
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
