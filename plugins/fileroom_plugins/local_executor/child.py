"""A worker process, and what it does.

The child is an ordinary ``python -m``, not a `multiprocessing` one, so that a host's main module is never
imported a second time and no lock is forked. Requests and answers go over its stdin and stdout, each after
its length in eight bytes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from typing import IO, Any

from fileroom.plugin import close_idle, perform

_LENGTH = struct.Struct("<Q")
_LOOK = 1.0  # seconds between looks at whether the parent is there

# Ctrl-C in a terminal is for the parent, which ends its workers when their tasks are done.
_OUT_OF_REACH: dict[str, Any] = {"process_group": 0}
if sys.platform == "win32":
    _OUT_OF_REACH = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}


class ChildDiedError(Exception):
    """The process ended without an answer; internal."""


class ChildOverdueError(Exception):
    """The process was ended, for it took too long; internal."""


class Child:
    """A worker process; for one thread at a time."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "fileroom_plugins.local_executor.child",
            ],  # -P: import nothing from the working folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            **_OUT_OF_REACH,
        )
        self._ready = False

    def ask(self, request: bytes, timeout: float = 0.0) -> bytes:
        """Return the answer to a request.

        Args:
            request: what is asked.
            timeout: seconds after which the process is ended; 0 waits as long as it takes.

        Raises:
            ChildOverdueError: there was none in time.
            ChildDiedError: there is none.
        """
        self._wait_until_ready()
        overdue = threading.Event()

        def end() -> None:
            overdue.set()
            self._process.kill()

        timer = threading.Timer(timeout, end)
        if timeout:
            timer.start()
        try:
            return self._answer(request)
        except ChildDiedError as error:
            raise (ChildOverdueError if overdue.is_set() else ChildDiedError) from error
        finally:
            timer.cancel()

    def _wait_until_ready(self) -> None:
        """Wait for the process to be there, which is not the request's time."""
        assert self._process.stdout is not None
        if not self._ready and _read(self._process.stdout) is None:
            raise ChildDiedError
        self._ready = True

    def _answer(self, request: bytes) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            _write(self._process.stdin, request)
        except OSError as error:
            raise ChildDiedError from error
        answer = _read(self._process.stdout)
        if answer is None:
            raise ChildDiedError
        return answer

    def close(self) -> None:
        """End the process: it finishes what its storages have begun, which is waited for."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):  # what a dead process did not take
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _write(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(_LENGTH.pack(len(message)))
    pipe.write(message)
    pipe.flush()


def _read(pipe: IO[bytes]) -> bytes | None:
    """Return a message; None where the other side is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = pipe.read(length)
    return message if len(message) == length else None


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer the parent's requests until it closes the pipe; then finish what storages have begun."""
    _write(answers, b"")  # ready
    while (request := _read(requests)) is not None:
        try:
            _write(answers, perform(request))
        except OSError:
            os._exit(1)  # the parent is gone: nobody is left to be told, not by a traceback either
    close_idle()


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, whatever it is at: nobody would hear of it."""
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)


def _keep_from_forks(*pipes: int) -> None:
    """Keep the pipes from what tasks fork: that must not answer, nor seem to be us once we died."""
    nothing = os.open(os.devnull, os.O_RDONLY)  # an end of requests, and no place to write answers to

    def let_go() -> None:
        for pipe in pipes:
            os.dup2(nothing, pipe)

    os.register_at_fork(after_in_child=let_go)


def main() -> None:
    """Run as a worker: keep the pipe for messages, and send what tasks print to stderr."""
    if sys.platform != "win32":  # where a process keeps the number of a parent that is gone
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of Ctrl-C and ends us
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if sys.platform != "win32":  # where nothing forks
        _keep_from_forks(sys.stdin.fileno(), answers.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
