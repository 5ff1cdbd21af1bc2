"""Quotas: what an archive lets go of, so that it never holds more than ``[quota]`` says.

Studies are counted as a whole, and bytes for each study, as dcmqrscp does: where there is one study too many,
the one goes whose newest instance is the oldest; where a study has too many bytes, its oldest instances go.
What goes is deleted like anything else, after the commit that was one too many. A process that dies between
the two leaves that to whoever stores next.
"""

from __future__ import annotations

import logging
import re
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fileroom.content_types import DICOM
from fileroom.errors import NotFoundError
from fileroom.index import CommitStatus
from fileroom.model import Level
from fileroom.query import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from fileroom.index import Committed, Entry, Index
    from fileroom.reports import DeleteReport

__all__ = ["QuotaOptions", "Retention", "format_size", "parse_size"]

_SIZE = re.compile(r"([0-9]{1,4000}) ?(b|kb|mb|gb)", re.IGNORECASE)
_MOST = (1 << 63) - 1
_UNITS = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}

_log = logging.getLogger("fileroom.retention")


def parse_size(text: str) -> int:
    """Return the number of bytes that a text such as ``"1024mb"`` stands for; a kb has 1024 bytes.

    Raises:
        ValueError: it is no whole number followed by ``b``, ``kb``, ``mb`` or ``gb``.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError('a size is a whole number and b, kb, mb or gb, for example "1024mb"')
    return int(match[1]) * _UNITS[match[2].lower()]


def format_size(size: int) -> str:
    """Write a number of bytes as `parse_size` reads it, in the largest unit that gives a whole number."""
    return next(f"{size // unit}{name}" for name, unit in reversed(_UNITS.items()) if size % unit == 0)


@dataclass(frozen=True, slots=True)
class QuotaOptions:
    """What ``[quota]`` says.

    Attributes:
        max_studies: how many studies the archive may hold, at least 1; None for any number.
        max_bytes: how many bytes the DICOM files of one study may have together, 1 to 2**63 - 1: a number, or
            a text that `parse_size` reads; None for any number. An object that is larger is refused.
    """

    max_studies: int | None = None
    max_bytes: int | str | None = None

    def __post_init__(self) -> None:
        if self.max_studies is not None and self.max_studies < 1:
            raise ValueError("max_studies must be at least 1")
        try:
            size = self.study_bytes
        except ValueError as error:
            raise ValueError(f"max_bytes: {error}") from None
        if size is not None and not 1 <= size <= _MOST:
            raise ValueError(f"max_bytes must be 1 to {_MOST}")

    @property
    def study_bytes(self) -> int | None:
        """``max_bytes`` as a number."""
        return parse_size(self.max_bytes) if isinstance(self.max_bytes, str) else self.max_bytes

    def refusal(self, size: int) -> str:
        """Return why an object of so many bytes cannot be stored, or an empty text."""
        limit = self.study_bytes
        if limit is None or size <= limit:
            return ""
        return f"larger than a study may be: {size} bytes, and [quota] max_bytes is {limit}"


class Retention:
    """Keeps one archive within its quotas. Several processes may do so at once.

    Attributes:
        options: the quotas.
        evicted: instances that had to go so far.
    """

    def __init__(
        self, options: QuotaOptions, index: Index, delete: Callable[[Sequence[str]], DeleteReport]
    ) -> None:
        self.options = options
        self.evicted = 0
        self._index = index
        self._delete = delete
        self._lock = threading.Lock()

    def enforce(self, entries: Sequence[Entry], committed: Sequence[Committed]) -> None:
        """Let go of what is too much after a commit. Costs nothing without a quota.

        What was stored last in a batch stays: a study goes only if it is older than all that the batch
        stored into, and those only if they are too many by themselves, the first ones first; likewise the
        instances of a study. Resources that somebody else removes at the same time are no error.

        Raises:
            CatalogError: the index failed; what is too much goes after the next commit.
        """
        if self.options == QuotaOptions():
            return
        stored: dict[str, list[str]] = {}  # study to instances, both in the order of their last arrival
        for entry, one in zip(entries, committed, strict=True):
            if one.status in (CommitStatus.STORED, CommitStatus.REPLACED):
                study = entry.header.identity.public_id(Level.STUDY)
                stored[study] = [*stored.pop(study, []), one.id]
        if not stored:
            return
        with self._lock:
            self._evict(self._studies(list(stored)), Level.STUDY)
            for study, instances in stored.items():
                self._evict(self._instances(study, instances), Level.INSTANCE)

    def _studies(self, stored: Sequence[str]) -> list[str]:
        """Return the studies that are too many."""
        limit = self.options.max_studies
        if limit is None or (excess := self._index.statistics().studies - limit) <= 0:
            return []
        oldest = self._index.oldest_studies(excess + len(stored))
        # Counted anew: what another process let go of meanwhile must not be made up for with another study.
        excess = self._index.statistics().studies - limit
        recent = set(stored)
        victims = [id_ for id_ in oldest if id_ not in recent]
        return [*victims, *stored[:-1]][: max(0, excess)]

    def _instances(self, study: str, stored: Sequence[str]) -> list[str]:
        """Return the instances of a study that are too many."""
        limit = self.options.study_bytes
        if limit is None or self._index.statistics().bytes <= limit:
            return []
        held = list(self._held(study))
        excess = sum(size for _, _, size in held) - limit
        last = {id_: position for position, id_ in enumerate(stored, 1)}
        held.sort(key=lambda one: (last.get(one[0], 0), one[1]))
        victims = []
        for id_, _, size in held[:-1]:
            if excess <= 0:
                break
            victims.append(id_)
            excess -= size
        return victims

    def _held(self, study: str) -> Iterator[tuple[str, datetime, int]]:
        """Yield id, time of receipt and size of each instance of a study, in order of arrival."""
        query = Query(Level.INSTANCE, within=study)
        while True:
            page = self._index.find(query)
            details = self._index.details([record.id for record in page.records])
            for record, one in zip(page.records, details, strict=True):
                if one is not None:
                    files = (file.size for file in one.attachments if file.content_type == DICOM.number)
                    yield record.id, record.received, sum(files)
            if page.cursor is None:
                return
            query = replace(query, cursor=page.cursor)

    def _evict(self, ids: Sequence[str], level: Level) -> None:
        for report in self._deleted(ids) if ids else ():
            for label, id_ in report.removed:
                self.evicted += label == Level.INSTANCE.label
                if label == level.label:
                    _log.info("over the quota, removed: %s %s", label, id_)

    def _deleted(self, ids: Sequence[str]) -> Iterator[DeleteReport]:
        try:
            yield self._delete(ids)
        except NotFoundError:  # another process was faster with one of them
            for id_ in ids:
                with suppress(NotFoundError):
                    yield self._delete([id_])
