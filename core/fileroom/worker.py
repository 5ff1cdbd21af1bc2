"""A `fileroom.prepare.Preparer` in a process of its own: the way past one core.

The child is an ordinary ``python -m fileroom.worker``, not a `multiprocessing` one, so that a host's main
module is never imported a second time and no lock is forked. Parent and child speak pickled messages over
the child's stdin and stdout.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any

from fileroom._dispatch import Dispatch
from fileroom._executing.messages import portable
from fileroom.errors import FileroomError
from fileroom.prepare import BatchLostError
from fileroom.tags import TagSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fileroom.config import Config
    from fileroom.index import Held
    from fileroom.ingest import Prepares
    from fileroom.prepare import MakesPreparer, Prepared, Seen
    from fileroom.sources import Candidate
    from fileroom.storage import Storage

# Ctrl-C in a terminal is for the parent, which ends its workers when their batches are done.
_OUT_OF_REACH: dict[str, Any] = {"process_group": 0}
if sys.platform == "win32":
    _OUT_OF_REACH = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

_log = logging.getLogger("fileroom.ingest")


class WorkerDiedError(Exception):
    """The worker process ended without an answer; internal."""


class RemotePreparer:
    """Prepares batches in a worker process, and in this one what a worker cannot be sent.

    If the worker dies, the batch in hand is started anew and prepared here, and so is all that follows: what
    the dead worker had already put is an orphan.
    """

    def __init__(self, config: Config, make: MakesPreparer, local: Prepares) -> None:
        self._local = local
        self._make = make
        self._current: Prepares | None = None
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
            [sys.executable, "-P", "-m", "fileroom.worker"],  # -P: import nothing from the working folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            **_OUT_OF_REACH,
        )
        self._config: Config | None = config

    @property
    def here(self) -> bool:
        """Whether the batch in hand is prepared in this process."""
        return self._current is not None and self._current.here

    def read(self, candidates: Sequence[Candidate]) -> list[Seen]:
        """Read headers, in the worker where the candidates are plain files."""
        self._current = None
        if self._process is not None and all(candidate.path is not None for candidate in candidates):
            try:
                if self._config is not None:
                    self._ask("open", self._config, self._make)
                    self._config = None
                seen: list[Seen] = self._ask("read", candidates)
            except WorkerDiedError:
                self._bury()
            else:
                return seen
        self._current = self._local
        return self._local.read(candidates)

    def put(self, held: Sequence[Held | None], skip: Sequence[bool]) -> list[Prepared | None]:
        """Make bytes durable where the headers were read.

        Raises:
            BatchLostError: the worker died with the batch.
        """
        if self._current is not None:
            return self._current.put(held, skip)
        try:
            prepared: list[Prepared | None] = self._ask("put", held, skip)
        except WorkerDiedError as error:
            self._bury()
            raise BatchLostError from error
        return prepared

    def close(self) -> None:
        """End the worker: it finishes what its storage has begun, which is waited for as it would be here."""
        if self._process is not None:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            with contextlib.suppress(OSError):  # what a dead worker did not take
                self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None

    def _ask(self, verb: str, *arguments: object) -> Any:  # noqa: ANN401 - the answer's type is the verb's
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            pickle.dump((verb, arguments), self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            ok, answer = pickle.load(self._process.stdout)  # noqa: S301 - our own child
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise WorkerDiedError from error
        if not ok:
            raise answer
        return answer

    def _bury(self) -> None:
        assert self._process is not None
        self._process.kill()
        self.close()
        _log.warning("an import worker died; its files are imported by this process")


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer a parent's requests until it closes the pipe; then finish what the storage has begun."""
    with ExitStack() as closing:
        verbs: dict[str, Callable[..., object]] = {"open": lambda *how: verbs.update(_open(closing, *how))}
        while True:
            try:
                verb, arguments = pickle.load(requests)  # noqa: S301 - our own parent
            except EOFError:
                return
            answer: object = None
            ok = True
            try:
                answer = verbs[verb](*arguments)
            except FileroomError as error:
                ok, answer = False, portable(error)
            try:
                pickle.dump((ok, answer), answers, pickle.HIGHEST_PROTOCOL)
                answers.flush()
            except OSError:
                os._exit(1)  # the parent is gone: nobody is left to be told, not by a traceback either


def _open(closing: ExitStack, config: Config, make: MakesPreparer) -> dict[str, Callable[..., object]]:
    """Open the storage and the plugins, and no index: the commit is the parent's."""
    plugins = Dispatch.open(config)
    closing.callback(plugins.close)
    tags = TagSet.with_extra(config.extra_tags).reading_too(plugins.header_tags)
    storage = plugins.open_storage()
    closing.callback(_close, storage)
    preparer = make(config, plugins, storage, tags)
    return {"read": preparer.read, "put": preparer.put}


def _close(storage: Storage) -> None:
    try:
        storage.close()
    except FileroomError as error:
        _log.warning("an import worker could not close its storage: %s", error)


def main() -> None:
    """Run as a worker: keep the pipe for messages, and send what plugins print to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of Ctrl-C and ends us
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
