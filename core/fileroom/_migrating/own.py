"""What belongs to the archive itself, as far as a migration carries it over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.index import Details, SetMetadata
from fileroom.model import ARCHIVE_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom._migrating.job import Job
    from fileroom.index import Index

LEASE = "processing.lease"
"""Metadata that is of the moment: which process is at work on what was stored."""


def own_of(job: Job, index: Index) -> Details:
    """Return what hangs on the archive itself, without what stays behind.

    Metadata goes with the change log only: it may tell how far that was read.
    """
    details = index.details([ARCHIVE_ID])[0] or Details()
    metadata = {name: one for name, one in details.metadata.items() if name != LEASE}
    return replace(details, metadata=metadata if job.carries_log else {})


def superseded(job: Job) -> Iterator[SetMetadata]:
    """Yield edits of the target's own metadata where the source's is another.

    The target has the source's log, and so what its own tells of another log is of no use.
    """
    own, theirs = own_of(job, job.source.index).metadata, own_of(job, job.target.index).metadata
    if "metadata" not in job.drop:
        for name, one in own.items():
            if name in theirs and theirs[name].value != one.value:
                yield SetMetadata(ARCHIVE_ID, name, one.value)
