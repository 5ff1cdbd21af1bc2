"""A program that stores objects while `twin` runs on store, until it is killed or has stored them all.

``python -m tests.integration.storing_for_twins CONFIG FIRST COUNT ACKNOWLEDGED``: CONFIG is JSON, the
arguments of `fileroom.open`. Instance numbers count from FIRST; the SOP Instance UID of each that was
acknowledged is a line of the file ACKNOWLEDGED. Prints a line when the archive is open.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import fileroom
from fileroom._on_store import notes
from fileroom.testing.datasets import make_instance, make_uid

LEASE = 2.0
"""Seconds, so that what dies is soon taken over."""


def main(config: dict[str, Any], first: int, count: int, acknowledged: Path) -> None:
    """Store, and wait until all is processed."""
    notes.LEASE = LEASE
    file = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with fileroom.open(**config) as archive:
        sys.stdout.write("open\n")
        sys.stdout.flush()
        for number in range(first, first + count):
            uid = make_uid("twin", number)
            archive.store(make_instance(sop_uid=uid, instance_number=number, rows=8, columns=8)).check()
            os.write(file, f"{uid}\n".encode())
        archive.on_store.wait()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
