"""The store path: the one place that knows the order of effects.

Bytes are durable before the index speaks of them, and the index has committed before anybody is told.
`Ingest.store_batch` is that order; `fileroom._archive.run` feeds it.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

from fileroom.events import StoredBatch, StoredInstance
from fileroom.index import CommitStatus, Entry, Overwrite
from fileroom.prepare import BatchLostError, conflict
from fileroom.reports import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fileroom._dispatch import Dispatch
    from fileroom.index import Committed, Held, Index
    from fileroom.prepare import Prepared, Seen
    from fileroom.retention import Retention
    from fileroom.sources import Candidate
    from fileroom.storage import Storage

BATCH_OBJECTS = 256
BATCH_BYTES = 32 << 20
SWEEP_GRACE = 24 * 3600.0
"""Seconds for which an object that nobody points at counts as still on its way in."""


class Prepares(Protocol):
    """A `fileroom.prepare.Preparer`, here or in a worker process."""

    @property
    def here(self) -> bool:
        """Whether `put` works in the thread that calls it, which may then hold a unit of the index."""

    def read(self, candidates: Sequence[Candidate]) -> list[Seen]:
        """Read headers."""

    def put(self, held: Sequence[Held | None], skip: Sequence[bool]) -> list[Prepared | None]:
        """Make bytes durable."""

    def close(self) -> None:
        """End."""


class Ingest:
    """Stores batches of candidates into one index and one storage.

    Without ``deletes`` steps 5 and 7 are left out: the files are somebody else's. What garbage there is, a
    sweep takes; what is over the quota, the next store.
    """

    def __init__(
        self,
        index: Index,
        storage: Storage,
        dispatch: Dispatch,
        overwrite: Overwrite,
        retention: Retention,
        *,
        deletes: bool = True,
    ) -> None:
        self._index = index
        self._storage = storage
        self._dispatch = dispatch
        self._overwrite = overwrite
        self._retention = retention
        self._deletes = deletes

    @property
    def evicted(self) -> int:
        """Instances that had to go for the quota so far."""
        return self._retention.evicted

    def store_batch(self, preparer: Prepares, candidates: Sequence[Candidate]) -> list[Outcome]:
        """Store a batch; when this returns, every outcome is durable. One outcome a candidate, in order.

        Dying after step 3 leaves orphans, which nothing points at and a sweep finds. Dying after step 4
        leaves the instances stored, unacknowledged, and perhaps garbage, and what is over the quota to the
        next store. No death leaves a row without its bytes.
        """
        while True:
            try:
                return self._store_batch(preparer, candidates)
            except BatchLostError:
                continue  # once more from step 1: whoever prepares it now must have seen it himself

    def _store_batch(self, preparer: Prepares, candidates: Sequence[Candidate]) -> list[Outcome]:
        started = time.time()
        # 1  Headers. What is damaged is in the quarantine when this returns.
        seen = preparer.read(candidates)
        # 2  What is there already, from the very same source, needs no more reading.
        held = self._index.held([one.id for one in seen if one.id])
        known = [held.get(one.id) for one in seen]
        skip = [self._unchanged(one, there) for one, there in zip(seen, known, strict=True)]
        # Index and storage in one database do steps 3 to 5 in one transaction (`Index.unit`).
        with self._index.unit() if preparer.here else nullcontext():
            # 3  Interventions; then bytes, durable when this returns.
            prepared = preparer.put(known, skip)
            # 4  The commit point: visible, and durable when this returns.
            entries = [one for one in prepared if isinstance(one, Entry)]
            still_there(self._storage, [one.attachment.locator for one in entries], started)
            committed = self._index.commit(entries, self._overwrite) if entries else []
            # 5  Bytes that no row points at. A failure leaves an orphan, no more.
            garbage = [locator for one in committed for locator in one.garbage]
            if garbage and self._deletes:
                self._storage.delete(garbage)
        # 6  Tell those who listen; they cannot fail what is done.
        self._notify(entries, committed)
        # 7  What the quota has no room for any more: a deletion like any other.
        if self._deletes:
            self._retention.enforce(entries, committed)
        done = iter(zip(entries, committed, strict=True))
        return [
            self._outcome(candidate, one, there, result, done)
            for candidate, one, there, result in zip(candidates, seen, known, prepared, strict=True)
        ]

    def _unchanged(self, seen: Seen, held: Held | None) -> bool:
        """Say whether there is nothing to do; an import lets the archive have a copy of its own."""
        if held is None or self._overwrite is Overwrite.ALWAYS or (held.external and self._deletes):
            return False
        return 0 != seen.stamp == held.stamp

    def _notify(self, entries: Sequence[Entry], committed: Sequence[Committed]) -> None:
        stored = tuple(
            StoredInstance(one.id, one.status, entry.attachment.size, one.digest)
            for entry, one in zip(entries, committed, strict=True)
            if one.status in (CommitStatus.STORED, CommitStatus.REPLACED)
        )
        if stored:
            self._dispatch.stored(StoredBatch(stored))

    @staticmethod
    def _outcome(
        candidate: Candidate,
        seen: Seen,
        held: Held | None,
        prepared: Prepared | None,
        done: Iterator[tuple[Entry, Committed]],
    ) -> Outcome:
        if seen.outcome is not None:
            return seen.outcome
        if isinstance(prepared, Outcome):
            return prepared
        if prepared is None:
            assert held is not None
            size = candidate.size or 0
            return Outcome(Status.ALREADY_STORED, candidate.name, seen.id, "", size, held.digest, held.digest)
        entry, one = next(done)
        attachment = entry.attachment
        outcome = Outcome(
            Status(one.status), candidate.name, one.id, "", attachment.size, attachment.digest, one.digest
        )
        return conflict(outcome) if outcome.status is Status.CONFLICT else outcome


def still_there(storage: Storage, locators: Iterable[str], started: float) -> None:
    """After a long pause (a suspended machine), make sure that no sweep took the bytes for orphans.

    Raises:
        NotFoundError: one did; nothing has been committed yet, so the object is to be stored again.
    """
    if time.time() - started > SWEEP_GRACE / 2:
        for locator in locators:
            storage.stat(locator)
