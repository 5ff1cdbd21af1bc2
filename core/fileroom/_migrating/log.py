"""The change logs of source and target: compared, and carried over."""

from __future__ import annotations

from datetime import timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fileroom._migrating.job import Job
    from fileroom.index import Index
    from fileroom.model import Change

_PAGE = 1000
_CLOSE = timedelta(milliseconds=1)


class Compared(NamedTuple):
    """Two logs, compared from their beginning.

    Attributes:
        common: the last sequence up to which they are the same, 0 for none.
        source: the first sequence from there on that the source has; None where its log ends.
        target: the same of the target.
    """

    common: int
    source: int | None
    target: int | None


def same_time(one: datetime, other: datetime) -> bool:
    """Say whether two times are the same, as far as an index keeps them: to a millisecond."""
    return abs(one - other) < _CLOSE


def compare_logs(source: Index, target: Index) -> Compared:
    """Find where two logs part."""
    common = 0
    for one, other in zip_longest(_changes(source), _changes(target)):
        if one is None or other is None or not _same(one, other):
            return Compared(common, one.sequence if one else None, other.sequence if other else None)
        common = one.sequence
    return Compared(common, None, None)


def carry_log(job: Job, until: int | None = None) -> None:
    """Append to the target's log what the source's has beyond it, up to a sequence or to its end."""
    since = job.logged
    while not job.stop.is_set():
        page = job.source.index.changes(since, _PAGE)
        changes = [one for one in page.changes if until is None or one.sequence <= until]
        if changes:
            job.target.index.restore([], {}, changes)
            job.report.changes += len(changes)
        since = page.last
        if page.done or len(changes) < len(page.changes):
            return


def end_of_log(index: Index, since: int) -> int:
    """Return the last sequence of a log, ``since`` where nothing follows on that."""
    while True:
        page = index.changes(since, _PAGE)
        since = page.last
        if page.done:
            return since


def _changes(index: Index) -> Iterator[Change]:
    since, done = 0, False
    while not done:
        page = index.changes(since, _PAGE)
        yield from page.changes
        since, done = page.last, page.done


def _same(one: Change, other: Change) -> bool:
    same = (one.sequence, one.type, one.level, one.id) == (other.sequence, other.type, other.level, other.id)
    return same and same_time(one.date, other.date)
