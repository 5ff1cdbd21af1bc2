"""The store path, put together for one archive: what `store`, `ingest` and `register` share."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._archive.elsewhere import Elsewhere
from fileroom._archive.proving import doubted_outcomes
from fileroom._archive.run import Run, with_skipped
from fileroom._executing.taking import take_files
from fileroom.ingest import Ingest
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
    from fileroom.executing import Executor
    from fileroom.ingest import Prepares
    from fileroom.prepare import MakesPreparer
    from fileroom.reports import IngestReport, Outcome, Progress
    from fileroom.sources import Candidate, Sources

_PATHLESS = "workers cannot be sent bytes and open files: give paths, or import without an executor"


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

    def ingest(
        self, sources: Sources, jobs: int, told: Told, executor: Executor | str | None = None
    ) -> IngestReport:
        """Import many objects; with an executor, files, which its workers see under the same paths.

        Raises:
            IngestStoppedError: the storage, the index or the executor failed.
            FileroomError: there is no such executor, or it cannot be used here.
        """
        if executor is not None:
            workers = Elsewhere(self._archive, executor, self._config)
            run = self._run(functools.partial(plain_files, pathless=_PATHLESS), sources, told)
            try:
                return run.elsewhere(functools.partial(workers.answers, take_files, doubted_outcomes))
            finally:
                self._archive.on_store.wake()  # workers store, and leave what comes after it to this process
        prepares = functools.partial(self._preparer, Preparer)
        run = self._run(walk, sources, told)
        return run.here(self._ingest(), prepares(), functools.partial(prepares, remote=True), jobs)

    def register(self, sources: Sources, jobs: int, told: Told, *, new: bool) -> IngestReport:
        """Take files into the index where they lie.

        Raises:
            IngestStoppedError: the index failed.
        """
        owners = Owners(self._archive.index)

        def prepares(*, remote: bool = False) -> Prepares:
            make = functools.partial(Registrar, new=new)
            return Guarded(self._preparer(make, remote=remote), owners)

        run = self._run(functools.partial(plain_files, even_excluded=True), sources, told)
        return run.here(
            self._ingest(deletes=False), prepares(), functools.partial(prepares, remote=True), jobs
        )

    def _run(self, walked: Callable[..., Iterator[Candidate]], sources: Sources, told: Told) -> Run:
        own = (*self._archive.storage.folders(), self._config.quarantine)
        return Run(
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
