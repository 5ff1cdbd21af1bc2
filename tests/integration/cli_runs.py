"""Running the command: in this process, with the streams apart, or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from fileroom.cli.application import cli

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("FILEROOM_")}


def run(*words: object, code: int = 0, given: str | bytes | None = None, **environment: str | None) -> Result:
    """Run a command line in this process, and make sure of its exit code."""
    cleared = {name: None for name in os.environ if name.startswith("FILEROOM_")}
    result = CliRunner().invoke(
        cli, [str(word) for word in words], input=given, env={**cleared, "COLUMNS": "80", **environment}
    )
    assert result.exit_code == code, (
        f"exit {result.exit_code}\n{result.stdout}\n{result.stderr}\n{result.exception!r}"
    )
    assert "Traceback" not in result.stderr
    return result


def run_json(*words: object, code: int = 0) -> Any:
    """Run a command line with ``--json`` and return what it printed."""
    return json.loads(run(*words, "--json", code=code).stdout)


def start(*words: object, cwd: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start ``python -m fileroom`` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "fileroom", *map(str, words)],
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
