"""Moving a whole archive to another index, another storage, or both.

`migrate` copies, and compares afterwards; the source is only read.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom._migrating.comparing import Comparing
from fileroom._migrating.copying import Copying
from fileroom._migrating.following import Following
from fileroom._migrating.job import Job
from fileroom._migrating.knowing import unknown_tags
from fileroom._migrating.log import carry_log, compare_logs, end_of_log
from fileroom._migrating.report import Difference, MigrationProgress, MigrationReport
from fileroom.errors import InvalidValueError, NotSupportedError
from fileroom.folders import folders_overlap

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from fileroom.archive import Archive

__all__ = ["PARTS", "Difference", "MigrationProgress", "MigrationRefusedError", "MigrationReport", "migrate"]

PARTS = ("attachments", "metadata", "labels", "changes")
"""What `migrate` can leave behind."""


class MigrationRefusedError(NotSupportedError):
    """The target cannot take over everything; nothing was copied.

    Attributes:
        reasons: why, by the part that it is about: one of `PARTS`, ``"storage"`` or ``"live"``.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{part}: {reason}" for part, reason in reasons.items()))
        self.reasons = reasons

    def __reduce__(self) -> tuple[type[MigrationRefusedError], tuple[Mapping[str, str]]]:
        return type(self), (self.reasons,)


def migrate(
    source: Archive,
    target: Archive,
    *,
    drop: Collection[str] = (),
    dry_run: bool = False,
    live: bool = False,
    quiet: float = 10.0,
    progress: Callable[[MigrationProgress], object] | None = None,
    on_difference: Callable[[Difference], object] | None = None,
    stop: threading.Event | None = None,
) -> MigrationReport:
    """Copy an archive into another one, and compare the two.

    Carried over are: instances in their order of arrival, with time of receipt; attachments, metadata and
    labels of all levels, and of the archive itself, with revisions; and at last the change log, with its
    sequences and dates. Metadata of the archive itself goes with the log only: it may tell how far that was
    read. Bytes are read from the source's storage, those of registered files too, held against their recorded
    digest, and stored anew. Tags of instances are read from the bytes; those of patients, studies and series
    are taken from the source, as far as it knows them. Neither interventions nor listeners of the target hear
    of it.

    What is there is passed over, so a migration that was interrupted goes on when it is run again, and one
    that was finished does nothing. What the target has is never overwritten. What cannot be read from the
    source is reported and left out; the rest goes on.

    Let nothing be stored, edited or deleted in either archive meanwhile; or else, in the source, migrate
    ``live``. Then everything is copied while the source is in use, and after that the source's change log is
    followed: what was stored, replaced, edited or deleted since is made so in the target. What belongs to the
    archive itself, of which the log tells nothing, is looked at each time. Once the source has been quiet for
    a while, the two are compared, what differs is looked at once more, such as what an earlier run died over,
    and if the source stayed quiet over that, the migration is over: the way to cut over is to let it catch
    up, to stop what writes to the source, and to wait for the end.

    Args:
        source: what to copy. It is not written to.
        target: where to. With ``"changes"`` among ``drop`` it may hold other things.
        drop: which of `PARTS` to leave behind. Without ``"changes"`` the target logs what arrives, and counts
            revisions, as ever; so it does if the source has no log.
        dry_run: only count what would be copied.
        live: the source is in use meanwhile. The change log must be carried over.
        quiet: seconds without a change after which a live source counts as quiet.
        progress: called after each batch.
        on_difference: called with each difference when it is found, which the report has, too.
        stop: when set, the batch under way is finished, and the report returned.

    Raises:
        MigrationRefusedError: the target cannot hold all that is not dropped; nothing was copied.
        InvalidValueError: ``drop`` names something else, or the change log where that is followed.
        StorageError: the target's storage failed; run it again to go on.
        CatalogError: one of the indexes failed; likewise.
    """
    if unknown := set(drop).difference(PARTS):
        raise InvalidValueError(f"cannot drop {', '.join(sorted(unknown))}: known are {', '.join(PARTS)}")
    if live and "changes" in drop:
        raise InvalidValueError("a live migration follows the change log, and cannot drop it")
    started = time.monotonic()
    stop = stop or threading.Event()
    report = MigrationReport(dry_run=dry_run)
    carries_log = "changes" not in drop and (live or bool(source.index.changes(limit=1).changes))
    logged = _check(source, target, carries_log=carries_log, live=live)
    job = Job(
        source,
        target,
        drop=frozenset(drop),
        carries_log=carries_log,
        logged=logged,
        unknown=unknown_tags(source),
        report=report,
        on_difference=on_difference,
        progress=progress,
        stop=stop,
    )
    if dry_run:
        Copying(job).count()
    elif live:
        _migrate_live(job, quiet)
    else:
        Copying(job).run()
        if carries_log:
            carry_log(job)
        if not stop.is_set():
            Comparing(job).run()
    report.interrupted = stop.is_set()
    report.seconds = time.monotonic() - started
    return report


def _migrate_live(job: Job, quiet: float) -> None:
    job.suspects = set()
    if job.logged:  # everything up to there was copied by an earlier run
        following = Following(job, job.logged)
    else:
        following = Following(job, end_of_log(job.source.index, 0))
        begun = bool(job.target.statistics().instances)
        if begun:
            following.forget_what_is_gone()
        Copying(job).run()
        if begun:
            following.look_at_everything()
        carry_log(job, following.since)
    mended = False
    while not job.stop.is_set():
        following.run(quiet)
        if job.stop.is_set():
            return
        found = MigrationReport()
        Comparing(replace(job, report=found, on_difference=None)).run()
        if not job.stop.is_set() and job.source.index.wait_for_changes(following.since, 0):
            continue
        if job.stop.is_set() or mended or not found.differences:
            job.adopt(found)
            return
        following.mend(one.id for one in found if one.id)
        mended = True


def _check(source: Archive, target: Archive, *, carries_log: bool, live: bool) -> int:
    """Return the last sequence of the source's log that the target has.

    Raises:
        MigrationRefusedError: the target cannot take over everything.
    """
    reasons = {}
    logged = 0
    if folders_overlap(source.storage.folders(), target.storage.folders()):
        reasons["storage"] = (
            "both keep their bytes in one folder, or one of them within the other's, where a sweep of one "
            "deletes the other's"
        )
    if carries_log and not target.index.capabilities.history:
        reasons["changes"] = "the target's index cannot take over change log, revisions and times of receipt"
    elif live and not target.index.capabilities.mirror:
        reasons["live"] = "the target's index cannot follow the source change by change"
    elif live and source.statistics().instances and not source.index.changes(limit=1).changes:
        reasons["live"] = "the source's index keeps no change log that could be followed"
    elif carries_log:
        logs = compare_logs(source.index, target.index)
        logged = logs.common
        if logs.target is not None:
            reasons["changes"] = "the target has a change log of its own, which is not the source's"
    if reasons:
        raise MigrationRefusedError(reasons)
    return logged
