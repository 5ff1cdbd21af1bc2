"""Attachments of one resource: what there is, how to read it, and how to change a part of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO, Self

from fileroom._attachments.editing import AttachmentFile
from fileroom._attachments.following import moved, where_now
from fileroom._attachments.splicing import Splice, changeable, splice_attachment
from fileroom._attachments.storing import store_attachment
from fileroom.errors import InvalidValueError, NotFoundError, RevisionError
from fileroom.index import Detach
from fileroom.opening import open_attachment, read_attachment
from fileroom.storage import CHUNK, ByteRange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.archive import Archive
    from fileroom.model import AttachmentRecord
    from fileroom.resources import Resource
    from fileroom.storage import Source


class Attachment:
    """One attachment: bytes under a content type, read from the storage on need.

    A handle shows the revision that it was fetched with, or that it made itself.
    """

    __slots__ = ("_archive", "_id", "record")

    def __init__(self, archive: Archive, id_: str, record: AttachmentRecord) -> None:
        self._archive = archive
        self._id = id_
        self.record = record

    @property
    def resource(self) -> Resource:
        """The resource that owns it."""
        return self._archive.get(self._id)

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

    def open(self, mode: str = "rb", byte_range: ByteRange | None = None) -> BinaryIO:
        """Open it for reading (``"rb"``), or for reading and writing (``"r+b"``); seekable, to be closed.

        What is written to a file of mode ``"r+b"`` shows when it is read again, and nowhere else. Closing the
        file stores one new version, with all changes, unless nothing was written. Leaving a ``with`` block
        by an error discards what was written, and so does whatever closes the file because of one, such as
        an `io.TextIOWrapper` around it, or a ``finally``. Memory is bounded; what is written waits in a
        temporary file.

        Args:
            mode: ``"rb"`` or ``"r+b"``.
            byte_range: only these bytes, as if they were the whole; for reading.

        Raises:
            InvalidValueError: there is no such mode, or not of a range.
            NotSupportedError: the attachment cannot be written to: it is a DICOM file, or one of ours.
            RevisionError: it is to be written to, and has another revision by now.
            NotFoundError: the bytes are gone (deleted or replaced meanwhile, or lost).
            IntegrityError: they are another instance's, and not the archive's doing (`fileroom.opening`).
            StorageError: reading failed.
        """
        if mode == "rb":
            return open_attachment(self._archive, self._id, self.record, byte_range)
        if mode != "r+b" or byte_range is not None:
            raise InvalidValueError("an attachment is opened as 'rb', or as 'r+b' and then without a range")
        before = changeable(self._archive, self._id, self.content_type, self.revision)
        base = open_attachment(self._archive, self._id, before)
        return AttachmentFile(base, before.size, functools.partial(self._replace, before))

    def read(self, start: int | None = None, end: int | None = None) -> bytes:
        """Return bytes from ``start`` (None: the first) up to, not including, ``end`` (None: to the end)."""
        return self.read_ranges([ByteRange(start or 0, end)])[0]

    def read_ranges(self, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges, in the order asked for."""
        return read_attachment(self._archive, self._id, self.record, ranges)

    def stream(self, chunk: int = CHUNK) -> Iterator[bytes]:
        """Yield the bytes in pieces of at most ``chunk`` bytes."""
        with self.open() as file:
            while piece := file.read(chunk):
                yield piece

    def append(self, data: Source, *, if_revision: int | None = None) -> Self:
        """Add bytes at the end; as `splice` does."""
        return self.splice(None, 0, data, if_revision=if_revision)

    def splice(
        self, offset: int | None, delete_length: int | None, data: Source, *, if_revision: int | None = None
    ) -> Self:
        """Put ``data`` in the place of ``delete_length`` bytes from ``offset`` on; durable when it returns.

        The other bytes stay, and move up or down. It makes a new revision: readers have the old bytes or
        the new, and of two changes at the same time one raises `RevisionError`. Where the storage can splice
        (`fileroom.storage.StorageCapabilities`) it costs what the change costs; elsewhere, and for small
        attachments, the bytes are copied, in pieces.

        Args:
            offset: in bytes, from 0; None appends.
            delete_length: in bytes; 0 inserts, None deletes to the end, and so does more than there is.
            data: what `fileroom.Archive.attach` takes.
            if_revision: the revision that must be there; None takes whatever is.

        Returns:
            This attachment, which shows the new revision.

        Raises:
            InvalidValueError: a number is negative, or the offset lies past the end.
            NotFoundError: the attachment, or its resource, was removed.
            NotSupportedError: it is the DICOM file of an instance, or one of ours (below 1024).
            RevisionError: another revision is there, or was before this one was stored, or the bytes were
                moved meanwhile and ``data`` cannot be read twice (bytes and paths can); nothing was changed.
            IntegrityError: the bytes were found to be damaged; nothing was changed.
            StorageError: the bytes could not be stored.
        """
        change = Splice(offset, delete_length, data)
        before = changeable(self._archive, self._id, self.content_type, if_revision)
        self.record = splice_attachment(self._archive, self._id, before, change)
        return self

    def presigned_url(self, seconds: int = 3600) -> str:
        """Return a URL from which anybody who has it can read the bytes, for so many seconds.

        Raises:
            NotSupportedError: the storage has no such URLs.
            InvalidValueError: the time is less than a second, or longer than the storage allows.
        """
        if seconds < 1:
            raise InvalidValueError(f"a URL cannot be valid for {seconds} seconds: 1 is the least")
        record = where_now(self._archive, self._id, self.record)
        return self._archive.storage.presigned_url(record.locator, seconds)

    def _replace(self, before: AttachmentRecord, change: Splice) -> None:
        now = changeable(self._archive, self._id, before.content_type, before.revision)
        if now.uuid != before.uuid and not moved(before, now):  # attached anew, which counts from 1 again
            raise RevisionError(f"attachment {now.content_type} of {self._id} was replaced: open it again")
        self.record = splice_attachment(self._archive, self._id, now, change)

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
    """Store bytes and attach them; see `fileroom.resources.Resource.attach`."""
    return Attachment(archive, id_, store_attachment(archive, id_, number, source, if_revision))
