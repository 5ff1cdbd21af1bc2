"""What the target lacks, as far as the two indexes tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fileroom._index.owning import ArchiveItself
from fileroom._migrating.job import pages
from fileroom._migrating.own import own_of
from fileroom.content_types import DICOM
from fileroom.index import Details, Held
from fileroom.ingest import BATCH_BYTES, BATCH_OBJECTS
from fileroom.model import Level
from fileroom.query import Query

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom._index.owning import Owner
    from fileroom._migrating.job import Job
    from fileroom._migrating.reading import Reader
    from fileroom.index import Index
    from fileroom.model import AttachmentRecord, ResourceRecord


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the target lacks of one resource, or of the archive itself.

    Attributes:
        record: the resource, as the source has it.
        stamp: of an instance.
        file: the DICOM file of an instance that the target does not have.
        details: what else is missing.
    """

    record: Owner
    stamp: int
    file: AttachmentRecord | None
    details: Details

    @property
    def attachments(self) -> tuple[AttachmentRecord, ...]:
        """All attachments to copy."""
        return self.details.attachments if self.file is None else (self.file, *self.details.attachments)

    @property
    def bytes(self) -> int:
        """The bytes of those."""
        return sum(one.stored_size for one in self.attachments)


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch to copy.

    Attributes:
        wanted: what the target lacks.
        seen: resources of the source that were looked at for it.
    """

    wanted: Sequence[Wanted]
    seen: int


class Planner:
    """Goes through the source, in order of arrival."""

    def __init__(self, job: Job, reader: Reader) -> None:
        self._job = job
        self._reader = reader

    def plans(self, level: Level) -> Iterator[Plan]:
        """Yield batches of what the target lacks at a level; instances must come before their parents."""
        for records in pages(self._job.source.index, Query(level, limit=BATCH_OBJECTS)):
            if self._job.stop.is_set():
                return
            page = self._lacking(level, records)
            last: list[Wanted] = []
            size = 0
            for wanted in page:
                if last and size + wanted.bytes > BATCH_BYTES:
                    yield Plan(last, 0)
                    if self._job.stop.is_set():
                        return
                    last, size = [], 0
                last.append(wanted)
                size += wanted.bytes
            yield Plan(last, len(records))

    def own(self) -> Plan:
        """Return what the target lacks of what belongs to the archive itself."""
        job = self._job
        lacking = self._missing(own_of(job, job.source.index), own_of(job, job.target.index))
        return Plan([Wanted(ArchiveItself(), 0, None, lacking)] if lacking != Details() else [], 0)

    def _lacking(self, level: Level, records: Sequence[ResourceRecord]) -> list[Wanted]:
        ids = [record.id for record in records]
        lacking = self._instances if level is Level.INSTANCE else self._others
        every = lacking(records, self._job.source.index.details(ids))
        return [wanted for wanted in every if wanted.file or wanted.details != Details()]

    def _others(
        self, records: Sequence[ResourceRecord], details: Sequence[Details | None]
    ) -> Iterator[Wanted]:
        there = self._job.target.index.details([record.id for record in records])
        for record, own, theirs in zip(records, details, there, strict=True):
            # Where no instance could be copied, there is nothing to hang anything on.
            if own is not None and (theirs is not None or self._job.report.dry_run):
                yield Wanted(record, 0, None, self._missing(own, theirs or Details()))

    def _instances(
        self, records: Sequence[ResourceRecord], details: Sequence[Details | None]
    ) -> Iterator[Wanted]:
        target = self._job.target.index
        held_there = target.held([record.id for record in records])
        theirs = dict(zip(held_there, target.details(list(held_there)), strict=True))
        files = [None if one is None else dicom_file(one) for one in details]
        held = held_in(self._job.source.index, records, files)
        for record, own, file in zip(records, details, files, strict=True):
            here, there = held.get(record.id), held_there.get(record.id)
            if own is None or file is None or here is None:
                continue  # deleted meanwhile
            others = replace(own, attachments=tuple(one for one in own.attachments if one is not file))
            if there is None:
                yield Wanted(record, here.stamp, file, self._missing(others, Details()))
            elif self._is_same(file, here, there):
                self._job.report.present += 1
                yield Wanted(record, here.stamp, None, self._missing(others, theirs[record.id] or Details()))
            else:
                self._job.conflict(record)

    def _is_same(self, file: AttachmentRecord, here: Held, there: Held) -> bool:
        algorithm = there.digest.partition(":")[0]
        if here.digest.partition(":")[0] != algorithm:
            return self._reader.digest(file, algorithm) == there.digest
        return here.digest == there.digest

    def _missing(self, own: Details, theirs: Details) -> Details:
        """Return what is to be carried over and not there."""
        drop = self._job.drop
        numbers = {one.content_type for one in theirs.attachments}
        files = tuple(one for one in own.attachments if one.content_type not in numbers)
        metadata = {name: one for name, one in own.metadata.items() if name not in theirs.metadata}
        labels = tuple(one for one in own.labels if one not in theirs.labels)
        return Details(
            () if "attachments" in drop else files,
            {} if "metadata" in drop else metadata,
            () if "labels" in drop else labels,
        )


def dicom_file(details: Details) -> AttachmentRecord | None:
    """Return the DICOM file among an instance's attachments."""
    return next((one for one in details.attachments if one.content_type == DICOM.number), None)


def held_in(
    index: Index, records: Sequence[ResourceRecord], files: Sequence[AttachmentRecord | None]
) -> dict[str, Held]:
    """Return what the source holds, without having it find digests out, which it might note down."""
    pairs = [(record.id, file) for record, file in zip(records, files, strict=True) if file is not None]
    unknown = {id_: Held("", 0) for id_, file in pairs if not file.digest}
    return unknown | index.held([id_ for id_, file in pairs if file.digest])
