"""Following a source that lives on: what its log tells of is looked at again, and the target made like it.

The log tells which resources changed; how they are now, the source itself tells. So a change that comes late,
or is followed twice, does no harm.
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from fileroom._index.owning import ArchiveItself
from fileroom._migrating.carrying import Carrier
from fileroom._migrating.job import pages
from fileroom._migrating.own import own_of
from fileroom._migrating.planning import Wanted, dicom_file, held_in
from fileroom.index import CommitStatus, Details
from fileroom.ingest import BATCH_BYTES, BATCH_OBJECTS, still_there
from fileroom.model import ARCHIVE_ID, Level, ResourceRecord
from fileroom.query import Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fileroom._index.owning import Owner
    from fileroom._migrating.carrying import Batch
    from fileroom._migrating.job import Job
    from fileroom.index import Held
    from fileroom.model import AttachmentRecord, Change

_NOTHING = Details()


class Following:
    """Makes the target like the source, change after change.

    Args:
        job: the migration.
        since: the sequence up to which the target has the source's log.
    """

    def __init__(self, job: Job, since: int) -> None:
        self._job = job
        self._carrier = Carrier(job)
        self._count = job.counter("following", 0)
        self.since = since

    def forget_what_is_gone(self) -> None:
        """Remove from the target what the source does not have: an earlier run may have copied it."""
        source, target = self._job.source.index, self._job.target.index
        for records in pages(target, Query(Level.INSTANCE, limit=BATCH_OBJECTS)):
            ids = [record.id for record in records]
            there = source.get(ids)
            self._make_alike([id_ for id_, one in zip(ids, there, strict=True) if one is None], ())

    def look_at_everything(self) -> None:
        """Make every resource alike, for an earlier run may have copied what was edited since."""
        for level in Level:
            for records in pages(self._job.source.index, Query(level, limit=BATCH_OBJECTS)):
                if self._job.stop.is_set():
                    return
                self._make_alike([record.id for record in records], ())

    def mend(self, ids: Iterable[str]) -> None:
        """Look at resources once more that were found to differ: an earlier run may have died over them."""
        self._job.suspects = set()
        each = iter(ids)
        while (some := list(islice(each, BATCH_OBJECTS))) and not self._job.stop.is_set():
            self._make_alike(list(dict.fromkeys(some)), ())

    def run(self, quiet: float) -> None:
        """Follow until nothing has changed for ``quiet`` seconds, and nothing is left to look at again."""
        job = self._job
        job.suspects = job.suspects or set()
        waiting = True
        while waiting and not job.stop.is_set():
            self._catch_up()
            self._look_again(set())
            self._follow_own()
            waiting = self._waited(quiet)
        if not job.stop.is_set():
            self._follow_own()  # which nobody waits for
            self._look_again(None)  # what still cannot be copied is no matter of time

    def _look_again(self, suspects: set[str] | None) -> None:
        again, self._job.suspects = self._job.suspects or set(), suspects
        self._make_alike(sorted(again), ())

    def _follow_own(self) -> None:
        """Take over what changed on the archive itself, of which the log tells nothing."""
        job = self._job
        own, theirs = (own_of(job, one.index) for one in (job.source, job.target))
        wanted = self._without_dropped(own, theirs)
        if _comparable(wanted) != _comparable(theirs):
            self._make_alike([ARCHIVE_ID], ())

    def _catch_up(self) -> None:
        done = False
        while not done and not self._job.stop.is_set():
            page = self._job.source.index.changes(self.since, BATCH_OBJECTS)
            self._make_alike(list(dict.fromkeys(change.id for change in page.changes)), page.changes)
            self.since, done = page.last, page.done

    def _waited(self, quiet: float) -> bool:
        """Wait for a change; say whether there is one."""
        deadline = time.monotonic() + quiet
        while not self._job.stop.is_set():
            left = deadline - time.monotonic()
            if self._job.source.index.wait_for_changes(self.since, min(max(left, 0.0), 1.0)):
                return True
            if left <= 0:
                return False
        return False

    def _make_alike(self, ids: Sequence[str], changes: Sequence[Change]) -> None:
        """Make resources of the target what they are in the source, and then note the changes."""
        if not ids and not changes:
            return
        source, target = self._job.source.index, self._job.target.index
        records: dict[str, Owner | None] = dict(zip(ids, source.get(ids), strict=True))
        own = dict(zip(ids, source.details(ids), strict=True))
        if ARCHIVE_ID in records:
            records[ARCHIVE_ID], own[ARCHIVE_ID] = ArchiveItself(), own_of(self._job, source)
        theirs = dict(zip(ids, target.details(ids), strict=True))
        removed = [id_ for id_, one in records.items() if one is None and theirs[id_] is not None]
        instances = [
            one for one in records.values() if isinstance(one, ResourceRecord) and one.level is Level.INSTANCE
        ]
        files = [dicom_file(own[one.id] or _NOTHING) for one in instances]
        held = held_in(source, instances, files)
        planned = (
            self._plan(record, details, theirs[id_] or _NOTHING, held.get(id_))
            for id_, record in records.items()
            if record is not None and (details := own[id_]) is not None
        )
        # Instances first: they bring their parents, and what hangs on those comes in the same call or later.
        plans = sorted((one for one in planned if one), key=lambda one: one.record.level or 0, reverse=True)
        *first, last = list(_cut(plans)) or [[]]
        for some in first:
            self._store(some, theirs, removed, ())
            removed = []
        self._store(last, theirs, removed, changes)
        self._suspect_absent(one for one in plans if theirs[one.record.id] is None)
        self._job.report.changes += len(changes)
        self._count(len(changes))

    def _suspect_absent(self, plans: Iterable[Wanted]) -> None:
        """Have resources looked at again that are not there, because their instances have not come yet."""
        ids = [one.record.id for one in plans if one.details != _NOTHING]
        if self._job.suspects is not None and ids:
            there = self._job.target.index.get(ids)
            self._job.suspects.update(id_ for id_, one in zip(ids, there, strict=True) if one is None)

    def _plan(self, record: Owner, own: Details, theirs: Details, held: Held | None) -> Wanted | None:
        """Return what of a resource is to be carried over; its details are those it is to have."""
        own = self._without_dropped(own, theirs)
        if record.level is not Level.INSTANCE:
            return Wanted(record, 0, None, own)
        file, there = dicom_file(own), dicom_file(theirs)
        if file is None or held is None:
            return None  # deleted meanwhile: the log will tell
        others = tuple(one for one in own.attachments if one is not file)
        same = there is not None and self._is_same(file, there)
        return Wanted(record, held.stamp, None if same else file, replace(own, attachments=others))

    def _without_dropped(self, own: Details, theirs: Details) -> Details:
        drop = self._job.drop
        return Details(
            theirs.attachments if "attachments" in drop else own.attachments,
            theirs.metadata if "metadata" in drop else own.metadata,
            theirs.labels if "labels" in drop else own.labels,
        )

    def _is_same(self, file: AttachmentRecord, there: AttachmentRecord) -> bool:
        """Say whether the target has these bytes, so that they need not be carried over again."""
        if (file.size, file.stored_size, file.codec) != (there.size, there.stored_size, there.codec):
            return False
        algorithm = there.stored_digest.partition(":")[0]
        if not algorithm:
            return False
        digest = file.stored_digest
        if digest.partition(":")[0] != algorithm:
            digest = self._carrier.reader.digest(file, algorithm) or ""
        return digest == there.stored_digest

    def _store(
        self,
        plan: Sequence[Wanted],
        theirs: Mapping[str, Details | None],
        removed: Sequence[str],
        changes: Sequence[Change],
    ) -> None:
        started = time.time()
        target = self._job.target
        kept = {one.record.id: self._kept(one, theirs[one.record.id] or _NOTHING) for one in plan}
        batch = self._carrier.load((_without(one, kept[one.record.id]) for one in plan), 0)
        # 1  Bytes, durable when this returns.
        records = self._carrier.put(batch)
        still_there(target.storage, [one.locator for some in records.values() for one in some], started)
        size = sum(one.stored_size for some in records.values() for one in some)
        entries = self._carrier.entries(batch, records)
        # 2  The commit point.
        mirrored = target.index.mirror(entries, self._details(batch, records, kept), removed, changes)
        # 3  Bytes that nothing points at any more.
        if mirrored.garbage:
            target.storage.delete(mirrored.garbage)
        report = self._job.report
        report.instances += sum(one.status is CommitStatus.STORED for one in mirrored.committed)
        report.attachments += sum(map(len, records.values()))
        report.bytes += size

    def _kept(self, wanted: Wanted, theirs: Details) -> tuple[AttachmentRecord, ...]:
        """Return the attachments that are there already, with the revisions they are to have."""
        there = {one.content_type: one for one in theirs.attachments}
        pairs = ((one, there.get(one.content_type)) for one in wanted.details.attachments)
        return tuple(
            replace(other, revision=one.revision)
            for one, other in pairs
            if other and self._is_same(one, other)
        )

    @staticmethod
    def _details(
        batch: Batch,
        records: Mapping[str, Sequence[AttachmentRecord]],
        kept: Mapping[str, Sequence[AttachmentRecord]],
    ) -> dict[str, Details]:
        return {
            id_: replace(one.details, attachments=(*kept[id_], *records.get(id_, ())))
            for id_, one in batch.wanted.items()
        }


def _comparable(details: Details) -> Details:
    """Return details without what two archives need not have in common: where bytes lie, under which key."""
    return replace(
        details, attachments=tuple(replace(one, uuid="", locator="") for one in details.attachments)
    )


def _without(wanted: Wanted, kept: Iterable[AttachmentRecord]) -> Wanted:
    """Return what is wanted without the attachments that are there."""
    numbers = {one.content_type for one in kept}
    lacking = tuple(one for one in wanted.details.attachments if one.content_type not in numbers)
    return replace(wanted, details=replace(wanted.details, attachments=lacking))


def _cut(plans: Iterable[Wanted]) -> Iterator[list[Wanted]]:
    some: list[Wanted] = []
    size = 0
    for plan in plans:
        if some and size + plan.bytes > BATCH_BYTES:
            yield some
            some, size = [], 0
        some.append(plan)
        size += plan.bytes
    if some:
        yield some
