"""Ctrl-C in a long job: the first ends it in order, the second at once."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Self, TypeVar

from fileroom.cli.failures import INTERRUPTED, say
from fileroom.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

T = TypeVar("T")

BEGINS_AGAIN = "what was done until then is shown, and the same command begins again"
"""The advice of commands that keep nothing."""

_PATIENCE = 0.2
"""Seconds between looks at signals: on Windows, waiting for a thread cannot be interrupted."""


class Interruption:
    """While it is entered, Ctrl-C sets ``stop``; a second one ends the process.

    Ending it is safe: bytes are durable before the index speaks of them, whenever a process dies.

    Attributes:
        stop: is set by Ctrl-C.
        advice: what to do after it, which whoever pressed it is told.
    """

    def __init__(self, advice: str = "run the same command to go on") -> None:
        self.stop = threading.Event()
        self.advice = advice
        self._main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        """Take Ctrl-C over, where this thread may."""
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give Ctrl-C back."""
        if self._main:
            signal.signal(signal.SIGINT, self._before)

    def run(self, work: Callable[[], T]) -> T:
        """Return what the work returns; it runs in a thread, so that this one hears signals."""
        with ThreadPoolExecutor(1, "fileroom-cli") as pool:
            future = pool.submit(work)
            while not future.done():
                wait([future], _PATIENCE)
        return future.result()

    def ended_it(self) -> bool:
        """Say whether Ctrl-C ended the work; tell whoever pressed it what to do then."""
        if self.stop.is_set():
            say(f"interrupted: {self.advice}")
        return self.stop.is_set()

    def _heard(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.stop.is_set():
            console(stderr=True).show_cursor()  # a progress bar hides it
            say(f"\naborted: {self.advice}")
            os._exit(INTERRUPTED)
        self.stop.set()
        say("\nfinishing what is under way; Ctrl-C again leaves at once")
