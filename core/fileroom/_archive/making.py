"""Running a processor on one resource."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fileroom.attachments import Attachment
from fileroom.content_types import DICOM
from fileroom.errors import (
    IntegrityError,
    InvalidDatasetError,
    NotFoundError,
    NotSupportedError,
    StorageError,
)
from fileroom.model import Level
from fileroom.plugin import Takes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from fileroom._plugins.processors import Opened
    from fileroom.archive import Archive
    from fileroom.index import Details
    from fileroom.model import AttachmentRecord
    from fileroom.processing import Product
    from fileroom.resources import Resource

    _Whose: TypeAlias = "tuple[str, Level]"

_TOGETHER = 16
"""Instances looked at together: what was seen of the last is as old as the work on all takes."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a processor made of an instance.

    Attributes:
        id: whose the products are: the instance, or a resource above it.
        level: its level.
        source: the instance.
        before: its DICOM file, as it was read.
        products: what was made.
        beside: other instances of which they tell, with their DICOM files.
    """

    id: str
    level: Level
    source: str
    before: AttachmentRecord
    products: Sequence[Product]
    beside: tuple[tuple[str, AttachmentRecord], ...] = ()

    @property
    def sources(self) -> tuple[tuple[str, AttachmentRecord], ...]:
        """All instances that were read, each with its DICOM file."""
        return ((self.source, self.before), *self.beside)


def look(archive: Archive, ids: Sequence[str]) -> dict[str, Details]:
    """Look at many resources at once, which costs a tenth of looking at each by itself.

    Returns:
        What was seen of the instances among them, which alone have a DICOM file.
    """
    seen = zip(ids, archive.index.details(ids), strict=True)
    return {id_: details for id_, details in seen if details is not None and _dicom(details)}


def make(archive: Archive, id_: str, opened: Opened, seen: Details | None = None) -> Iterator[Made]:
    """Run a processor on a resource; yield what it makes, by whose it is.

    Args:
        archive: the archive.
        id_: the resource.
        opened: the processor.
        seen: what `look` has seen of the resource, if that is an instance; it may be a while ago.

    Raises:
        NotFoundError: there is no such resource.
        NotSupportedError, InvalidDatasetError: the processor cannot make anything of it.
    """
    seen = seen or look(archive, [id_]).get(id_)
    if seen is not None:
        yield _made_of(archive, (id_, Level.INSTANCE), id_, opened, seen)
        return
    resource = archive.get(id_)
    whose = (id_, resource.level)
    if opened.takes is Takes.EACH and resource.level is not Level.INSTANCE:
        beneath = iter(archive.within(id_, Level.INSTANCE))
        for some in iter(lambda: [one.id for one in itertools.islice(beneath, _TOGETHER)], []):
            looked = look(archive, some)
            for each in some:
                yield _made_of(archive, (each, Level.INSTANCE), each, opened, looked.get(each))
    elif opened.takes is Takes.SERIES and resource.level < Level.SERIES:
        yield _combined(archive, whose, opened)
    else:
        yield _made_of(archive, whose, _middle(archive, resource), opened)


def _made_of(
    archive: Archive, whose: _Whose, source: str, opened: Opened, seen: Details | None = None
) -> Made:
    if seen is not None:
        try:
            return _made_from(archive, whose, source, opened, seen)
        except (NotFoundError, StorageError, IntegrityError):
            # What was seen may have been replaced since, and its bytes be gone.
            if archive.details(source) == seen:
                raise
    return _made_from(archive, whose, source, opened, archive.details(source))


def _made_from(archive: Archive, whose: _Whose, source: str, opened: Opened, details: Details) -> Made:
    records = {one.content_type: one for one in details.attachments}
    before = Attachment(archive, source, records[DICOM.number])
    used = {name: archive.content_types.resolve(name).number for name in opened.processor.uses}
    kept = {
        name: Attachment(archive, source, records[number]).read()
        for name, number in used.items()
        if number in records
    }
    with before.open() as file:
        products = opened.process(file, kept)
    return Made(*whose, source, before.record, products)


def _combined(archive: Archive, whose: _Whose, opened: Opened) -> Made:
    """Combine what is made of each series; series of which nothing can be made are left out."""
    parts: list[Made] = []
    refusal: NotSupportedError | InvalidDatasetError | None = None
    for series in archive.within(whose[0], Level.SERIES):
        try:
            parts.append(_made_of(archive, whose, _middle(archive, series), opened))
        except (NotSupportedError, InvalidDatasetError) as error:
            refusal = refusal or error
    if not parts:
        raise refusal or NotSupportedError("there is no series to make anything of")
    products = opened.combine([one.products for one in parts])
    beside = tuple((one.source, one.before) for one in parts[1:])
    return replace(parts[0], products=products, beside=beside)


def _dicom(details: Details) -> bool:
    return any(one.content_type == DICOM.number for one in details.attachments)


def _middle(archive: Archive, resource: Resource) -> str:
    if resource.level is Level.INSTANCE:
        return resource.id
    instances = archive.within(resource.id, Level.INSTANCE)
    return next(itertools.islice(instances, instances.count() // 2, None)).id
