"""Attachments of one resource: what there is, and how to read it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from fileroom.digests import Hashing
from fileroom.errors import AlreadyExistsError, NotFoundError, NotSupportedError, RevisionError
from fileroom.index import Attach, Detach
from fileroom.ingest import still_there
from fileroom.keys import attachment_key
from fileroom.model import AttachmentRecord, Level
from fileroom.opening import open_attachment, read_attachment
from fileroom.storage import CHUNK, ByteRange, PutItem, buffers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.archive import Archive
    from fileroom.resources import Resource
    from fileroom.storage import Source


class Attachment:
    """One attachment: bytes under a content type, read from the storage on need."""

    __slots__ = ("_archive", "_id", "record")

    def __init__(self, archive: Archive, id_: str, record: AttachmentRecord) -> None:
        self._archive = archive
        self._id = id_
        self.record = record

    @property
    def content_type(self) -> int:
        """The content type's number, 0..65535."""
        return self.record.content_type

    @property
    def name(self) -> str:
        """The content type's registered name, or its number as text."""
        return self._archive.content_types.resolve(self.record.content_type).name

    @property
    def media_type(self) -> str:
        """The content type's registered media type."""
        return self._archive.content_types.resolve(self.record.content_type).media_type

    @property
    def size(self) -> int:
        """Plain size in bytes."""
        return self.record.size

    @property
    def digest(self) -> str:
        """``"<algorithm>:<hex>"`` of the plain bytes; empty where the archive has not read them yet."""
        return self.record.digest

    @property
    def revision(self) -> int:
        """1 for the first version, raised by one at each replacement."""
        return self.record.revision

    def open(self, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open it, or a range of it, for reading; seekable, to be closed.

        Raises:
            NotFoundError: the bytes are gone (deleted or replaced meanwhile, or lost).
            IntegrityError: they are another instance's, and not the archive's doing (`fileroom.opening`).
            StorageError: reading failed.
        """
        return open_attachment(self._archive, self._id, self.record, byte_range)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Return bytes from ``start`` up to, not including, ``end`` (None: to the end)."""
        return self.read_ranges([ByteRange(start, end)])[0]

    def read_ranges(self, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges, in the order asked for."""
        return read_attachment(self._archive, self._id, self.record, ranges)

    def stream(self, chunk: int = CHUNK) -> Iterator[bytes]:
        """Yield the bytes in pieces of at most ``chunk`` bytes."""
        with self.open() as file:
            while piece := file.read(chunk):
                yield piece

    def __repr__(self) -> str:
        """Show name, size and revision."""
        return f"<Attachment {self.name} {self.size} bytes, revision {self.revision}>"


class Attachments(Mapping[str | int, Attachment]):
    """A resource's attachments by content type: the registered name, or the number.

    Iterating yields names.
    """

    def __init__(self, archive: Archive, id_: str) -> None:
        self._archive = archive
        self._id = id_

    def __getitem__(self, content_type: str | int) -> Attachment:
        """Return the attachment of a content type.

        Raises:
            KeyError: there is none.
        """
        try:
            number = self._archive.content_types.resolve(content_type).number
        except NotFoundError:
            raise KeyError(content_type) from None
        for record in self._archive.details(self._id).attachments:
            if record.content_type == number:
                return Attachment(self._archive, self._id, record)
        raise KeyError(content_type)

    def __iter__(self) -> Iterator[str]:
        """Yield the content types' names, in order of their numbers."""
        for record in self._archive.details(self._id).attachments:
            yield self._archive.content_types.resolve(record.content_type).name

    def __len__(self) -> int:
        """Count the attachments."""
        return len(self._archive.details(self._id).attachments)

    def detach(self, content_type: str | int, *, if_revision: int | None = None) -> None:
        """Remove an attachment and delete its bytes.

        Raises:
            NotFoundError: there is none of that content type.
            RevisionError: another revision is there.
            NotSupportedError: it is the DICOM file of an instance, which goes with the instance only.
        """
        number = self._archive.content_types.resolve(content_type).number
        self._archive.edit([Detach(self._id, number, if_revision)])

    def __repr__(self) -> str:
        """Show the names."""
        return f"<attachments {list(self)}>"


def put_attachment(
    archive: Archive, id_: str, number: int, source: Source, if_revision: int | None = None
) -> Attachment:
    """Store bytes and attach them, in the order of every store: bytes durable, then the index.

    Raises:
        NotFoundError: there is no such resource.
        RevisionError: another revision is there; the bytes were deleted again.
        StorageError: the bytes could not be stored.
    """
    level = archive.fetch(id_).level  # before the bytes move: a mistaken id is the common error
    hashing = Hashing(archive.config.ingest.digest, buffers(source))
    started = time.time()
    key = attachment_key()
    with archive.index.unit():
        # 1  Bytes, durable when this returns.
        (stored,) = archive.storage.put_many([PutItem(key, hashing, {}, level, number)])
        record = AttachmentRecord(
            number, key, stored.size, hashing.digest, stored.locator, stored.size, hashing.digest
        )
        still_there(archive.storage, [stored.locator], started)
        # 2  The commit point; then what it replaced is deleted. Refused bytes go too.
        try:
            edited = archive.edit([Attach(id_, record, if_revision)])[0]
        except (NotFoundError, AlreadyExistsError, NotSupportedError):
            archive.storage.delete([stored.locator])
            raise
    return Attachment(archive, id_, replace(record, revision=edited.revision))


def run_processor(archive: Archive, id_: str, name: str) -> list[Attachment]:
    """Run a processor on a resource's (middle) instance, and attach what it makes to the resource."""
    processor = archive.plugins.processor(name)
    attachments = _middle(archive, id_).attachments
    before = attachments["dicom"]
    with before.open() as file:
        products = processor.process(file)
    if attachments["dicom"].record != before.record:
        raise RevisionError("the instance was replaced while it was processed: process it again")
    return [
        put_attachment(archive, id_, archive.content_types.resolve(one.content_type).number, one.data)
        for one in products
    ]


def _middle(archive: Archive, id_: str) -> Resource:
    resource = archive.get(id_)
    if resource.level is Level.INSTANCE:
        return resource
    instances = archive.within(id_, Level.INSTANCE)
    return next(itertools.islice(instances, instances.count() // 2, None))
