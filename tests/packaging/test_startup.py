"""Starting up is quick: CPU time beyond bare Python, as the benchmark measures it."""

from __future__ import annotations

import json
import sys

import pytest

from tests.packaging.builds import ROOT, run


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the CPU time of child processes is not known there")
def test_import_and_help_stay_under_their_limit() -> None:
    told = json.loads(run(sys.executable, "benchmarks/startup.py", "--runs", "5", "--json", cwd=ROOT))
    beyond = {one["command"]: one["beyond_bare_ms"] for one in told["results"]}
    assert {name: ms for name, ms in beyond.items() if ms > told["limit_ms"]} == {}
    assert len(beyond) == 3
