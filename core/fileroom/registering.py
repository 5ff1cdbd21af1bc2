"""Files registered where they lie: the store path with nothing to store.

Nothing is copied, changed, moved or deleted, and nothing comes into the quarantine. A registered file is
somebody else's, and its locator says so (`fileroom.storage.external_locator`); but one in the storage's own
folder gets the storage's own locator.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from fileroom._files import read_head
from fileroom._sources.zip_source import HEAD, is_zip
from fileroom.content_types import DICOM
from fileroom.errors import InvalidValueError
from fileroom.index import Entry
from fileroom.keys import batch_keys
from fileroom.maintenance import mark
from fileroom.model import AttachmentRecord, Level
from fileroom.prepare import Preparer, SourceFailedError, failed
from fileroom.reports import Outcome, Status
from fileroom.storage import external_locator, external_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fileroom._dispatch import Dispatch
    from fileroom.config import Config
    from fileroom.index import Held, Index
    from fileroom.ingest import Prepares
    from fileroom.prepare import Prepared, Seen, Work
    from fileroom.sources import Candidate
    from fileroom.storage import Storage
    from fileroom.tags import TagSet


class Registrar(Preparer):
    """Takes batches of plain files up to the commit, and leaves each where it lies.

    Args:
        new: what the entries' ``new`` is to be.
    """

    _copies = False

    def __init__(
        self, config: Config, plugins: Dispatch, storage: Storage, tags: TagSet, *, new: bool = True
    ) -> None:
        super().__init__(config, plugins, storage, tags)
        self._new = new

    def _keep(self, todo: list[tuple[int, Work]]) -> Iterator[tuple[int, Prepared]]:
        for key, (position, work) in zip(batch_keys(len(todo)), todo, strict=True):
            try:
                locator = _locator(self._storage, work.candidate)
                size, digest = self._measured(work, self._digest)
            except InvalidValueError as error:
                yield position, _rejected(work.candidate, str(error))
            except SourceFailedError as error:
                yield position, failed(work, error)
            else:
                record = AttachmentRecord(DICOM.number, key, size, digest, locator, size, digest)
                yield (
                    position,
                    Entry(work.header, record, work.candidate.stamp, new=self._new, labels=work.labels),
                )

    def _replaced(self, candidate: Candidate, data: bytes) -> Outcome:
        del data
        return _rejected(candidate, "an intervention would change the file: import it instead")

    def _ignored(self, candidate: Candidate, reason: str) -> Outcome:
        with contextlib.suppress(OSError):
            if is_zip(read_head(str(_path(candidate)), HEAD)):
                return _rejected(candidate, "a ZIP file: import it instead")
        return super()._ignored(candidate, reason)

    def _set_aside(self, candidate: Candidate, data: bytes | None, reason: str) -> Outcome:
        del data
        return _rejected(candidate, reason)


class Owners:
    """Knows to which resource each object in a storage belongs; found out when first asked."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._owners: dict[bytes, str] | None = None

    def may_have(self, entry: Entry) -> bool:
        """Say whether an entry's file is that of no other resource."""
        locator = entry.attachment.locator
        if external_path(locator) is not None:
            return True
        id_ = entry.header.identity.public_id(Level.INSTANCE)
        return self._owned().get(mark(locator), id_) == id_

    def _owned(self) -> dict[bytes, str]:
        with self._lock:
            if self._owners is None:
                self._owners = {
                    mark(record.locator): id_ if record.content_type == DICOM.number else ""
                    for id_, record in self._index.attachments()
                    if external_path(record.locator) is None
                }
            return self._owners


class Guarded:
    """A preparer that is kept off files which belong to other resources of the archive.

    Two rows that led to one stored file would each, when deleted, take the other's bytes.
    """

    def __init__(self, preparer: Prepares, owners: Owners) -> None:
        self._preparer = preparer
        self._owners = owners
        self._candidates: Sequence[Candidate] = ()

    @property
    def here(self) -> bool:
        """Whether the batch in hand is prepared in this process."""
        return self._preparer.here

    def read(self, candidates: Sequence[Candidate]) -> list[Seen]:
        """Read headers."""
        self._candidates = candidates
        return self._preparer.read(candidates)

    def put(self, held: Sequence[Held | None], skip: Sequence[bool]) -> list[Prepared | None]:
        """Measure the files."""
        prepared = self._preparer.put(held, skip)
        return [
            _rejected(candidate, "it belongs to another resource of this archive: import it instead")
            if isinstance(one, Entry) and not self._owners.may_have(one)
            else one
            for candidate, one in zip(self._candidates, prepared, strict=True)
        ]

    def close(self) -> None:
        """End."""
        self._preparer.close()


def _locator(storage: Storage, candidate: Candidate) -> str:
    path = _path(candidate)
    return storage.locator_of(path) or external_locator(path)


def _path(candidate: Candidate) -> Path:
    assert candidate.path is not None
    return candidate.path


def _rejected(candidate: Candidate, reason: str) -> Outcome:
    return Outcome(Status.REJECTED, candidate.name, None, reason, candidate.size or 0)
