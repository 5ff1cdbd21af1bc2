"""One import: feeds batches to those who store them, here or elsewhere, and keeps the report."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from fileroom._executing.taking import rejected
from fileroom.errors import FileroomError, TaskLostError
from fileroom.ingest import BATCH_BYTES, BATCH_OBJECTS
from fileroom.reports import IngestReport, IngestStoppedError, Outcome, Progress, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from typing import TypeAlias

    from fileroom._executing.taking import Taken
    from fileroom.executing import Answer
    from fileroom.ingest import Ingest, Prepares
    from fileroom.sources import Candidate, OnSkip, Skipped

    Answers: TypeAlias = Generator[Answer[tuple[str, ...], Taken]]


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
    """One import: cuts candidates into batches, has them stored, and keeps the report."""

    def __init__(
        self,
        candidates: Iterable[Candidate | Outcome],
        *,
        on_outcome: Callable[[Outcome], object] | None,
        progress: Callable[[Progress], object] | None,
        stop: threading.Event | None,
        expected: tuple[int, int] | None,
    ) -> None:
        self.report = IngestReport()
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

    def here(self, ingest: Ingest, local: Prepares, more: Callable[[], Prepares], jobs: int) -> IngestReport:
        """Store all candidates, with ``local`` or, if they fill more than a batch, with ``jobs`` others.

        Raises:
            IngestStoppedError: the storage or the index failed.
        """
        with self._ended():
            try:
                first = [batch for batch in (self._next(), self._next()) if batch is not None]
                if jobs > 1 and len(first) > 1:
                    self._spread(ingest, local, first, more, jobs)
                else:
                    self._work(ingest, local, itertools.chain(first, iter(self._next, None)))
            finally:
                self.report.evicted = ingest.evicted
        return self.report

    def elsewhere(self, workers: Callable[[Iterable[tuple[str, ...]]], Answers]) -> IngestReport:
        """Have all candidates, which are plain files, stored by workers.

        Args:
            workers: takes batches of paths, and yields what became of them; an answer without an error is
                true of the archive that is here.

        Raises:
            IngestStoppedError: the storage, the index or the executor failed.
        """
        batches = (tuple(str(one.path) for one in batch) for batch in iter(self._next, None))
        failure: FileroomError | None = None
        with self._ended(), closing(workers(batches)) as answers:
            for answer in answers:
                try:
                    self._take(answer)
                except FileroomError as error:
                    # No more batches; what is under way is waited for, so that the report stays true.
                    failure = failure or error
                    self._halted.set()
            if failure is not None:
                raise failure
        return self.report

    def _take(self, answer: Answer[tuple[str, ...], Taken]) -> None:
        taken = answer.value
        if isinstance(answer.error, TaskLostError):
            outcomes: Iterable[Outcome] = rejected(answer.item, str(answer.error))
        elif answer.error is not None:
            raise answer.error
        else:
            assert taken is not None
            outcomes = taken.outcomes
            self.report.evicted += taken.evicted
        for outcome in outcomes:
            self._tell(outcome)
        self._tell_progress()
        if taken is not None and taken.error is not None:
            raise taken.error

    @contextmanager
    def _ended(self) -> Iterator[None]:
        """Complete the report, however the import ends."""
        try:
            yield
        except FileroomError as error:
            message = f"the import stopped: {error}; what was acknowledged is stored, import again to go on"
            raise IngestStoppedError(message, self.report) from error
        finally:
            self.report.seconds = time.monotonic() - self._started
        self.report.interrupted = self._stop.is_set() and not self._is_done()

    def _spread(
        self,
        ingest: Ingest,
        local: Prepares,
        first: list[list[Candidate]],
        more: Callable[[], Prepares],
        jobs: int,
    ) -> None:
        with ExitStack() as stack, ThreadPoolExecutor(jobs, "fileroom-ingest") as pool:
            preparers = [more() for _ in range(jobs)]
            for preparer in preparers:
                stack.callback(preparer.close)
            self._work(ingest, local, first)  # while the workers start
            futures = [
                pool.submit(self._work, ingest, preparer, iter(self._next, None)) for preparer in preparers
            ]
            try:
                for future in futures:
                    future.result()
            finally:
                # Batches under way are finished by their threads, so that the report stays true.
                self._halted.set()

    def _work(self, ingest: Ingest, preparer: Prepares, batches: Iterable[list[Candidate]]) -> None:
        try:
            for batch in batches:
                for outcome in ingest.store_batch(preparer, batch):
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
        """Say whether all candidates are known to be done, so that stopping left nothing out."""
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
