"""Looking at attachments, and asking the storage where each belongs."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fileroom._index.owning import ArchiveItself
from fileroom._migrating.job import pages
from fileroom.errors import NotFoundError
from fileroom.maintenance import mark
from fileroom.model import ARCHIVE_ID, Level
from fileroom.query import Query
from fileroom.resources import Resource
from fileroom.storage import Traits, is_external

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom._index.owning import Owner
    from fileroom.archive import Archive
    from fileroom.model import AttachmentRecord, ResourceRecord

_PAGE = 500


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """An attachment that was looked at.

    Attributes:
        owner: what it belongs to.
        record: what the index says of it.
        tier: where its bytes lie; None for a file registered where it lies.
        to: where they belong.
        trouble: why neither could be told, or nothing.
    """

    owner: Owner
    record: AttachmentRecord
    tier: str | None = None
    to: str | None = None
    trouble: str = ""


def look(archive: Archive, resources: Iterable[Resource | str] | None, to: str | None) -> Iterator[Seen]:
    """Yield all attachments, or those of resources and of all beneath them, each once.

    Args:
        archive: where.
        resources: handles or public ids; None for everything.
        to: the tier that they belong in; None leaves that to the storage.

    Raises:
        NotFoundError: one of the resources is not there.
    """
    now = datetime.now(UTC)
    found: Iterator[tuple[Owner, AttachmentRecord]]
    found = _everything(archive) if resources is None else _beneath(archive, resources)
    return (_seen(archive, owner, record, to, now) for owner, record in found)


def _seen(archive: Archive, owner: Owner, record: AttachmentRecord, to: str | None, now: datetime) -> Seen:
    if is_external(record.locator):
        return Seen(owner, record)
    try:
        tier = archive.storage.tier_of(record.locator)
    except NotFoundError as error:
        return Seen(owner, record, trouble=str(error))
    # What is the archive's own is as good as new: it is in use for as long as there is an archive.
    since = now if isinstance(owner, ArchiveItself) else owner.received
    age = max(0.0, (now - since).total_seconds())
    traits = Traits(record.stored_size, owner.level, record.content_type, age)
    return Seen(owner, record, tier, to or archive.storage.tier_for(traits))


def _everything(archive: Archive) -> Iterator[tuple[Owner, AttachmentRecord]]:
    walk = archive.index.attachments()
    while page := list(itertools.islice(walk, _PAGE)):
        ids = list(dict.fromkeys(id_ for id_, _ in page))
        owners: dict[str, Owner | None] = dict(zip(ids, archive.index.get(ids), strict=True))
        owners[ARCHIVE_ID] = ArchiveItself()
        for id_, record in page:
            if owner := owners[id_]:  # or it was deleted meanwhile
                yield owner, record


def _beneath(
    archive: Archive, resources: Iterable[Resource | str]
) -> Iterator[tuple[ResourceRecord, AttachmentRecord]]:
    seen: set[bytes] = set()
    owners = itertools.chain.from_iterable(_family(archive, one) for one in resources)
    while page := list(itertools.islice(owners, _PAGE)):
        new = {owner.id: owner for owner in page if mark(owner.id) not in seen}
        seen.update(map(mark, new))
        for owner, one in zip(new.values(), archive.index.details(list(new)), strict=True):
            yield from ((owner, record) for record in (one.attachments if one else ()))


def _family(archive: Archive, resource: Resource | str) -> Iterator[ResourceRecord]:
    """Yield a resource and all beneath it, level by level."""
    record = archive.fetch(resource.id if isinstance(resource, Resource) else resource)
    yield record
    for level in Level:
        if level > record.level:
            for page in pages(archive.index, Query(level, within=record.id)):
                yield from page
