"""Copying: batch after batch, in the order of effects that every store has."""

from __future__ import annotations

import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from fileroom._migrating.planning import Planner
from fileroom._migrating.reading import LostError, Reader
from fileroom.header import HeaderReader
from fileroom.index import CommitStatus, Details, Entry, Index
from fileroom.ingest import still_there
from fileroom.keys import attachment_key, batch_keys, naming_of
from fileroom.model import Level
from fileroom.storage import PutItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fileroom._migrating.job import Job
    from fileroom._migrating.planning import Plan, Wanted
    from fileroom._migrating.reading import Item
    from fileroom.index import Committed
    from fileroom.model import AttachmentRecord, Header, ResourceRecord
    from fileroom.storage import Stored

T = TypeVar("T")


@dataclass(slots=True)
class _Batch:
    """A plan whose bytes have been looked at.

    Attributes:
        wanted: what the target lacks, by public id, without what is lost.
        items: the bytes to put.
        seen: resources that were looked at.
    """

    wanted: dict[str, Wanted] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    seen: int = 0


class Copying:
    """Copies all that the target lacks."""

    def __init__(self, job: Job) -> None:
        self._job = job
        headers = HeaderReader(job.target.header_tags)
        self._reader = Reader(job.source.storage, headers, job.target.config.ingest.digest)
        self._planner = Planner(job, self._reader)

    def count(self) -> None:
        """Count what would be copied, and do nothing."""
        report = self._job.report
        for level in reversed(Level):
            for plan in self._planner.plans(level):
                for wanted in plan.wanted:
                    report.instances += wanted.file is not None
                    report.attachments += len(wanted.details.attachments)
                    report.bytes += wanted.bytes

    def run(self) -> None:
        """Copy: the instances in their order of arrival, then what hangs on those above them."""
        count = self._job.counter("copying", self._job.source.statistics().instances)
        for level in reversed(Level):
            for batch in _ahead(map(self._loaded, self._planner.plans(level))):
                self._store(batch)
                count(batch.seen if level is Level.INSTANCE else 0)

    def _loaded(self, plan: Plan) -> _Batch:
        batch = _Batch(seen=plan.seen)
        for wanted in plan.wanted:
            record = wanted.record
            batch.wanted[record.id] = wanted
            for file in wanted.attachments:
                try:
                    batch.items.append(self._reader.load(record, file, instance=file is wanted.file))
                except LostError as error:
                    self._lose(batch, error)
                    if file is wanted.file:
                        break
        return batch

    def _lose(self, batch: _Batch, error: LostError) -> None:
        """Leave an attachment out; without its DICOM file, an instance."""
        lost, owner = error.item, error.item.owner
        number = lost.record.content_type
        file = batch.wanted[owner.id].file
        instance = file is not None and file.content_type == number
        if instance:
            del batch.wanted[owner.id]
        batch.items = [
            one for one in batch.items if one is not lost and not (instance and one.owner.id == owner.id)
        ]
        self._job.lose(owner, number, error.reason, instance=instance)

    def _store(self, batch: _Batch) -> None:
        started = time.time()
        target = self._job.target
        # 1  Bytes, durable when this returns.
        records = self._put(batch)
        still_there(target.storage, [one.locator for some in records.values() for one in some], started)
        # 2  The commit point.
        entries, details = self._restorable(batch, records)
        committed = self._restore(entries, details)
        # 3  Bytes that nothing points at, because somebody else was quicker.
        garbage = [locator for one in committed for locator in one.garbage]
        garbage += self._not_taken(details)
        if garbage:
            target.storage.delete(garbage)
        self._job.report.instances += sum(one.status is CommitStatus.STORED for one in committed)
        self._job.report.attachments += sum(len(one.attachments) for one in details.values())
        self._job.report.bytes += sum(one.stored_size for some in records.values() for one in some)

    def _put(self, batch: _Batch) -> Mapping[str, list[AttachmentRecord]]:
        """Put a batch in one call, and return the new records by public id of the owner."""
        storage = self._job.target.storage
        while batch.items:
            instances = sum(one.header is not None for one in batch.items)
            keys = iter(batch_keys(instances))
            chosen = [attachment_key() if one.header is None else next(keys) for one in batch.items]
            puts = [self._put_item(key, item) for key, item in zip(chosen, batch.items, strict=True)]
            try:
                stored = storage.put_many(puts)
            except LostError as error:
                self._lose(batch, error)
                continue
            records: defaultdict[str, list[AttachmentRecord]] = defaultdict(list)
            for key, item, one in zip(chosen, batch.items, stored, strict=True):
                records[item.owner.id].append(_record(key, item, one))
            return records
        return {}

    def _put_item(self, key: str, item: Item) -> PutItem:
        names = self._job.target.storage.capabilities.naming and item.header is not None
        source = self._reader.pieces(item) if item.data is None else item.data
        naming = naming_of(item.header) if names and item.header else {}
        return PutItem(key, source, naming, item.owner.level, item.record.content_type, item.record.size)

    def _restorable(
        self, batch: _Batch, records: Mapping[str, list[AttachmentRecord]]
    ) -> tuple[list[Entry], dict[str, Details]]:
        headers = {one.owner.id: one.header for one in batch.items if one.header is not None}
        entries, details = [], {}
        series: dict[str, ResourceRecord] = {}
        for id_, wanted in batch.wanted.items():
            files = records.get(id_, [])
            header = headers.get(id_)
            if header is not None:
                parent = wanted.record.parent
                assert parent is not None
                if parent.id not in series:
                    series[parent.id] = self._completed(parent, header)
                entry = Entry(header, files[0], wanted.stamp, wanted.record.received, series[parent.id])
                entries.append(entry)
                files = files[1:]
            own = replace(wanted.details, attachments=tuple(files))
            if own != Details():
                details[id_] = own
        return entries, details

    def _completed(self, record: ResourceRecord, header: Header) -> ResourceRecord:
        """Add to a series and those above it what the source does not know of them, and the header does."""
        unknown = self._job.unknown[record.level]
        more = {keyword: header.tags[keyword] for keyword in unknown if keyword in header.tags}
        parent = record.parent and self._completed(record.parent, header)
        return replace(record, tags={**more, **record.tags}, parent=parent)

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


def _record(key: str, item: Item, stored: Stored) -> AttachmentRecord:
    plain = item.record.digest or (item.digest if item.record.codec == "none" else "")
    return replace(
        item.record,
        uuid=key,
        digest=plain,
        locator=stored.locator,
        stored_size=stored.size,
        stored_digest=item.digest,
    )


def _ahead(batches: Iterable[T]) -> Iterator[T]:
    """Yield batches, each made while the one before it is stored."""
    each = iter(batches)
    with ThreadPoolExecutor(1, "fileroom-migrate") as pool:
        coming = pool.submit(next, each, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, each, None)
            yield batch
