"""Keeping what a processor made: attachments, and new objects with their links."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fileroom._attachments.following import moved
from fileroom._attachments.storing import put_all
from fileroom.attachments import Attachment
from fileroom.content_types import DICOM
from fileroom.errors import (
    AlreadyExistsError,
    InvalidDatasetError,
    NotFoundError,
    NotSupportedError,
    RevisionError,
)
from fileroom.header import HeaderReader
from fileroom.index import Attach, SetMetadata
from fileroom.ingest import still_there

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom._archive.making import Made
    from fileroom.archive import Archive
    from fileroom.index import Edit
    from fileroom.processing import Product

MADE_FROM = "made-from"
"""Metadata of an instance that a processor made: the public id of the instance it was made of."""

MADE_BY = "made-by"
"""Metadata of such an instance: the processor's name."""

MADE_INTO = "made-into"
"""Metadata of an instance of which others were made: their public ids, joined by commas."""

MADE = "-made"
"""Ends the name of the metadata that tell when a product with metadata was made: ``conformance-made``."""

_MADE_BY_LABEL = "made-by-"
_LABEL_LENGTH = 64
_TRIES = 20


def made_by_label(name: str) -> str:
    """Return the label of what a processor had a part in making, set in the transaction that stores it."""
    return f"{_MADE_BY_LABEL}{re.sub(r'[^A-Za-z0-9_-]', '-', name)}"[:_LABEL_LENGTH]


def keep(archive: Archive, made: Sequence[Made], name: str) -> list[list[Attachment]]:
    """Store the products that are new objects, and then attach the others to whose they are, all at once.

    In this order, what is attached to a resource tells of objects that are there.

    Args:
        archive: the archive.
        made: what was made, of one instance or several.
        name: the processor's name.

    Returns:
        What was attached, for each; of a new object, the DICOM file of its instance.

    Raises:
        RevisionError: an instance was replaced meanwhile; nothing was attached.
        NotFoundError: a resource was deleted meanwhile; nothing was attached.
        RejectedError: a new object could not be stored.
        InvalidDatasetError: a new object has the SOP Instance UID of what it was made of.
    """
    _refuse_what_was_replaced(archive, made)
    stored = [
        [_stored(archive, one, product, name) for product in one.products if product.is_new_object]
        for one in made
    ]
    return [[*new, *kept] for new, kept in zip(stored, _attached(archive, made), strict=True)]


def _refuse_what_was_replaced(archive: Archive, made: Sequence[Made]) -> None:
    sources = [each for one in made for each in one.sources]
    found = archive.index.details([source for source, _ in sources])
    for (source, before), details in zip(sources, found, strict=True):
        records = () if details is None else details.attachments
        now = next((each for each in records if each.content_type == DICOM.number), None)
        if now is None:
            raise NotFoundError(f"the instance {source} was deleted while it was processed")
        if now != before and not moved(before, now):
            raise RevisionError("the instance was replaced while it was processed: process it again")


def _attached(archive: Archive, made: Sequence[Made]) -> list[list[Attachment]]:
    """Store and attach the products that are attachments: bytes first, then one transaction."""
    todo = [(one, product) for one in made for product in one.products if not product.is_new_object]
    if not todo:
        return [[] for _ in made]
    numbers = [archive.content_types.resolve(product.content_type).number for _, product in todo]
    started = time.time()
    with archive.index.unit():
        records = put_all(
            archive,
            [(number, one.level, product.data) for number, (one, product) in zip(numbers, todo, strict=True)],
        )
        still_there(archive.storage, [record.locator for record in records], started)
        edits: list[Edit] = [Attach(one.id, record) for (one, _), record in zip(todo, records, strict=True)]
        edits += [edit for one, product in todo for edit in _told(archive, one, product)]
        try:
            edited = archive.edit(edits)
        except (NotFoundError, AlreadyExistsError, NotSupportedError):
            archive.storage.delete([record.locator for record in records])
            raise
    done = iter(
        Attachment(archive, one.id, replace(record, revision=each.revision))
        for (one, _), record, each in zip(todo, records, edited, strict=False)
    )
    return [[next(done) for product in one.products if not product.is_new_object] for one in made]


def _told(archive: Archive, made: Made, product: Product) -> Iterator[Edit]:
    """Yield the metadata that a product sets, and when."""
    if product.metadata:
        content_type = archive.content_types.resolve(product.content_type)
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        for name, value in {**product.metadata, f"{content_type.name}{MADE}": moment}.items():
            yield SetMetadata(made.id, name, value)


def _stored(archive: Archive, made: Made, product: Product, name: str) -> Attachment:
    identity = HeaderReader(archive.tags).read(product.data).identity
    if identity.sop_instance_uid == archive.get(made.source).uid:
        raise InvalidDatasetError(
            f"the processor {name!r} made an object with the SOP Instance UID of its source: in the same "
            "archive it must have one of its own"
        )
    links = {**product.metadata, MADE_FROM: made.source, MADE_BY: name}
    # Who died before the links are there must not have made what looks like an original.
    ancestors = [label for label in archive.details(made.source).labels if label.startswith(_MADE_BY_LABEL)]
    labels = sorted({*ancestors, made_by_label(name)})
    with archive.index.unit():
        outcome = archive.store(product.data, labels=labels).check()
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
