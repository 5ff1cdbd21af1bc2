"""Proof of what workers tell: this archive's own index shows it, or its log says what became of it since."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.ingest import BATCH_OBJECTS
from fileroom.model import ChangeType
from fileroom.reports import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fileroom._executing.taking import Taken
    from fileroom.index import Index
    from fileroom.model import AttachmentRecord
    from fileroom.reports import Processed

_PAGE = 1000
_MADE = {Status.STORED: ChangeType.NEW_INSTANCE, Status.REPLACED: ChangeType.REPLACED_INSTANCE}
_HELD = frozenset({*_MADE, Status.ALREADY_STORED, Status.CONFLICT})
_FILE_ENDS = frozenset({ChangeType.REPLACED_INSTANCE, ChangeType.DELETED})
_PRODUCT_ENDS = _FILE_ENDS | {ChangeType.UPDATED_ATTACHMENT}
_LOGGED = (*_PRODUCT_ENDS, ChangeType.NEW_INSTANCE)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of resources that one worker was sent to process.

    Attributes:
        resources: of each, up to the error.
        host: where it ran.
        error: what was in the way of the others.
    """

    resources: tuple[Processed, ...]
    host: str
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that was told, and that an index does not show (any more).

    Attributes:
        id: the resource.
        made: the change that made it so; None if it was so already.
        ends: the changes of which one must have followed; empty if none need.
    """

    id: str
    made: ChangeType | None
    ends: frozenset[ChangeType]

    def is_settled_by(self, logged: Sequence[ChangeType]) -> bool:
        """Say whether it is explained by what was logged of the resource, in that order."""
        if self.made is not None:
            if self.made not in logged:
                return False
            logged = logged[logged.index(self.made) + 1 :]
        return not self.ends or not self.ends.isdisjoint(logged)


def doubted_outcomes(index: Index, taken: Taken) -> Iterator[Doubt]:
    """Yield the outcomes of an import after which an index does not hold what it must."""
    told = [one for one in taken.outcomes if one.id is not None and one.status in _HELD]
    for start in range(0, len(told), BATCH_OBJECTS):
        some = told[start : start + BATCH_OBJECTS]
        held = index.held([one.id for one in some if one.id])
        for one in some:
            assert one.id is not None
            if one.id not in held or held[one.id].digest != one.held_digest:
                yield Doubt(one.id, _MADE.get(one.status), _FILE_ENDS)


def doubted_products(index: Index, done: Done) -> Iterator[Doubt]:
    """Yield the resources at which an index does not show what a processor is said to have attached."""
    instances = [id_ for one in done.resources for id_ in one.made]
    held = index.held(instances)
    for id_ in instances:
        if id_ not in held:
            yield Doubt(id_, None, frozenset({ChangeType.DELETED}))
    told = [one for one in done.resources if one.attachments]
    for one, details in zip(told, index.details([one.id for one in told]), strict=True):
        there = {} if details is None else {each.content_type: each for each in details.attachments}
        for made in one.attachments:
            found = there.get(made.content_type)
            if found is None or found.uuid != made.uuid:
                moved = found is not None and _version(found) == _version(made)
                ends: frozenset[ChangeType] = frozenset() if moved else _PRODUCT_ENDS
                yield Doubt(one.id, ChangeType.UPDATED_ATTACHMENT, ends)


def _version(record: AttachmentRecord) -> tuple[int, str]:
    return record.revision, record.digest


class Log:
    """The change log of an index, from the beginning of a run.

    Attributes:
        position: how far it is known to go; what is begun now is logged behind that.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self.position = index.changes(types=()).last

    def settles(self, doubts: Iterable[Doubt], since: int) -> bool:
        """Say whether what was logged behind a position explains all doubts."""
        open_doubts = list(doubts)
        if not open_doubts:
            return True
        logged: dict[str, list[ChangeType]] = defaultdict(list)
        ids = {one.id for one in open_doubts}
        while True:
            page = self._index.changes(since, _PAGE, _LOGGED)
            for change in page:
                if change.id in ids:
                    logged[change.id].append(change.type)
            since = page.last
            if page.done:
                break
        self.position = max(self.position, since)
        return all(one.is_settled_by(logged[one.id]) for one in open_doubts)
