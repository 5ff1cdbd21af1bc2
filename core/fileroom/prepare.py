"""Everything an object goes through before the commit: header, interventions, bytes made durable.

A `Preparer` touches the storage and the quarantine, never the index. So it may as well live in a worker
process (`fileroom.worker`), which is how an import uses more than one core.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from fileroom.content_types import DICOM
from fileroom.digests import Hashing
from fileroom.errors import InvalidDatasetError, NotDicomError, PluginError
from fileroom.events import Accept, Incoming, Quarantine, Reject, Replace
from fileroom.header import HeaderReader
from fileroom.index import Entry, Overwrite
from fileroom.keys import batch_keys, naming_of
from fileroom.model import AttachmentRecord, Header, Level
from fileroom.quarantine import Quarantine as QuarantineStore
from fileroom.reports import Outcome, Status
from fileroom.sources import Candidate
from fileroom.storage import PutItem, buffers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fileroom._dispatch import Dispatch
    from fileroom.config import Config
    from fileroom.index import Held
    from fileroom.storage import Storage
    from fileroom.tags import TagSet

WHOLE = 64 << 10
"""Up to this many bytes an object is read once, whole; of a larger one first the header, later the rest."""

_DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")


@dataclass(frozen=True, slots=True)
class Seen:
    """What reading a candidate's header told: an instance's id and stamp, or the final outcome."""

    id: str = ""
    stamp: int = 0
    outcome: Outcome | None = None


Prepared: TypeAlias = Entry | Outcome
"""An instance ready to commit, or the final outcome of one that is not."""


class SourceFailedError(Exception):
    """A candidate could not be read to its end; internal, ends as an outcome."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


class BatchLostError(Exception):
    """Who prepared a batch is gone, and what it knew of it; internal: the batch is started anew."""


@dataclass(slots=True)
class Work:
    """One candidate between header and bytes.

    Attributes:
        candidate: where it comes from.
        header: what it is.
        data: the bytes, if they were read whole.
        algorithm: of the digest to record, where that must be comparable to what the index holds; empty for
            the one that is configured.
        labels: what interventions gave it.
    """

    candidate: Candidate
    header: Header
    data: bytes | None
    algorithm: str = ""
    labels: tuple[str, ...] = ()


class Preparer:
    """Takes batches of candidates up to the commit; one batch at a time.

    What keeping an object means is in four methods, `_replaced`, `_keep`, `_ignored` and `_set_aside`, for
    `fileroom.registering.Registrar` keeps files where they lie.
    """

    here = True
    """See `fileroom.ingest.Prepares`."""

    _copies = True
    """Whether the storage keeps bytes of its own, and not somebody else's file."""

    def __init__(self, config: Config, plugins: Dispatch, storage: Storage, tags: TagSet) -> None:
        self._reader = HeaderReader(tags)
        self._storage = storage
        self._quarantine = QuarantineStore(config.quarantine)
        self._interventions = plugins.interventions
        self._digest = config.ingest.digest
        self._overwrite = config.ingest.overwrite
        self._quota = config.quota
        self._batch: list[Work | None] = []

    def read(self, candidates: Sequence[Candidate]) -> list[Seen]:
        """Read the candidates' headers; damaged objects go to the quarantine here."""
        self._batch = []
        seen = []
        for candidate in candidates:
            work, result = self._read(candidate)
            self._batch.append(work)
            seen.append(result)
        return seen

    def _read(self, candidate: Candidate) -> tuple[Work | None, Seen]:
        data = None
        try:
            with candidate.open() as file:
                if candidate.size is not None and candidate.size <= WHOLE:
                    data = file.read(WHOLE + 1)
                    header = self._reader.read(data)
                else:
                    header = self._reader.read(file)
        except OSError as error:
            return None, Seen(outcome=_unreadable(candidate, error))
        except NotDicomError as error:
            if data != b"" and candidate.name.lower().endswith(_DICOM_SUFFIXES):
                return None, Seen(outcome=self._set_aside(candidate, data, str(error)))
            return None, Seen(outcome=self._ignored(candidate, str(error)))
        except InvalidDatasetError as error:
            return None, Seen(outcome=self._set_aside(candidate, data, str(error)))
        work = Work(candidate, header, data)
        return work, Seen(_id(work), candidate.stamp)

    def put(self, held: Sequence[Held | None], skip: Sequence[bool]) -> list[Prepared | None]:
        """Make the batch's bytes durable, but for those to skip (None is returned for them).

        ``held`` tells what the index has under each id; equal bytes are recognised before they are
        written. Interventions run here, in their order.

        Raises:
            StorageError: the storage failed; nothing of the batch is visible.
        """
        results: list[Prepared | None] = [None] * len(self._batch)
        todo: list[tuple[int, Work]] = []
        for position, (work, known, skipped) in enumerate(zip(self._batch, held, skip, strict=True)):
            if work is None or skipped:
                continue
            decided = self._intervene(work)
            if isinstance(decided, Work) and known is not None and _id(decided) == _id(work):
                decided = self._compare(decided, known)
            if isinstance(decided, Work):
                decided = self._fitting(decided)
            if isinstance(decided, Outcome):
                results[position] = decided
            else:
                todo.append((position, decided))
        for position, prepared in self._keep(todo):
            results[position] = prepared
        self._batch = []
        return results

    def close(self) -> None:
        """Nothing to release: the storage and the quarantine belong to the archive."""

    def _intervene(self, work: Work) -> Work | Outcome:
        candidate = work.candidate
        labels = dict.fromkeys(candidate.labels)
        for intervention in self._interventions:
            data = work.data
            opener = candidate.open if data is None else functools.partial(io.BytesIO, data)
            size = candidate.size if data is None else len(data)
            try:
                decision = intervention.decide(Incoming(work.header, size, opener))
                if isinstance(decision, Replace):
                    replaced = self._replaced(candidate, decision.data)
                    if isinstance(replaced, Outcome):
                        return replaced
                    work = replaced
            except PluginError as error:
                return self._set_aside(candidate, None, str(error))
            except InvalidDatasetError as error:
                reason = f"intervention {intervention.name!r} made an unusable object: {error}"
                return self._set_aside(candidate, None, reason)
            if isinstance(decision, Reject):
                return Outcome(Status.REJECTED, candidate.name, None, decision.reason, size or 0)
            if isinstance(decision, Quarantine):
                return self._set_aside(candidate, None, decision.reason)
            if isinstance(decision, Accept):
                labels |= dict.fromkeys(decision.labels)
        work.labels = tuple(labels)
        return work

    def _replaced(self, candidate: Candidate, data: bytes) -> Work | Outcome:
        return Work(candidate, self._reader.read(data), data)

    def _compare(self, work: Work, held: Held) -> Work | Outcome:
        """Tell equal from different bytes before any are written."""
        if self._overwrite is Overwrite.ALWAYS:
            return work
        algorithm = held.digest.partition(":")[0]
        try:
            size, digest = self._measured(work, algorithm)
        except SourceFailedError as error:
            return failed(work, error)
        id_ = _id(work)
        if digest == held.digest and held.external and self._copies:
            # The commit has only the digests to tell by that this is the same.
            work.algorithm = algorithm
            return work
        if digest == held.digest:
            return Outcome(Status.ALREADY_STORED, work.candidate.name, id_, "", size, digest, held.digest)
        if self._overwrite is Overwrite.NEVER:
            return conflict(Outcome(Status.CONFLICT, work.candidate.name, id_, "", size, digest, held.digest))
        return work

    def _fitting(self, work: Work) -> Work | Outcome:
        """Refuse what is larger than the quota, as far as its size is known before it is read."""
        size = (work.candidate.size or 0) if work.data is None else len(work.data)
        refusal = self._quota.refusal(size)
        return Outcome(Status.REJECTED, work.candidate.name, None, refusal, size) if refusal else work

    def _keep(self, todo: list[tuple[int, Work]]) -> Iterator[tuple[int, Prepared]]:
        """Put the batch in one call; a source that fails is taken out, and the others are put again."""
        named = self._storage.capabilities.naming
        while todo:
            keys = batch_keys(len(todo))
            hashers = [
                Hashing(work.algorithm or self._digest, self._pieces(work, i))
                for i, (_, work) in enumerate(todo)
            ]
            items = [
                PutItem(
                    key,
                    hasher,
                    naming_of(work.header) if named else {},
                    Level.INSTANCE,
                    DICOM.number,
                    work.candidate.size if work.data is None else len(work.data),
                )
                for key, hasher, (_, work) in zip(keys, hashers, todo, strict=True)
            ]
            try:
                stored = self._storage.put_many(items)
            except SourceFailedError as error:
                position, work = todo.pop(error.position)
                yield position, failed(work, error)
                continue
            for key, hasher, one, (position, work) in zip(keys, hashers, stored, todo, strict=True):
                record = AttachmentRecord(
                    DICOM.number, key, one.size, hasher.digest, one.locator, one.size, hasher.digest
                )
                yield position, Entry(work.header, record, work.candidate.stamp, labels=work.labels)
            return

    def _measured(self, work: Work, algorithm: str) -> tuple[int, str]:
        """Return size and digest; raises `SourceFailedError`."""
        hashing = Hashing(algorithm, self._pieces(work, 0))
        return sum(map(len, hashing)), hashing.digest

    def _pieces(self, work: Work, position: int) -> Iterator[bytes | memoryview]:
        if work.data is not None:
            yield work.data
            return
        try:
            with work.candidate.open() as file:
                size = 0
                for piece in buffers(file):
                    size += len(piece)
                    if refusal := self._quota.refusal(size):
                        raise SourceFailedError(position, refusal)
                    yield piece
                if work.candidate.changed(file) or work.candidate.size not in (None, size):
                    raise SourceFailedError(position, "changed while it was read: try again")
        except OSError as error:
            raise SourceFailedError(position, _os_reason(error)) from error

    def _ignored(self, candidate: Candidate, reason: str) -> Outcome:
        return Outcome(Status.IGNORED, candidate.name, None, reason, candidate.size or 0)

    def _set_aside(self, candidate: Candidate, data: bytes | None, reason: str) -> Outcome:
        try:
            if data is None:
                with candidate.open() as file:
                    entry = self._quarantine.add(file, reason, candidate.name)
            else:
                entry = self._quarantine.add(data, reason, candidate.name)
        except OSError as error:
            return _unreadable(candidate, error)
        return Outcome(
            Status.QUARANTINED, candidate.name, None, reason, entry.size, entry.digest, quarantine_id=entry.id
        )


MakesPreparer: TypeAlias = "Callable[[Config, Dispatch, Storage, TagSet], Preparer]"
"""A `Preparer` class, or what makes one; it can be pickled for a worker process."""


def conflict(outcome: Outcome) -> Outcome:
    """Give a conflicting outcome its reason, which names both digests."""
    reason = (
        f"other bytes are stored under these identifiers: offered {outcome.digest}, "
        f"kept {outcome.held_digest}; [ingest] overwrite = 'if-changed' in the configuration would replace "
        "them"
    )
    return replace(outcome, reason=reason)


def _id(work: Work) -> str:
    return work.header.identity.public_id(Level.INSTANCE)


def failed(work: Work, error: SourceFailedError) -> Outcome:
    """Return the outcome of what could not be read to its end."""
    return Outcome(Status.REJECTED, work.candidate.name, None, error.reason, work.candidate.size or 0)


def _os_reason(error: OSError) -> str:
    return f"cannot be read: {error.strerror or type(error).__name__}"


def _unreadable(candidate: Candidate, error: OSError) -> Outcome:
    return Outcome(Status.REJECTED, candidate.name, None, _os_reason(error), candidate.size or 0)
