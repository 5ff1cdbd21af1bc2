"""Making requests again that failed for a reason that may pass."""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from fileroom_plugins.storage_s3.failures import FAILURES, code_of, failure_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.plugin import FileroomError

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 20.0  # seconds, of which a random part is waited

_log = logging.getLogger("fileroom.storage.s3")


class Attempts:
    """Makes requests, so many at the same time, and again where that is safe and may help.

    All requests of the storage may be made again: they read, delete, or put the same bytes under a key that
    nobody else uses.

    Attributes:
        where: the bucket and the server, for messages.

    Args:
        where: likewise.
        retries: how often at most after the first time.
        concurrency: how many requests at the same time.
    """

    def __init__(self, where: str, retries: int, concurrency: int) -> None:
        self.where = where
        self._retries = retries
        self._slots = threading.BoundedSemaphore(concurrency)

    def call(self, doing: str, send: Callable[[], T], tries: int | None = None) -> T:
        """Make a request, and return what it returns.

        Args:
            doing: what has failed if it does.
            send: makes the request.
            tries: how often at most; None for as often as is configured.

        Raises:
            StorageError: it failed, and did so again.
            ConfigError: it cannot be made as things are configured.
        """
        tried = 0
        while True:
            try:
                with self._slots:
                    return send()
            except FAILURES as error:
                tried += 1
                if tried == tries or not self.may_follow(error, tried):
                    raise self.error(error, doing) from error
                _log.info("storage s3: %s: trying again (%s)", doing, code_of(error) or type(error).__name__)

    def may_follow(self, error: Exception, tried: int) -> bool:
        """Say whether to do something again that failed so many times in a row; if so, after a pause."""
        if not failure_of(error).passes or tried > self._retries:
            return False
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (tried - 1))
        time.sleep(random.uniform(0, longest))  # noqa: S311 - spreads those out who failed at once
        return True

    def error(self, error: Exception, doing: str) -> FileroomError:
        """Return what to raise for a failure, one of `FAILURES`; chain it with ``from``."""
        failure = failure_of(error)
        return failure.error(f"storage s3, {self.where}: {doing}: {failure.advice}")
