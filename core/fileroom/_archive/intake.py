"""The store path, put together for one archive: what `store`, `ingest` and `register` share."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.ingest import Ingest, Run, with_skipped
from fileroom.prepare import Preparer
from fileroom.registering import Guarded, Owners, Registrar
from fileroom.retention import Retention
from fileroom.sources import estimate, plain_files, walk
from fileroom.worker import RemotePreparer

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from fileroom.archive import Archive
    from fileroom.config import Config
    from fileroom.ingest import Prepares
    from fileroom.prepare import MakesPreparer
    from fileroom.reports import IngestReport, Outcome, Progress
    from fileroom.sources import Candidate, Sources


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears of an import, and who ends it; as `fileroom.Archive.ingest` has it."""

    progress: Callable[[Progress], object] | None
    on_outcome: Callable[[Outcome], object] | None
    stop: threading.Event | None


class Intake:
    """Takes objects into an archive.

    Args:
        archive: the archive.
        config: the archive's, or one with another policy of overwriting.
        in_process: no plugin can be loaded by a worker process, for the host passed live objects.
    """

    def __init__(self, archive: Archive, config: Config, *, in_process: bool) -> None:
        self._archive = archive
        self._config = config
        self._in_process = in_process

    def store(self, candidate: Candidate) -> Outcome:
        """Store one object."""
        return self._ingest().store_batch(self._preparer(Preparer), [candidate])[0]

    def ingest(self, sources: Sources, jobs: int, told: Told) -> IngestReport:
        """Import many objects.

        Raises:
            IngestStoppedError: the storage or the index failed.
        """
        prepares = functools.partial(self._preparer, Preparer)
        run = self._run(self._ingest(), walk, sources, told)
        return run.run(prepares(), functools.partial(prepares, remote=True), jobs)

    def register(self, sources: Sources, jobs: int, told: Told, *, new: bool) -> IngestReport:
        """Take files into the index where they lie.

        Raises:
            IngestStoppedError: the index failed.
        """
        owners = Owners(self._archive.index)

        def prepares(*, remote: bool = False) -> Prepares:
            make = functools.partial(Registrar, new=new)
            return Guarded(self._preparer(make, remote=remote), owners)

        run = self._run(self._ingest(deletes=False), plain_files, sources, told)
        return run.run(prepares(), functools.partial(prepares, remote=True), jobs)

    def _run(
        self, ingest: Ingest, walked: Callable[..., Iterator[Candidate]], sources: Sources, told: Told
    ) -> Run:
        own = (*self._archive.storage.folders(), self._config.quarantine)
        return Run(
            ingest,
            with_skipped(functools.partial(walked, sources, exclude=own)),
            on_outcome=told.on_outcome,
            progress=told.progress,
            stop=told.stop,
            expected=estimate(sources, exclude=own) if told.progress is not None else None,
        )

    def _ingest(self, *, deletes: bool = True) -> Ingest:
        archive = self._archive
        retention = Retention(self._config.quota, archive.index, archive.delete)
        overwrite = self._config.ingest.overwrite
        return Ingest(archive.index, archive.storage, archive.plugins, overwrite, retention, deletes=deletes)

    def _preparer(self, make: MakesPreparer, *, remote: bool = False) -> Prepares:
        archive = self._archive
        local = make(self._config, archive.plugins, archive.storage, archive.header_tags)
        return RemotePreparer(self._config, make, local) if remote and not self._in_process else local
