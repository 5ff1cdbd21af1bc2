"""Where programs are, which ports are free, and waiting until somebody answers there."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

from tests.servers.processes import ServerProcess

_FOLDERS = ("/usr/sbin", "/usr/local/sbin")
HOST = "127.0.0.1"
_PATIENCE = 60  # seconds; a busy machine starts servers slowly
_PAUSE = 0.02
_SHOWN = 20  # lines of a log


def program(name: str) -> str | None:
    """Return where a server's program is, if anywhere: also in folders that only root has on its path."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *_FOLDERS)))


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens at."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_until_ready(
    process: ServerProcess, log: Path, connect: Callable[[], object], *, refused: type[Exception] = OSError
) -> None:
    """Call until it works.

    Args:
        process: of the server.
        log: what it prints, shown where it ends or never answers.
        connect: what works once the server is ready.
        refused: what is raised until then.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connect()
        except refused as error:
            if not process.running or time.monotonic() > deadline:
                said = log.read_text(errors="replace").splitlines()[-_SHOWN:]
                raise RuntimeError("\n".join(("a server did not start:", *said))) from error
            time.sleep(_PAUSE)
        else:
            return


def answers(port: int) -> None:
    """Connect to a port of the loopback interface; ``OSError`` where nobody listens."""
    socket.create_connection((HOST, port), timeout=1).close()
