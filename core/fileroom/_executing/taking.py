"""The task of an import: files into the archive, on the worker that is given their paths."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._executing.archives import opened
from fileroom._executing.messages import portable
from fileroom._sources.candidates import printable
from fileroom.reports import IngestStoppedError, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fileroom._executing.archives import Opening


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one batch.

    Attributes:
        outcomes: of its files, or of those up to the error.
        evicted: instances that had to go for the quota.
        host: where it ran.
        error: why the storage or the index could not go on.
    """

    outcomes: tuple[Outcome, ...]
    evicted: int
    host: str
    error: Exception | None = None


def take_files(opening: Opening, paths: tuple[str, ...]) -> Taken:
    """Import files by the ordinary store path.

    It may run twice with the same files, where a worker died: what is there already is passed over.

    Raises:
        ExecutorError: the archive cannot be opened here.
    """
    host = socket.gethostname()
    there = [path for path in paths if os.path.lexists(path)]
    with opened(opening) as archive:
        try:
            report, error = archive.ingest(there), None
        except IngestStoppedError as stopped:
            report, error = stopped.report, portable(stopped.__cause__ or stopped)
    missing = rejected(
        set(paths).difference(there),
        f"a worker on {host} does not find it: workers must see the files under the same paths",
    )
    return Taken((*report, *missing), report.evicted, host, error)


def rejected(paths: Iterable[str], reason: str) -> list[Outcome]:
    """Return the outcomes of files that no worker could take."""
    return [Outcome(Status.REJECTED, printable(path), None, reason) for path in sorted(paths)]
