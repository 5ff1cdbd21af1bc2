"""The source's bytes: read, and held against what was recorded of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.digests import Hashing, digest_of
from fileroom.errors import InvalidDatasetError, NotFoundError, StorageError
from fileroom.model import Level
from fileroom.prepare import WHOLE
from fileroom.storage import buffers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom._index.owning import Owner
    from fileroom.header import HeaderReader
    from fileroom.model import AttachmentRecord, Header
    from fileroom.storage import Storage


@dataclass(slots=True, eq=False)
class Item:
    """An attachment on its way.

    Attributes:
        owner: what it belongs to.
        record: what the source recorded of it.
        header: of an instance's DICOM file, what it says.
        data: the bytes, checked, if they are few; None if they are to be read again while they are stored.
        digest: of the bytes at rest, once they were read to the end.
    """

    owner: Owner
    record: AttachmentRecord
    header: Header | None = None
    data: bytes | None = None
    digest: str = ""


class LostError(Exception):
    """An attachment cannot be copied; internal, ends as a difference."""

    def __init__(self, item: Item, reason: str) -> None:
        super().__init__(reason)
        self.item = item
        self.reason = reason


class Reader:
    """Reads attachments of the source.

    Args:
        storage: the source's.
        headers: reads headers for the target.
        algorithm: of the digest to compute where none was recorded.
    """

    def __init__(self, storage: Storage, headers: HeaderReader, algorithm: str) -> None:
        self._storage = storage
        self._headers = headers
        self._algorithm = algorithm

    def load(self, owner: Owner, record: AttachmentRecord, *, instance: bool) -> Item:
        """Return an attachment to copy: a small one with its bytes, an instance's file with its header.

        Raises:
            LostError: it cannot be read, or is not what was recorded.
        """
        item = Item(owner, record)
        try:
            with self._storage.open(record.locator) as file:
                if record.stored_size <= WHOLE:
                    item.data = file.read(WHOLE + 1)
                    self._check(item, len(item.data), digest_of(item.data, self._algorithm_of(record)))
                if instance:
                    item.header = self._headers.read(file if item.data is None else item.data)
        except (NotFoundError, StorageError, InvalidDatasetError) as error:
            raise LostError(item, str(error)) from error
        except OSError as error:
            raise LostError(item, _reason(error)) from error
        if item.header is not None and item.header.identity.public_id(Level.INSTANCE) != owner.id:
            raise LostError(item, "the file holds other identifiers than the index: verify the source")
        return item

    def pieces(self, item: Item) -> Iterator[bytes]:
        """Yield a large attachment's bytes.

        Raises:
            LostError: they cannot be read, or are not what was recorded; at their end at the latest.
        """
        size = 0
        try:
            with self._storage.open(item.record.locator) as file:
                hashing = Hashing(self._algorithm_of(item.record), buffers(file))
                for piece in hashing:
                    size += len(piece)
                    yield piece
        except (NotFoundError, StorageError) as error:
            raise LostError(item, str(error)) from error
        except OSError as error:
            raise LostError(item, _reason(error)) from error
        self._check(item, size, hashing.digest)

    def digest(self, record: AttachmentRecord, algorithm: str) -> str | None:
        """Return the digest of stored bytes; None if they cannot be read."""
        try:
            with self._storage.open(record.locator) as file:
                return digest_of(file, algorithm)
        except (NotFoundError, StorageError, OSError):
            return None

    def _check(self, item: Item, size: int, digest: str) -> None:
        record = item.record
        if size != record.stored_size:
            raise LostError(item, f"{size} bytes are stored, {record.stored_size} were recorded")
        recorded = _recorded(record)
        if recorded and digest != recorded:
            raise LostError(item, f"{digest} is stored, {recorded} was recorded")
        item.digest = digest

    def _algorithm_of(self, record: AttachmentRecord) -> str:
        return _recorded(record).partition(":")[0] or self._algorithm


def _recorded(record: AttachmentRecord) -> str:
    """Return the recorded digest of the bytes at rest, or nothing."""
    return record.stored_digest or (record.digest if record.codec == "none" else "")


def _reason(error: OSError) -> str:
    # Without the path, which may hold a patient's name.
    return f"cannot be read: {error.strerror or type(error).__name__}"
