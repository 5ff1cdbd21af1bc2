"""Bytes that are attached, in the order of every store: durable first, then in the index."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom.digests import Hashing
from fileroom.errors import AlreadyExistsError, NotFoundError, NotSupportedError
from fileroom.index import Attach
from fileroom.ingest import still_there
from fileroom.keys import attachment_key
from fileroom.model import ARCHIVE_ID, AttachmentRecord
from fileroom.storage import PutItem, buffers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.archive import Archive
    from fileroom.model import Level
    from fileroom.storage import Source, Stored


def store_attachment(
    archive: Archive, id_: str, number: int, source: Source, if_revision: int | None
) -> AttachmentRecord:
    """Store bytes and attach them to a resource or the archive itself; return the record the index has.

    Raises:
        NotFoundError: there is no such resource.
        RevisionError: another revision is there; the bytes were deleted again.
        StorageError: the bytes could not be stored.
    """
    level = level_of(archive, id_)  # before the bytes move: a mistaken id is the common error
    started = time.time()
    with archive.index.unit():
        record = put_bytes(archive, number, level, source, known_size(source))
        return attach_stored(archive, id_, record, if_revision, started)


def level_of(archive: Archive, id_: str) -> Level | None:
    """Return the level of a resource, None for the archive itself.

    Raises:
        NotFoundError: there is no such resource.
    """
    return None if id_ == ARCHIVE_ID else archive.fetch(id_).level


def put_bytes(
    archive: Archive, number: int, level: Level | None, source: Source, size: int | None
) -> AttachmentRecord:
    """Store bytes under a fresh key, durable when it returns; nothing points at them yet."""
    return _put(archive, [(number, level, source, size)])[0]


def put_all(archive: Archive, items: Sequence[tuple[int, Level, bytes]]) -> list[AttachmentRecord]:
    """Store the bytes of several attachments together, as `put_bytes` does.

    Args:
        archive: the archive.
        items: content type, level of whose it is, and bytes.
    """
    return _put(archive, [(number, level, data, len(data)) for number, level, data in items])


def _put(
    archive: Archive, items: Sequence[tuple[int, Level | None, Source, int | None]]
) -> list[AttachmentRecord]:
    algorithm = archive.config.ingest.digest
    keys = [attachment_key() for _ in items]
    hashed = [Hashing(algorithm, buffers(source)) for _, _, source, _ in items]
    stored = archive.storage.put_many(
        [
            PutItem(key, hashing, {}, level, number, size)
            for key, hashing, (number, level, _, size) in zip(keys, hashed, items, strict=True)
        ]
    )
    return [
        record_of(number, key, one, hashing.digest)
        for key, hashing, one, (number, *_) in zip(keys, hashed, stored, items, strict=True)
    ]


def record_of(number: int, key: str, stored: Stored, digest: str) -> AttachmentRecord:
    """Return the record of bytes at rest as they are; an empty ``digest`` is not known yet."""
    return AttachmentRecord(number, key, stored.size, digest, stored.locator, stored.size, digest)


def attach_stored(
    archive: Archive,
    id_: str,
    record: AttachmentRecord,
    if_revision: int | None,
    started: float,
    *,
    if_uuid: str | None = None,
) -> AttachmentRecord:
    """Commit stored bytes: from here on they are visible, and what they replace is deleted.

    The conditions are those of `fileroom.index.Attach`. Refused bytes are deleted again; errors as of
    `fileroom.index.Index.edit`.
    """
    still_there(archive.storage, [record.locator], started)
    try:
        edited = archive.edit([Attach(id_, record, if_revision, if_uuid)])[0]
    except (NotFoundError, AlreadyExistsError, NotSupportedError):
        archive.storage.delete([record.locator])
        raise
    return replace(record, revision=edited.revision)


def known_size(source: Source) -> int | None:
    """Return how many bytes a source has, if that can be told without reading it."""
    if isinstance(source, bytes | bytearray | memoryview):
        return memoryview(source).nbytes
    if isinstance(source, os.PathLike):
        try:
            return Path(source).stat().st_size
        except OSError:
            return None  # reading it will tell
    return None
