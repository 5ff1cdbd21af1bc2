"""The part of `fileroom.Archive` that reads the change log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from fileroom.errors import QueryError
from fileroom.model import ChangeType

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

    from fileroom.index import Index
    from fileroom.model import Change, ChangePage

_LOOK = 1.0
"""Seconds after which one who waits for changes looks whether to go on."""


class ChangeLog:
    """Reads the log of an index.

    Attributes:
        index: the index.
    """

    index: Index
    _ended = False
    """Set before the index is closed, so that who follows it may tell that from a failure."""

    @overload
    def changes(
        self,
        since: int = 0,
        limit: int = 100,
        types: Sequence[ChangeType | str] | None = None,
        *,
        follow: Literal[False] = False,
    ) -> ChangePage: ...
    @overload
    def changes(
        self,
        since: int = 0,
        limit: int = 100,
        types: Sequence[ChangeType | str] | None = None,
        *,
        follow: Literal[True],
        stop: threading.Event | None = None,
    ) -> Iterator[Change]: ...

    def changes(
        self,
        since: int = 0,
        limit: int = 100,
        types: Sequence[ChangeType | str] | None = None,
        *,
        follow: bool = False,
        stop: threading.Event | None = None,
    ) -> ChangePage | Iterator[Change]:
        """Return the log's changes after a sequence, oldest first; or go on for ever, as they come.

        The log is durable, tells of deletions too, and any number of readers can follow it, each from where
        it was: by passing the ``last`` of one page as the next one's ``since``, or, after a restart, the
        sequence of the last change that it has dealt with.

        Args:
            since: a sequence; 0 is before all.
            limit: at most so many; of one who follows, so many are read at a time.
            types: only of these types.
            follow: yield changes one by one, and wait for more where there are none. The iterator ends when
                the archive is closed, by another thread, or ``stop`` is set; within a second or so.
            stop: ends the following.

        Raises:
            QueryError: the sequence or the limit is out of range, or there is no such type.
        """
        if since < 0 or limit < 1:
            raise QueryError("changes are asked for from a sequence of 0 on, at least one at a time")
        wanted = None if types is None else [ChangeType.parse(one) for one in types]
        if follow:
            return self._follow(since, limit, wanted, stop)
        return self.index.changes(since, limit, wanted)

    def _follow(
        self, since: int, limit: int, types: Sequence[ChangeType] | None, stop: threading.Event | None
    ) -> Iterator[Change]:
        index = self.index
        while not self._is_over(stop):
            try:
                # Of all types, since a wait ends by any.
                page = index.changes(since, limit)
                if not page.changes:
                    index.wait_for_changes(since, _LOOK)
            except Exception:
                if self._is_over(stop):
                    return
                raise
            for change in page:
                if self._is_over(stop):
                    return
                if types is None or change.type in types:
                    yield change
            since = page.last

    def _is_over(self, stop: threading.Event | None) -> bool:
        return self._ended or (stop is not None and stop.is_set())
