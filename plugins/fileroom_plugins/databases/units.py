"""Transactions that begin when they are needed, and belong to one thread."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager, ExitStack

    from sqlalchemy import Connection

    from fileroom.errors import CatalogError

_TRIES = 12
_FIRST_PAUSE = 0.002  # seconds; doubled at each try
_LONGEST_PAUSE = 0.25


class Unit:
    """A transaction that is begun when it is first needed.

    Args:
        stack: what ends it.
        begin: what begins it.

    Attributes:
        undone: why the database has undone it already, if it has.
    """

    def __init__(self, stack: ExitStack, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._stack = stack
        self._begin = begin
        self._connection: Connection | None = None
        self.undone: CatalogError | None = None

    @property
    def begun(self) -> bool:
        """Whether anything was written in it."""
        return self._connection is not None

    def check(self) -> None:
        """Refuse to go on if the database has undone it.

        Raises:
            CatalogError: it has.
        """
        if self.undone is not None:
            raise self.undone

    @property
    def connection(self) -> Connection:
        """The transaction's connection."""
        self.check()
        if self._connection is None:
            self._connection = self._stack.enter_context(self._begin())
        return self._connection


class OfThread(threading.local):
    """What belongs to one thread: its unit, and what waits for the end of it."""

    def __init__(self) -> None:
        self.unit: Unit | None = None
        self.afterwards: list[Callable[[], None]] = []


def pauses() -> Iterator[float]:
    """Yield the seconds to wait between tries; chance keeps those who collided from doing so again."""
    pause = _FIRST_PAUSE
    for _ in range(_TRIES):
        yield pause * random.uniform(0.5, 1.5)  # noqa: S311 - nothing secret
        pause = min(2 * pause, _LONGEST_PAUSE)
