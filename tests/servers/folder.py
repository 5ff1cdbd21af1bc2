"""The folder of one test run in which its servers live, and in which each of their processes is noted.

It is made when a test first asks for a server. From then on the keeper (``tests.servers.keeper``) waits for
the run to end, in whatever way; then it ends every process noted here and removes the folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import filelock

from tests.servers.processes import ServerProcess, start

_ROOT = Path(__file__).parents[2]
_PATIENCE = 60  # seconds
_GRACE = 5
_PAUSE = 0.02
_SHOWN = 2000  # characters of what a failing program prints
_NOBODY = "nobody"


def must_drop_root() -> bool:
    """Say whether servers that refuse to run as root must be started as somebody else."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


class ServerFolder:
    """A run's folder; every worker of the run opens the same.

    Args:
        path: the folder, which need not exist.
        run: number of the process with which the run ends.
    """

    def __init__(self, path: Path, run: int) -> None:
        self.path = path
        self.run_pid = run
        self._notes = path / "processes"
        self._over = path / "over"

    @classmethod
    def of_this_run(cls) -> ServerFolder:
        """Return the folder of the run that this process is about to begin."""
        return cls(Path(tempfile.gettempdir(), f"fileroom-servers-{uuid4().hex[:8]}"), os.getpid())

    def _make(self) -> None:
        self.path.mkdir(
            mode=0o711, exist_ok=True
        )  # those who run as somebody else get through to their rooms
        self._notes.mkdir(exist_ok=True)

    def lock(self, name: str) -> filelock.BaseFileLock:
        """Return a lock among the workers of the run, not taken yet."""
        self._make()
        return filelock.FileLock(self.path / f"{name}.lock")

    def room(self, name: str, *, unprivileged: bool = False) -> Path:
        """Make a folder for one server.

        Args:
            name: its name; the server's.
            unprivileged: whether it belongs to the one as whom ``spawn(unprivileged=True)`` starts.
        """
        self._make()
        room = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.path))
        if unprivileged and must_drop_root():
            shutil.chown(room, _NOBODY)
        return room

    def once(self, name: str, start: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what a server says about itself, starting it where no worker has yet.

        Args:
            name: the server's.
            start: starts the server and returns what others need to use it, as JSON takes it.

        Raises:
            RuntimeError: if it does not start, or has not for another test: it is not tried again.
        """
        said, failed = self.path / f"{name}.json", self.path / f"{name}.failed"
        with self.lock(name):
            if failed.exists():
                raise RuntimeError(failed.read_text())
            if not said.exists():
                try:
                    said.write_text(json.dumps(start()))
                except Exception as error:
                    failed.write_text(f"{name} did not start: {error}")
                    raise
        return dict(json.loads(said.read_text()))

    def run(self, *words: object, unprivileged: bool = False, env: Mapping[str, str] | None = None) -> None:
        """Run a program to its end; ``RuntimeError`` with what it printed where it fails."""
        done = subprocess.run(
            [str(word) for word in words],
            cwd=self.path,
            check=False,
            capture_output=True,
            env={**os.environ, **(env or {})},
            text=True,
            timeout=_PATIENCE,
            user=_user(unprivileged=unprivileged),
        )
        if done.returncode:
            raise RuntimeError(f"{words[0]}: exit {done.returncode}\n{(done.stdout + done.stderr)[:_SHOWN]}")

    def spawn(
        self,
        *words: object,
        log: Path,
        unprivileged: bool = False,
        stop: signal.Signals = signal.SIGTERM,
        env: Mapping[str, str] | None = None,
    ) -> ServerProcess:
        """Start a program that stays until the run ends.

        Args:
            words: the command.
            log: where what it prints goes.
            unprivileged: whether it refuses to run as root.
            stop: the signal that asks it to end soon.
            env: variables besides the test run's own.
        """
        with self.lock("spawn"), log.open("ab") as output:
            self._need_keeper()
            process = start(
                words,
                cwd=self.path,
                env={**os.environ, **(env or {})},
                stdout=output,
                stderr=output,
                user=_user(unprivileged=unprivileged),
            )
            spawned = ServerProcess(process.pid, stop)
            (self._notes / str(process.pid)).write_text(json.dumps([process.pid, spawned.created, stop]))
        return spawned

    def _need_keeper(self) -> None:
        note = self.path / "keeper"
        if note.exists():
            return
        keeper = (sys.executable, "-m", "tests.servers.keeper", self.path, self.run_pid)
        process = start(keeper, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        note.write_text(str(process.pid))

    def end(self) -> None:
        """Let the run be over, and wait until nothing is left."""
        note = self.path / "keeper"
        if note.exists():
            self._over.touch()
            ServerProcess(int(note.read_text())).wait(_PATIENCE)
        shutil.rmtree(self.path, ignore_errors=True)

    def wait_for_end(self) -> None:
        """Wait until the run is over, or its process has ended without saying so."""
        run = ServerProcess(self.run_pid)
        while not self._over.exists() and run.running:
            time.sleep(_PAUSE)

    def end_all(self) -> None:
        """End every process noted here, and remove the folder: only the keeper does this."""
        with self.lock("spawn"):
            ended = [ServerProcess.noted(note) for note in self._notes.iterdir()]
            for process in ended:
                process.ask_to_stop()
            for process in ended:
                process.wait(_GRACE)
                process.kill()
            shutil.rmtree(self.path, ignore_errors=True)


def _user(*, unprivileged: bool) -> str | None:
    return _NOBODY if unprivileged and must_drop_root() else None
