"""Ends a run's servers once the run is over, however it ended: ``python -m tests.servers.keeper FOLDER``."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.servers.folder import ServerFolder

if __name__ == "__main__":
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder = ServerFolder(Path(sys.argv[1]))
    with folder.lock("run"):
        folder.end_all()
