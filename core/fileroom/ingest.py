"""The store path: the one place that knows the order of effects.

Bytes are durable before the index speaks of them, and the index has committed before anybody is told.
`Ingest.store_batch` is that order; everything else here feeds it.
"""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Protocol

from fileroom.errors import FileroomError
from fileroom.events import StoredBatch, StoredInstance
from fileroom.index import CommitStatus, Entry, Overwrite
from fileroom.prepare import BatchLostError, conflict
from fileroom.reports import IngestReport, IngestStoppedError, Outcome, Progress, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fileroom._dispatch import Dispatch
    from fileroom.index import Committed, Held, Index
    from fileroom.prepare import Prepared, Seen
    from fileroom.retention import Retention
    from fileroom.sources import Candidate, OnSkip, Skipped
    from fileroom.storage import Storage

BATCH_OBJECTS = 256
BATCH_BYTES = 32 << 20
SWEEP_GRACE = 24 * 3600.0
"""Seconds for which an object that nobody points at counts as still on its way in."""


class Prepares(Protocol):
    """A `fileroom.prepare.Preparer`, here or in a worker process.

    Attributes:
        here: whether `put` puts in the thread that calls it, which may then hold a unit of the index.
    """

    @property
    def here(self) -> bool:
        """See above."""

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


def with_skipped(walked: Callable[[OnSkip], Iterable[Candidate]]) -> Iterator[Candidate | Outcome]:
    """Yield a walk's candidates, and outcomes for what it skips, as they come."""
    skipped: list[Outcome] = []

    def skip(one: Skipped) -> None:
        skipped.append(Outcome(Status(one.status), one.name, None, one.reason))

    for candidate in walked(skip):
        yield from skipped
        skipped.clear()
        yield candidate
    yield from skipped


class Run:
    """One import: feeds batches to as many preparers as there are, and keeps the report."""

    def __init__(
        self,
        ingest: Ingest,
        candidates: Iterable[Candidate | Outcome],
        *,
        on_outcome: Callable[[Outcome], object] | None,
        progress: Callable[[Progress], object] | None,
        stop: threading.Event | None,
        expected: tuple[int, int] | None,
    ) -> None:
        self.report = IngestReport()
        self._ingest = ingest
        self._batches = self._cut(candidates)
        self._on_outcome = on_outcome
        self._progress = progress
        self._stop = stop or threading.Event()
        self._expected = expected
        self._halted = threading.Event()
        self._exhausted = False
        self._taking = threading.Lock()
        self._telling = threading.Lock()
        self._started = time.monotonic()

    def run(self, local: Prepares, more: Callable[[], Prepares], jobs: int) -> IngestReport:
        """Store all candidates, with ``local`` or, if they fill more than a batch, with ``jobs`` others.

        Raises:
            IngestStoppedError: the storage or the index failed.
        """
        try:
            first = [batch for batch in (self._next(), self._next()) if batch is not None]
            if jobs > 1 and len(first) > 1:
                self._spread(local, first, more, jobs)
            else:
                self._work(local, itertools.chain(first, iter(self._next, None)))
        except FileroomError as error:
            message = f"the import stopped: {error}; what was acknowledged is stored, import again to go on"
            raise IngestStoppedError(message, self.report) from error
        finally:
            self.report.seconds = time.monotonic() - self._started
            self.report.evicted = self._ingest.evicted
        self.report.interrupted = self._stop.is_set() and not self._is_done()
        return self.report

    def _spread(
        self, local: Prepares, first: list[list[Candidate]], more: Callable[[], Prepares], jobs: int
    ) -> None:
        with ExitStack() as stack, ThreadPoolExecutor(jobs, "fileroom-ingest") as pool:
            preparers = [more() for _ in range(jobs)]
            for preparer in preparers:
                stack.callback(preparer.close)
            self._work(local, first)  # while the workers start
            futures = [pool.submit(self._work, preparer, iter(self._next, None)) for preparer in preparers]
            try:
                for future in futures:
                    future.result()
            finally:
                # Batches under way are finished by their threads, so that the report stays true.
                self._halted.set()

    def _work(self, preparer: Prepares, batches: Iterable[list[Candidate]]) -> None:
        try:
            for batch in batches:
                for outcome in self._ingest.store_batch(preparer, batch):
                    self._tell(outcome)
                self._tell_progress()
        except BaseException:
            self._halted.set()
            raise

    def _next(self) -> list[Candidate] | None:
        with self._taking:
            if self._stop.is_set() or self._halted.is_set():
                return None
            batch = next(self._batches, None)
            self._exhausted = batch is None
            return batch

    def _is_done(self) -> bool:
        """Say whether it is known that nothing was left when it was told to stop."""
        return self._exhausted or (self._expected is not None and len(self.report) >= self._expected[0])

    def _cut(self, candidates: Iterable[Candidate | Outcome]) -> Iterator[list[Candidate]]:
        batch: list[Candidate] = []
        size = 0
        for candidate in candidates:
            if isinstance(candidate, Outcome):
                self._tell(candidate)
                continue
            batch.append(candidate)
            size += candidate.size or 0
            if len(batch) >= BATCH_OBJECTS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _tell(self, outcome: Outcome) -> None:
        with self._telling:
            self.report.add(outcome)
            if self._on_outcome is not None:
                self._on_outcome(outcome)

    def _tell_progress(self) -> None:
        if self._progress is None:
            return
        with self._telling:
            total, total_bytes = self._expected or (None, None)
            counts = dict(self.report.counts)
            seconds = time.monotonic() - self._started
            self._progress(Progress(len(self.report), total, self.report.bytes, total_bytes, seconds, counts))
