"""Ends a run's servers once it is over, however it ended: ``python -m tests.servers.keeper FOLDER PID``."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.servers.folder import ServerFolder

if __name__ == "__main__":
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder = ServerFolder(Path(sys.argv[1]), int(sys.argv[2]))
    folder.wait_for_end()
    folder.end_all()
