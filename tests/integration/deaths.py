"""Programs of the tests that have processes die, again and again: running one, and counting in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from fileroom.testing.faults import EXIT_STATUS


def deaths_of(program: str, config: dict[str, Any], times: int, acknowledged: Path) -> int:
    """Run ``python -m tests.integration.PROGRAM`` to its end; return how many deaths it tells of."""
    command = [sys.executable, "-m", f"tests.integration.{program}"]
    done = subprocess.run(
        [*command, json.dumps(config), str(times), "1", str(acknowledged)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def has_died(child: int) -> bool:
    """Wait for a forked process; say whether it died where it was meant to."""
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, EXIT_STATUS):
        raise SystemExit(f"a child ended with {code}")
    return code == EXIT_STATUS
