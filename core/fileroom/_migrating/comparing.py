"""Comparing: every resource of both sides, and whatever belongs to none."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from fileroom._index.owning import ArchiveItself
from fileroom._migrating.job import pages
from fileroom._migrating.log import compare_logs, same_time
from fileroom._migrating.own import own_of
from fileroom.content_types import DICOM
from fileroom.ingest import BATCH_OBJECTS
from fileroom.model import Level
from fileroom.query import COMPUTED, Query

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from fileroom._index.owning import Owner
    from fileroom._migrating.job import Job
    from fileroom.index import Details
    from fileroom.model import AttachmentRecord, ResourceRecord

_ONLY_SOURCE, _ONLY_TARGET, _DIFFERS = "only in the source", "only in the target", "differs"
_SIZES = {"attachments", "bytes", "stored_bytes"}


class Comparing:
    """Finds what differs, as far as it was to be carried over.

    What only the target has counts if that was to become the source's like: not where changes were dropped.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._alone = "changes" not in job.drop
        self._received = job.target.index.capabilities.history or self._alone

    def run(self) -> None:
        """Compare everything."""
        job = self._job
        totals = job.source.statistics()
        count = job.counter("comparing", totals.patients + totals.studies + totals.series + totals.instances)
        for level in Level:
            missing = False
            every = Query(level, computed=COMPUTED[level], limit=BATCH_OBJECTS)
            for records in pages(job.source.index, every):
                missing |= self._compare(level, records)
                job.report.compared += len(records)
                count(len(records))
                if job.stop.is_set():
                    return
            if self._alone and (missing or self._counts(level)):
                self._find_extra(level)
        self._compare_own()
        if self._alone:
            self._compare_totals()
        if job.carries_log:
            self._compare_logs()

    def _counts(self, level: Level) -> bool:
        """Say whether the target has another number of resources of a level."""
        query = Query(level)
        return self._job.source.index.count(query) != self._job.target.index.count(query)

    def _compare(self, level: Level, records: Sequence[ResourceRecord]) -> bool:
        """Compare resources; say whether the target lacks one."""
        job = self._job
        ids = [record.id for record in records]
        theirs = job.target.index.get(ids, COMPUTED[level])
        details = zip(job.source.index.details(ids), job.target.index.details(ids), strict=True)
        for one, other, (own, those) in zip(records, theirs, details, strict=True):
            if job.is_settled(one):
                continue
            if other is None or those is None:
                job.differ(one, "resource", "", _ONLY_SOURCE)
            elif own is not None:
                self._compare_records(one, other)
                self._compare_details(one, own, those)
        return None in theirs

    def _compare_own(self) -> None:
        """Compare what belongs to the archive itself."""
        own, theirs = (own_of(self._job, one.index) for one in (self._job.source, self._job.target))
        self._compare_details(ArchiveItself(), own, theirs)

    def _compare_records(self, one: ResourceRecord, other: ResourceRecord) -> None:
        kept = (self._job.source.tags.levels[one.level], self._job.target.tags.levels[one.level])
        names = {spec.keyword for spec in kept[0]} & {spec.keyword for spec in kept[1]}
        # What the source does not know of all is no difference where the files know it.
        names -= self._job.unknown[one.level] - one.tags.keys()
        self._differing(one, "tag", one.tags, other.tags, names)
        self._differing(one, "computed", one.computed, other.computed)
        if self._received and not same_time(one.received, other.received):
            self._job.differ(one, "received", "", _DIFFERS)

    def _compare_details(self, record: Owner, own: Details, theirs: Details) -> None:
        drop = self._job.drop
        files, those = (self._files(record.level, each) for each in (own, theirs))
        for number in sorted(files.keys() | those.keys(), key=int):
            if self._job.is_settled(record, int(number)):
                continue
            reason = self._compare_files(files.get(number), those.get(number))
            if reason:
                self._job.differ(record, "attachment", number, reason)
        if "metadata" not in drop:
            self._compare_metadata(record, own, theirs)
        if "labels" not in drop and own.labels != theirs.labels:
            self._job.differ(record, "labels", "", _DIFFERS)

    def _files(self, level: Level | None, details: Details) -> dict[str, AttachmentRecord]:
        """Return the attachments that were to be carried over, by content type."""
        every = "attachments" not in self._job.drop
        own = DICOM.number if level is Level.INSTANCE else None
        return {str(one.content_type): one for one in details.attachments if every or one.content_type == own}

    def _compare_files(self, one: AttachmentRecord | None, other: AttachmentRecord | None) -> str:
        if one is None or other is None:
            alone = _ONLY_TARGET if one is None else _ONLY_SOURCE
            return alone if self._alone or other is None else ""
        found = []
        if one.size != other.size or one.stored_size != other.stored_size or one.codec != other.codec:
            found.append("size")
        if _digests_differ(one.digest, other.digest) or (
            one.codec == other.codec and _digests_differ(one.stored_digest, other.stored_digest)
        ):
            found.append("digest")
        if self._job.carries_log and one.revision != other.revision:
            found.append("revision")
        return f"{' and '.join(found)} {'differ' if len(found) > 1 else 'differs'}" if found else ""

    def _compare_metadata(self, record: Owner, own: Details, theirs: Details) -> None:
        values, those = ({name: one.value for name, one in each.metadata.items()} for each in (own, theirs))
        self._differing(record, "metadata", values, those)
        if self._job.carries_log and not isinstance(record, ArchiveItself):
            for name, one in own.metadata.items():
                other = theirs.metadata.get(name)
                if other and other.value == one.value and other.revision != one.revision:
                    self._job.differ(record, "metadata", name, "revision differs")

    def _differing(
        self,
        record: Owner | None,
        what: str,
        own: Mapping[str, object],
        theirs: Mapping[str, object],
        names: Collection[str] | None = None,
    ) -> None:
        for name in sorted(own.keys() | theirs.keys() if names is None else names):
            one, other = own.get(name), theirs.get(name)
            if one != other and (one is not None or self._alone):
                alone = (one is None and _ONLY_TARGET) or (other is None and _ONLY_SOURCE)
                self._job.differ(record, what, name, alone or _DIFFERS)

    def _find_extra(self, level: Level) -> None:
        source = self._job.source.index
        for records in pages(self._job.target.index, Query(level, limit=BATCH_OBJECTS)):
            for record, own in zip(records, source.get([one.id for one in records]), strict=True):
                if own is None:
                    self._job.differ(record, "resource", "", _ONLY_TARGET)

    def _compare_totals(self) -> None:
        own, theirs = asdict(self._job.source.statistics()), asdict(self._job.target.statistics())
        names = own.keys() - (_SIZES if "attachments" in self._job.drop else set())
        self._differing(None, "statistics", own, theirs, names)

    def _compare_logs(self) -> None:
        logs = compare_logs(self._job.source.index, self._job.target.index)
        parted = logs.target if logs.source is None else logs.source
        if parted is not None:
            alone = (logs.source is None and _ONLY_TARGET) or (logs.target is None and _ONLY_SOURCE)
            self._job.differ(None, "changes", str(parted), f"{alone or _DIFFERS}, from there on")


def _digests_differ(one: str, other: str) -> bool:
    """Compare digests; one that is not known, or was made in another way, says nothing."""
    return one != other and one.partition(":")[0] == other.partition(":")[0]
