"""A processor on many resources, here or by workers."""

from __future__ import annotations

import functools
import itertools
import logging
import socket
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom._archive.elsewhere import Elsewhere
from fileroom._archive.keeping import keep, made_by_label
from fileroom._archive.making import look, make
from fileroom._archive.proving import Done, doubted_products
from fileroom._executing.archives import opened
from fileroom._executing.messages import portable
from fileroom.content_types import DICOM
from fileroom.errors import (
    FileroomError,
    IntegrityError,
    InvalidDatasetError,
    InvalidValueError,
    MissingDependencyError,
    NotFoundError,
    NotSupportedError,
    RejectedError,
    RevisionError,
    TaskLostError,
)
from fileroom.executing import Answer
from fileroom.model import Level
from fileroom.plugin import Takes
from fileroom.reports import Processed, ProcessFailure, ProcessReport, ProcessStoppedError
from fileroom.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from typing import TypeAlias

    from fileroom._archive.making import Made
    from fileroom._executing.archives import Opening
    from fileroom._plugins.processors import Opened
    from fileroom.archive import Archive
    from fileroom.attachments import Attachment
    from fileroom.executing import Executor
    from fileroom.index import Details

    Answers: TypeAlias = Generator[Answer[tuple[str, ...], Done]]

BATCH = 16
"""Resources for one task: a processor takes milliseconds, and sending a task takes about one."""

_TOGETHER = 16 << 20
"""Bytes of products after which they are kept, and no more are made before that."""

_REASON = 500  # characters
_PAGE = 200
_OF_ONE = (
    NotSupportedError,
    InvalidDatasetError,
    InvalidValueError,
    IntegrityError,
    MissingDependencyError,  # of one kind of objects: what all of them need is missed when it is opened
    NotFoundError,
    RejectedError,
    RevisionError,
)
"""What is wrong with one resource; any other error of Fileroom's is in the way of them all."""

_log = logging.getLogger("fileroom.processing")


@dataclass(frozen=True, slots=True)
class _Turn:
    """What was made of one resource, or why nothing could be."""

    id: str
    made: list[Made] = field(default_factory=list)
    failed: Processed | None = None


class Processing:
    """A processor to be run on many resources.

    Args:
        archive: the archive.
        processor: the processor's name.
        options: lie over those of the configuration.
        missing: a content type; resources that have an attachment of it are skipped.
        on_done: called with what became of each resource.
        stop: when set, what is under way is finished, and no more is begun.
        batch: resources for one task of an executor.
    """

    def __init__(
        self,
        archive: Archive,
        processor: str,
        *,
        options: Mapping[str, object],
        missing: str | int | None = None,
        on_done: Callable[[Processed], object] | None,
        stop: threading.Event | None,
        batch: int = BATCH,
    ) -> None:
        self._batch = batch
        self._archive = archive
        self._processor = processor
        self._made_by = made_by_label(processor)
        self._options = options
        self._missing = None if missing is None else archive.content_types.resolve(missing).number
        self._on_done = on_done
        self._stop = stop or threading.Event()
        self._halted = False
        self._exhausted = False
        self._report = ProcessReport()

    def run(self, resources: Iterable[Resource | str], executor: Executor | str | None) -> ProcessReport:
        """Process all of them; see `fileroom.Archive.process_many`."""
        started = time.monotonic()
        making = self._archive.plugins.making
        if executor is None or self._processor not in self._archive.plugins.processors:
            # A wrong name is one error, not one for each. What only workers need may be missing here.
            with making.using(self._processor, self._options):
                pass
        ids: Iterator[str] = (one.id if isinstance(one, Resource) else one for one in resources)
        if making.takes(self._processor) is Takes.EACH:
            ids = self._instances(ids)
        ids = self._wanted(ids)
        answers = self._here(ids) if executor is None else self._elsewhere(ids, executor)
        try:
            with closing(answers):
                self._take(answers)
        except FileroomError as error:
            message = f"processing stopped: {error}; what was made until then is kept"
            raise ProcessStoppedError(message, self._report) from error
        finally:
            self._report.seconds = time.monotonic() - started
        self._report.interrupted = self._stop.is_set() and not self._exhausted
        return self._report

    def _here(self, ids: Iterator[str]) -> Answers:
        # Opened once: what it makes at random is the same for all of them.
        with self._archive.plugins.making.using(self._processor, self._options) as opened:
            for some in iter(lambda: tuple(itertools.islice(ids, self._batch)), ()):
                yield Answer(some, process_on(self._archive, opened, some))

    def _elsewhere(self, ids: Iterator[str], executor: Executor | str) -> Answers:
        workers = Elsewhere(self._archive, executor, self._archive.config)
        task = functools.partial(process_resources, processor=self._processor, options=dict(self._options))
        batches = iter(lambda: tuple(itertools.islice(ids, self._batch)), ())
        return workers.answers(task, doubted_products, batches)

    def _instances(self, ids: Iterable[str]) -> Iterator[str]:
        """Yield the instances beneath resources; what is not there is left for whoever processes it."""
        for page in iter(functools.partial(_page, iter(ids)), ()):
            for id_, record in zip(page, self._archive.index.get(page), strict=True):
                if record is None or record.level is Level.INSTANCE:
                    yield id_
                else:
                    yield from (one.id for one in self._archive.within(id_, Level.INSTANCE))

    def _wanted(self, ids: Iterable[str]) -> Iterator[str]:
        for page in iter(functools.partial(_page, iter(ids)), ()):
            looked = zip(page, self._archive.index.details(page), strict=True)
            skipped = {id_ for id_, details in looked if details is not None and self._is_skipped(details)}
            self._report.skipped += len(skipped)
            for id_ in page:
                if self._stop.is_set() or self._halted:
                    return
                if id_ not in skipped:
                    yield id_
        self._exhausted = True

    def _is_skipped(self, details: Details) -> bool:
        # What the processor had a part in making would be made into more with every run.
        is_its_own = self._made_by in details.labels
        return is_its_own or any(one.content_type == self._missing for one in details.attachments)

    def _take(self, answers: Answers) -> None:
        stopped: Exception | None = None
        for answer in answers:
            done, error = (answer.value.resources, answer.value.error) if answer.value else ((), answer.error)
            if isinstance(error, TaskLostError):
                failure = ProcessFailure.OVERDUE if error.overdue else ProcessFailure.FAILED
                lost = functools.partial(Processed, reason=str(error), failure=failure)
                done, error = tuple(map(lost, answer.item)), None
            for one in done:
                self._report.add(one)
                if self._on_done is not None:
                    self._on_done(one)
            if error is not None:
                # Nothing more; what is under way is waited for, so that the report stays true.
                stopped = stopped or error
                self._halted = True
        if stopped is not None:
            raise stopped


def process_resources(
    opening: Opening, ids: tuple[str, ...], *, processor: str, options: Mapping[str, object]
) -> Done:
    """Process resources where a worker has been sent them: the task of `Processing`.

    Raises:
        ExecutorError: the archive cannot be opened here.
    """
    with opened(opening) as archive:
        try:
            with archive.plugins.making.using(processor, options) as its_own:
                its_own.require_consistent()
                return process_on(archive, its_own, ids)
        except FileroomError as error:
            return Done((), socket.gethostname(), portable(error))


def process_on(archive: Archive, opened: Opened, ids: tuple[str, ...]) -> Done:
    """Process resources; return what became of them, and the error that was in the way of the others."""
    done: list[Processed] = []
    failure: Exception | None = None
    try:
        for some in _turns(archive, ids, opened):
            done += _kept(archive, some, opened)
    except FileroomError as error:
        failure = portable(error)
    return Done(tuple(done), socket.gethostname(), failure)


def _turns(archive: Archive, ids: tuple[str, ...], opened: Opened) -> Iterator[list[_Turn]]:
    """Yield what is made of resources, as much at a time as is to be kept together."""
    waiting: list[_Turn] = []
    size = 0
    seen = look(archive, ids)
    for id_ in ids:
        try:
            made = list(make(archive, id_, opened, seen.get(id_)))
        except Exception as error:
            if isinstance(error, FileroomError) and not isinstance(error, _OF_ONE):
                yield waiting  # what was made before this got in the way
                raise
            waiting.append(_Turn(id_, failed=_failed(archive, id_, error)))
            continue
        waiting.append(_Turn(id_, made))
        size += sum(len(product.data) for one in made for product in one.products)
        if size > _TOGETHER:
            yield waiting
            waiting, size = [], 0
    yield waiting


def _kept(archive: Archive, some: list[_Turn], opened: Opened) -> list[Processed]:
    """Keep what was made of several resources, together; or, where one is in the way, each by itself."""
    try:
        kept = iter(keep(archive, [one for turn in some for one in turn.made], opened.name))
        return [turn.failed or _processed(turn.id, [next(kept) for _ in turn.made]) for turn in some]
    except _OF_ONE as error:
        if len(some) == 1:
            return [_failed(archive, some[0].id, error)]
        return [done for one in some for done in _kept(archive, [one], opened)]


def _failed(archive: Archive, id_: str, error: Exception) -> Processed:
    if isinstance(error, FileroomError):
        return Processed(id_, reason=_told(str(error)), failure=_failure(archive, id_, error))
    _log.debug("the processor failed", exc_info=error)
    # The type only: its text may tell of a patient.
    why = f"the processor failed: {type(error).__name__}"
    return Processed(id_, reason=why, failure=ProcessFailure.FAILED)


def _told(reason: str) -> str:
    """Return a reason as it can be kept, whatever the processor wrote."""
    return reason.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", " ")[:_REASON]


def _failure(archive: Archive, id_: str, error: Exception) -> ProcessFailure:
    match error:
        case NotSupportedError():
            return ProcessFailure.UNSUPPORTED
        case NotFoundError() if archive.index.get([id_])[0] is None:
            return ProcessFailure.GONE
        case RevisionError() | MissingDependencyError():
            return ProcessFailure.FAILED
        case _:
            return ProcessFailure.DAMAGED


def _processed(id_: str, kept: Iterable[list[Attachment]]) -> Processed:
    attached, made = [], []
    for one in itertools.chain.from_iterable(kept):
        if one.content_type == DICOM.number:
            made.append(one.resource.id)
        else:
            attached.append(one.record)
    return Processed(id_, tuple(attached), made=tuple(made))


def _page(ids: Iterator[str]) -> tuple[str, ...]:
    return tuple(itertools.islice(ids, _PAGE))
