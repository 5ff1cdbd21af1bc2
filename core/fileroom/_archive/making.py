"""Running a processor on one resource, and keeping what it makes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fileroom._attachments.following import moved
from fileroom.attachments import Attachment, put_attachment
from fileroom.content_types import DICOM
from fileroom.errors import InvalidDatasetError, NotSupportedError, RevisionError
from fileroom.header import HeaderReader
from fileroom.index import SetMetadata
from fileroom.model import Level
from fileroom.plugin import Takes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom._plugins.processors import Opened
    from fileroom.archive import Archive
    from fileroom.model import AttachmentRecord
    from fileroom.processing import Product
    from fileroom.resources import Resource

MADE_FROM = "made-from"
"""Metadata of an instance that a processor made: the public id of the instance it was made of."""

MADE_BY = "made-by"
"""Metadata of such an instance: the processor's name."""

MADE_INTO = "made-into"
"""Metadata of an instance of which others were made: their public ids, joined by commas."""

MADE = "-made"
"""Ends the name of the metadata that tell when a product with metadata was made: ``conformance-made``."""

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Made:
    """What a processor made of an instance.

    Attributes:
        id: whose the products are: the instance, or a resource above it.
        source: the instance.
        before: its DICOM file, as it was read.
        products: what was made.
    """

    id: str
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
            yield _made_of(archive, instance.id, instance.id, opened)
    elif opened.takes is Takes.SERIES and resource.level < Level.SERIES:
        yield _combined(archive, id_, opened)
    else:
        yield _made_of(archive, id_, _middle(archive, resource), opened)


def keep(archive: Archive, made: Made, name: str) -> list[Attachment]:
    """Attach products to whose they are, and store those that are new objects.

    Returns:
        What was attached; of a new object, the DICOM file of its instance.

    Raises:
        RevisionError: the instance was replaced meanwhile; nothing was kept.
        RejectedError: a new object could not be stored.
        InvalidDatasetError: a new object has the identifiers of what it was made of.
    """
    now = archive.get(made.source).attachments["dicom"].record
    if now != made.before and not moved(made.before, now):
        raise RevisionError("the instance was replaced while it was processed: process it again")
    kept = []
    for product in made.products:
        if product.is_new_object:
            kept.append(_stored(archive, made, product, name))
            continue
        content_type = archive.content_types.resolve(product.content_type)
        kept.append(put_attachment(archive, made.id, content_type.number, product.data))
        if product.metadata:
            moment = {f"{content_type.name}{MADE}": datetime.now(UTC).isoformat(timespec="seconds")}
            archive.edit([SetMetadata(made.id, *one) for one in {**product.metadata, **moment}.items()])
    return kept


def make_and_keep(archive: Archive, id_: str, opened: Opened) -> list[Attachment]:
    """Run a processor on a resource and keep what it makes; errors as for `make` and `keep`."""
    return [one for made in make(archive, id_, opened) for one in keep(archive, made, opened.name)]


def _made_of(archive: Archive, id_: str, source: str, opened: Opened) -> Made:
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
        products = processor.process_with(file, kept) if kept else processor.process(file)
    return Made(id_, source, before.record, products)


def _combined(archive: Archive, id_: str, opened: Opened) -> Made:
    """Make one answer of those for all series, those aside for which there is none."""
    parts: list[Made] = []
    refusal: NotSupportedError | InvalidDatasetError | None = None
    for series in archive.within(id_, Level.SERIES):
        try:
            parts.append(_made_of(archive, id_, _middle(archive, series), opened))
        except (NotSupportedError, InvalidDatasetError) as error:
            refusal = refusal or error
    if not parts:
        raise refusal or NotSupportedError("there is no series to make anything of")
    first = parts[0]
    return Made(id_, first.source, first.before, opened.processor.combine([one.products for one in parts]))


def _middle(archive: Archive, resource: Resource) -> str:
    if resource.level is Level.INSTANCE:
        return resource.id
    instances = archive.within(resource.id, Level.INSTANCE)
    return next(itertools.islice(instances, instances.count() // 2, None)).id


def _stored(archive: Archive, made: Made, product: Product, name: str) -> Attachment:
    identity = HeaderReader(archive.tags).read(product.data).identity
    if identity.public_id(Level.INSTANCE) == made.source:
        raise InvalidDatasetError(
            f"the processor {name!r} made an object with the identifiers of its source: it must have others"
        )
    links = {**product.metadata, MADE_FROM: made.source, MADE_BY: name}
    with archive.index.unit():
        outcome = archive.store(product.data).check()
        assert outcome.id is not None
        archive.edit([SetMetadata(outcome.id, *one) for one in links.items()])
        _note(archive, made.source, outcome.id)
    return archive.get(outcome.id).attachments["dicom"]


def _note(archive: Archive, source: str, made: str) -> None:
    """Add to what an instance was made into, beside others who do."""
    metadata = archive.get(source).metadata
    for attempt in range(_TRIES):
        revision = metadata.revision(MADE_INTO)
        there = metadata.get(MADE_INTO, "").split(",") if revision else []
        if made in there:
            return
        try:
            metadata.set(MADE_INTO, ",".join((*there, made)), if_revision=revision)
        except RevisionError:
            if attempt == _TRIES - 1:
                raise
        else:
            return
