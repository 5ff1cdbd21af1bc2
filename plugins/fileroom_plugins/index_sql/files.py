"""Attachment records as rows of ``attachment``, without what can be told from the rest.

A UUID and a digest are kept as bytes; a locator is kept without the UUID in it; sizes and digests at rest are
kept where they differ from the plain ones. A row of attachments is a third of an index, so this counts.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

from fileroom.model import AttachmentRecord
from fileroom.plugin import is_external
from fileroom_plugins.index_sql.lookup import LEVEL, THESE, chunks, hanging_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.schema import Schema

DICOM = 1
"""Content type of an instance's DICOM file."""

FIRST_USER_TYPE = 1024
"""Content types below are made from the DICOM file, and go with it when it is replaced."""

Value: TypeAlias = "int | str | bytes | None"

_ALGORITHMS = ("", "md5", "sha1", "sha256", "sha384", "sha512", "blake2b", "blake2s")  # numbered: append only
_UUID_SIZE = 16
_UUID = "*"  # stands in a locator for the UUID
_VERBATIM = "="  # starts a locator that is kept as it is


def to_row(record: AttachmentRecord, revision: int) -> dict[str, Value]:
    """Return the columns of a record; level and resource are the caller's."""
    same_digest = record.stored_digest == record.digest
    return {
        "content_type": record.content_type,
        "uuid": _pack_uuid(record.uuid),
        "locator": _pack_locator(record.locator, record.uuid),
        "size": record.size,
        "digest": pack_digest(record.digest),
        "stored_size": None if record.stored_size == record.size else record.stored_size,
        "stored_digest": None if same_digest else pack_digest(record.stored_digest),
        "codec": None if record.codec == "none" else record.codec,
        "revision": revision,
    }


def from_row(row: Sequence[Any]) -> AttachmentRecord:
    """Return the record of a row whose columns come in the order of `COLUMNS`."""
    content_type, uuid, locator, size, digest, stored_size, stored_digest, codec, revision = row
    key = _unpack_uuid(uuid)
    plain = unpack_digest(digest)
    return AttachmentRecord(
        content_type=content_type,
        uuid=key,
        size=size,
        digest=plain,
        locator=_unpack_locator(locator, key),
        stored_size=size if stored_size is None else stored_size,
        stored_digest=plain if stored_digest is None else unpack_digest(stored_digest),
        codec="none" if codec is None else codec,
        revision=revision,
    )


COLUMNS = (
    "content_type",
    "uuid",
    "locator",
    "size",
    "digest",
    "stored_size",
    "stored_digest",
    "codec",
    "revision",
)
"""What `from_row` takes, in order."""


def files_of(
    connection: Connection, schema: Schema, level: int, numbers: Iterable[int]
) -> defaultdict[int, dict[int, AttachmentRecord]]:
    """Return the attachments of resources of one level, by the resource's number and by content type.

    Those of the archive itself have level and number of `fileroom_plugins.index_sql.lookup.ARCHIVE`.
    """
    statement = hanging_at(schema.attachment, *COLUMNS)
    found: defaultdict[int, dict[int, AttachmentRecord]] = defaultdict(dict)
    for some in chunks(numbers):
        for resource, *row in connection.execute(statement, {LEVEL: int(level), THESE: some}).all():
            record = from_row(row)
            found[resource][record.content_type] = record
    return found


def pack_digest(digest: str) -> bytes:
    """Return a digest, ``"md5:<hex>"``, as the number of its algorithm and its raw bytes.

    What is not written like that is kept as text behind the number 0.
    """
    algorithm, _, text = digest.partition(":")
    if algorithm in _ALGORITHMS[1:]:
        try:
            packed = bytes((_ALGORITHMS.index(algorithm),)) + bytes.fromhex(text)
        except ValueError:
            packed = b""
        if packed and unpack_digest(packed) == digest:
            return packed
    return b"\0" + digest.encode()


def unpack_digest(packed: bytes) -> str:
    """Return what `pack_digest` was given."""
    number, content = packed[0], packed[1:]
    return f"{_ALGORITHMS[number]}:{content.hex()}" if number else content.decode()


def _pack_uuid(uuid: str) -> bytes:
    try:
        packed = bytes.fromhex(uuid.replace("-", ""))
    except ValueError:
        packed = b""
    usual = len(packed) == _UUID_SIZE and _unpack_uuid(packed) == uuid
    return packed if usual else uuid.encode()


def _unpack_uuid(packed: bytes) -> str:
    if len(packed) != _UUID_SIZE:
        return packed.decode()
    text = packed.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _pack_locator(locator: str, uuid: str) -> str | None:
    if locator == uuid:
        return None
    if uuid and uuid in locator and _UUID not in locator and not locator.startswith(_VERBATIM):
        return locator.replace(uuid, _UUID)
    return _VERBATIM + locator


def packed_external(packed: str | None) -> bool:
    """Say whether a locator, as it is kept, is that of a file registered where it lies."""
    return packed is not None and is_external(packed.removeprefix(_VERBATIM))


def _unpack_locator(packed: str | None, uuid: str) -> str:
    if packed is None:
        return uuid
    return packed[1:] if packed.startswith(_VERBATIM) else packed.replace(_UUID, uuid)
