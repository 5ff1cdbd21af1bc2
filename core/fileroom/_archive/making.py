"""Running a processor on one resource."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fileroom.attachments import Attachment
from fileroom.content_types import DICOM
from fileroom.errors import InvalidDatasetError, NotSupportedError
from fileroom.model import Level
from fileroom.plugin import Takes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom._plugins.processors import Opened
    from fileroom.archive import Archive
    from fileroom.model import AttachmentRecord
    from fileroom.processing import Product
    from fileroom.resources import Resource


@dataclass(frozen=True, slots=True)
class Made:
    """What a processor made of an instance.

    Attributes:
        id: whose the products are: the instance, or a resource above it.
        level: its level.
        source: the instance.
        before: its DICOM file, as it was read.
        products: what was made.
    """

    id: str
    level: Level
    source: str
    before: AttachmentRecord
    products: Sequence[Product]


def make(archive: Archive, id_: str, opened: Opened) -> Iterator[Made]:
    """Run a processor on a resource; yield what it makes, by whose it is.

    Raises:
        NotFoundError: there is no such resource.
        NotSupportedError, InvalidDatasetError: the processor cannot make anything of it.
    """
    resource = archive.get(id_)
    if opened.takes is Takes.EACH and resource.level is not Level.INSTANCE:
        for instance in archive.within(id_, Level.INSTANCE):
            yield _made_of(archive, instance, instance.id, opened)
    elif opened.takes is Takes.SERIES and resource.level < Level.SERIES:
        yield _combined(archive, resource, opened)
    else:
        yield _made_of(archive, resource, _middle(archive, resource), opened)


def _made_of(archive: Archive, whose: Resource, source: str, opened: Opened) -> Made:
    # One look into the index: it costs as much as many a processor does.
    records = {one.content_type: one for one in archive.details(source).attachments}
    before = Attachment(archive, source, records[DICOM.number])
    processor = opened.processor
    used = {name: archive.content_types.resolve(name).number for name in processor.uses}
    kept = {
        name: Attachment(archive, source, records[number]).read()
        for name, number in used.items()
        if number in records
    }
    with before.open() as file:
        products = opened.process(file, kept)
    return Made(whose.id, whose.level, source, before.record, products)


def _combined(archive: Archive, whose: Resource, opened: Opened) -> Made:
    """Make one answer of those for all series, those aside for which there is none."""
    parts: list[Made] = []
    refusal: NotSupportedError | InvalidDatasetError | None = None
    for series in archive.within(whose.id, Level.SERIES):
        try:
            parts.append(_made_of(archive, whose, _middle(archive, series), opened))
        except (NotSupportedError, InvalidDatasetError) as error:
            refusal = refusal or error
    if not parts:
        raise refusal or NotSupportedError("there is no series to make anything of")
    products = opened.combine([one.products for one in parts])
    return replace(parts[0], products=products)


def _middle(archive: Archive, resource: Resource) -> str:
    if resource.level is Level.INSTANCE:
        return resource.id
    instances = archive.within(resource.id, Level.INSTANCE)
    return next(itertools.islice(instances, instances.count() // 2, None)).id
