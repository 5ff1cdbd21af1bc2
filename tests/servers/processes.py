"""Processes of servers: started by one worker, watched and ended by any other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

_PATIENCE = 60  # seconds
_PAUSE = 0.02

# Processes outlive the objects by which they were started: these are kept until the interpreter ends.
_started: list[subprocess.Popen[bytes]] = []


def start(words: Sequence[object], **how: Any) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, with nothing to read, that may outlive this process.

    Args:
        words: the command.
        how: what ``subprocess.Popen`` takes.
    """
    process = subprocess.Popen(
        [str(word) for word in words], start_new_session=True, stdin=subprocess.DEVNULL, **how
    )
    _started.append(process)
    return process


class ServerProcess:
    """A process with all its children; not necessarily a child of ours.

    Args:
        pid: its number.
        stop: the signal that asks it to end soon.
        created: when it began, since numbers are used again; now by default.
    """

    def __init__(self, pid: int, stop: signal.Signals = signal.SIGTERM, created: float | None = None) -> None:
        self._stop = stop
        self._process: psutil.Process | None
        try:
            self._process = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self._process = None
        self.created = self._process.create_time() if self._process else 0
        if created is not None and created != self.created:
            self._process = None

    @classmethod
    def noted(cls, note: Path) -> ServerProcess:
        """Return the process that a note speaks of."""
        pid, created, stop = json.loads(note.read_text())
        return cls(pid, signal.Signals(stop), created)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and not _gone(self._process)

    def ask_to_stop(self) -> None:
        """Ask it to end, and do not wait."""
        if self.running and self._process:
            if os.name == "nt":
                self._process.terminate()
            else:
                self._process.send_signal(self._stop)

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, but no longer than this."""
        if self._process:
            _wait_until_gone([self._process], seconds)

    def kill(self) -> None:
        """Kill it and its children, as a power cut does."""
        if self.running and self._process:
            family = [self._process, *self._process.children(recursive=True)]
            for one in family:
                one.kill()
            _wait_until_gone(family, _PATIENCE)


def _gone(process: psutil.Process) -> bool:
    # One that has ended stays until its parent asks about it: perhaps we, perhaps another worker.
    for one in _started:
        one.poll()
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _wait_until_gone(processes: list[psutil.Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not all(map(_gone, processes)) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
