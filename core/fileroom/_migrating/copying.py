"""Copying: batch after batch, in the order of effects that every store has."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from fileroom._migrating.carrying import Carrier
from fileroom._migrating.own import superseded
from fileroom._migrating.planning import Planner
from fileroom.index import CommitStatus, Details, Index
from fileroom.ingest import still_there
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fileroom._migrating.carrying import Batch
    from fileroom._migrating.job import Job
    from fileroom._migrating.planning import Plan
    from fileroom.index import Committed, Entry

T = TypeVar("T")


class Copying:
    """Copies all that the target lacks."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._carrier = Carrier(job)
        self._planner = Planner(job, self._carrier.reader)

    def count(self) -> None:
        """Count what would be copied, and do nothing."""
        report = self._job.report
        plans = chain.from_iterable(map(self._planner.plans, reversed(Level)))
        for plan in chain(plans, [self._planner.own()]):
            for wanted in plan.wanted:
                report.instances += wanted.file is not None
                report.attachments += len(wanted.details.attachments)
                report.bytes += wanted.bytes

    def run(self) -> None:
        """Copy instances in their order of arrival, what hangs on those above them, and the archive's own."""
        count = self._job.counter("copying", self._job.source.statistics().instances)
        for level in reversed(Level):
            for batch in _ahead(map(self._load, self._planner.plans(level))):
                self._store(batch)
                count(batch.seen if level is Level.INSTANCE else 0)
        if not self._job.stop.is_set():
            self._store(self._load(self._planner.own()))
            if edits := list(superseded(self._job)):
                self._job.target.edit(edits)

    def _load(self, plan: Plan) -> Batch:
        return self._carrier.load(plan.wanted, plan.seen)

    def _store(self, batch: Batch) -> None:
        started = time.time()
        target = self._job.target
        # 1  Bytes, durable when this returns.
        records = self._carrier.put(batch)
        still_there(target.storage, [one.locator for some in records.values() for one in some], started)
        # 2  The commit point.
        size = sum(one.stored_size for some in records.values() for one in some)
        entries = self._carrier.entries(batch, records)
        details = {
            id_: own
            for id_, wanted in batch.wanted.items()
            if (own := replace(wanted.details, attachments=tuple(records.get(id_, ())))) != Details()
        }
        committed = self._restore(entries, details)
        # 3  Bytes that nothing points at, because somebody else was quicker.
        garbage = [locator for one in committed for locator in one.garbage]
        garbage += self._not_taken(details)
        if garbage:
            target.storage.delete(garbage)
        self._job.report.instances += sum(one.status is CommitStatus.STORED for one in committed)
        self._job.report.attachments += sum(len(one.attachments) for one in details.values())
        self._job.report.bytes += size

    def _restore(self, entries: list[Entry], details: Mapping[str, Details]) -> list[Committed]:
        if not (entries or details):
            return []
        index = self._job.target.index
        if self._job.carries_log:
            return index.restore(entries, details)
        return Index.restore(index, entries, details)  # what every index can, logging what arrives

    def _not_taken(self, details: Mapping[str, Details]) -> list[str]:
        put = {id_: one for id_, one in details.items() if one.attachments}
        there = self._job.target.index.details(list(put)) if put else []
        taken = {one.locator for each in there if each for one in each.attachments}
        locators = [one.locator for each in put.values() for one in each.attachments]
        return [locator for locator in locators if locator not in taken]


def _ahead(batches: Iterable[T]) -> Iterator[T]:
    """Yield batches, each made while the one before it is stored."""
    each = iter(batches)
    with ThreadPoolExecutor(1, "fileroom-migrate") as pool:
        coming = pool.submit(next, each, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, each, None)
            yield batch
