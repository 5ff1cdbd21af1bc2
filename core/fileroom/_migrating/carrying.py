"""Carrying bytes over: a batch's attachments, read and checked, put into the target, and made entries of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fileroom._index.owning import ArchiveItself
from fileroom._migrating.reading import LostError, Reader
from fileroom.header import HeaderReader
from fileroom.index import Entry
from fileroom.keys import attachment_key, batch_keys, naming_of
from fileroom.storage import PutItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fileroom._migrating.job import Job
    from fileroom._migrating.planning import Wanted
    from fileroom._migrating.reading import Item
    from fileroom.model import AttachmentRecord, Header, ResourceRecord
    from fileroom.storage import Stored


@dataclass(slots=True)
class Batch:
    """A plan whose bytes have been looked at.

    Attributes:
        wanted: what the target lacks, by public id, without what is lost.
        items: the bytes to put.
        seen: resources that were looked at.
    """

    wanted: dict[str, Wanted] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    seen: int = 0


class Carrier:
    """Carries attachments from the source's storage to the target's.

    Attributes:
        reader: reads those of the source.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        headers = HeaderReader(job.target.header_tags)
        self.reader = Reader(job.source.storage, headers, job.target.config.ingest.digest)

    def load(self, plan: Iterable[Wanted], seen: int) -> Batch:
        """Look at the bytes of a plan; what cannot be read is reported, and left out."""
        batch = Batch(seen=seen)
        for wanted in plan:
            record = wanted.record
            batch.wanted[record.id] = wanted
            for file in wanted.attachments:
                try:
                    batch.items.append(self.reader.load(record, file, instance=file is wanted.file))
                except LostError as error:
                    self._lose(batch, error)
                    if file is wanted.file:
                        break
        return batch

    def _lose(self, batch: Batch, error: LostError) -> None:
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

    def put(self, batch: Batch) -> Mapping[str, list[AttachmentRecord]]:
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

    def entries(self, batch: Batch, records: Mapping[str, list[AttachmentRecord]]) -> list[Entry]:
        """Return the entries of a batch's new instances, and take their DICOM files out of the records."""
        headers = {one.owner.id: one.header for one in batch.items if one.header is not None}
        entries = []
        series: dict[str, ResourceRecord] = {}
        for id_, wanted in batch.wanted.items():
            header, record = headers.get(id_), wanted.record
            if header is not None:
                parent = None if isinstance(record, ArchiveItself) else record.parent
                assert parent is not None
                assert not isinstance(record, ArchiveItself)
                if parent.id not in series:
                    series[parent.id] = self._completed(parent, header)
                file = records[id_].pop(0)
                entries.append(Entry(header, file, wanted.stamp, record.received, series[parent.id]))
        return entries

    def _put_item(self, key: str, item: Item) -> PutItem:
        names = self._job.target.storage.capabilities.naming and item.header is not None
        source = self.reader.pieces(item) if item.data is None else item.data
        naming = naming_of(item.header) if names and item.header else {}
        return PutItem(key, source, naming, item.owner.level, item.record.content_type, item.record.size)

    def _completed(self, record: ResourceRecord, header: Header) -> ResourceRecord:
        """Add to a series and those above it what the source does not know of them, and the header does."""
        unknown = self._job.unknown[record.level]
        more = {keyword: header.tags[keyword] for keyword in unknown if keyword in header.tags}
        parent = record.parent and self._completed(record.parent, header)
        return replace(record, tags={**more, **record.tags}, parent=parent)


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
