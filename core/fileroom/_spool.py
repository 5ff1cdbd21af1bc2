"""Things that a report keeps: in memory while they are few, in a temporary file when they are not."""

from __future__ import annotations

import pickle
import tempfile
import threading
import weakref
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

_IN_MEMORY = 4 << 20  # bytes


class Spool(Generic[T]):
    """A list that is appended to and read from the start, by any thread; millions take no memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by the next line
        weakref.finalize(self, self._file.close)

    def add(self, one: T) -> None:
        """Append one, which can be pickled."""
        with self._lock:
            pickle.dump(one, self._file, pickle.HIGHEST_PROTOCOL)
            self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        """Yield what was appended, and what is appended meanwhile."""
        position = 0
        while True:
            with self._lock:
                end = self._file.seek(0, 2)
                if position == end:
                    return
                self._file.seek(position)
                one: T = pickle.load(self._file)  # noqa: S301 - our own temporary file
                position = self._file.tell()
                self._file.seek(end)
            yield one
