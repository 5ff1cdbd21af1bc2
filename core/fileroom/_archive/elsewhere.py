"""Work that is done by workers: who they are, how they open the archive, and whether it is the same one."""

from __future__ import annotations

import functools
import itertools
import time
import uuid
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from fileroom._archive.proving import Log
from fileroom._executing.archives import Opening
from fileroom._executing.spreading import spread
from fileroom._executing.tokens import not_shared, tokens_in
from fileroom.errors import NotSupportedError
from fileroom.executing import Answer
from fileroom.ingest import SWEEP_GRACE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from fileroom._archive.proving import Doubt
    from fileroom.archive import Archive
    from fileroom.config import Config
    from fileroom.executing import Executor
    from fileroom.index import Index

LASTS = SWEEP_GRACE / 2
"""Seconds for which a token is used: workers have to find it, and a sweep takes it for an orphan."""


class FromWorker(Protocol):
    """What a task returns."""

    @property
    def host(self) -> str:
        """Where it ran."""


R = TypeVar("R", bound=FromWorker)


class Elsewhere:
    """An executor's workers, who do the tasks of one run; and proof that they do them to this archive.

    The same configuration may mean another archive on another machine. So a worker shows that it has the
    storage, before it stores anything (`fileroom._executing.tokens`), and what it tells is looked up in the
    index that is here, before anybody hears of it (`fileroom._archive.proving`).

    Args:
        archive: the archive.
        executor: the executor, or its name.
        config: how to open the archive. The tables of what workers have no use for, or do not have, are
            left out.

    Raises:
        NotSupportedError: the host passed plugins, which exist in its process only.
        ConfigError, PluginError, ExecutorError: the executor cannot be had.
    """

    def __init__(self, archive: Archive, executor: Executor | str, config: Config) -> None:
        if archive.plugins.confined:
            raise NotSupportedError(
                "workers cannot use plugins that were passed with register=: install those, and name them in "
                "the configuration; or do without an executor"
            )
        unknown = set(archive.plugins.passed)
        if isinstance(executor, str):
            unknown.add(executor)
            executor = archive.plugins.executor(executor)
        self._archive = archive
        self._executor = executor
        self._opening = Opening(config.forgetting(unknown).storing_only(), uuid.uuid4().hex)
        self._positions: dict[tuple[str, ...], int] = {}

    def answers(
        self,
        task: Callable[[Opening, tuple[str, ...]], R],
        doubted: Callable[[Index, R], Iterable[Doubt]],
        batches: Iterable[tuple[str, ...]],
    ) -> Generator[Answer[tuple[str, ...], R]]:
        """Have a task done with batches, and yield the answers as they come; close the iterator.

        Args:
            task: what to do.
            doubted: yields what an answer tells and the index does not show. An answer that the log does not
                explain either is replaced by an `ExecutorError`.
            batches: what it is to be done with.

        Raises:
            StorageError, CatalogError: those of this process failed.
            ExecutorError: nothing can be run any more.
        """
        log = Log(self._archive.index)
        earliest = log.position
        waiting = self._begun(batches, log)
        for first in waiting:
            with tokens_in(self._archive.storage) as tokens:
                opened = functools.partial(task, replace(self._opening, tokens=tokens))
                some = itertools.chain((first,), _until(time.monotonic() + LASTS, waiting))
                with closing(spread(self._executor, opened, some)) as answers:
                    for answer in answers:
                        # What was lost in a batch comes by itself, and was begun nobody knows when.
                        since = self._positions.pop(answer.item, earliest)
                        yield self._proven(answer, doubted, log, since)

    def _begun(self, batches: Iterable[tuple[str, ...]], log: Log) -> Iterator[tuple[str, ...]]:
        for batch in batches:
            self._positions[batch] = log.position
            yield batch

    def _proven(
        self,
        answer: Answer[tuple[str, ...], R],
        doubted: Callable[[Index, R], Iterable[Doubt]],
        log: Log,
        since: int,
    ) -> Answer[tuple[str, ...], R]:
        told = answer.value
        if told is None or log.settles(doubted(self._archive.index, told), since):
            return answer
        return Answer(answer.item, error=not_shared(told.host, "index"))


def _until(deadline: float, batches: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield batches as long as there is time; take no other."""
    while time.monotonic() < deadline:
        batch = next(batches, None)
        if batch is None:
            return
        yield batch
