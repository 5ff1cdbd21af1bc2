"""Taking over what another program did to ``index.dat``: added, replaced, deleted, marked as reviewed."""

from __future__ import annotations

import hashlib
import logging
import math
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from fileroom.model import AttachmentRecord, ChangeType, Level
from fileroom.plugin import InvalidValueError
from fileroom_plugins.index_linear.arrival import DICOM, Arrivals
from fileroom_plugins.index_linear.columns import mark
from fileroom_plugins.index_linear.commit import FIRST_USER_TYPE
from fileroom_plugins.index_linear.fields import NEW, NOT_NEW, STATUS_AT
from fileroom_plugins.index_linear.record import DamagedRecordError, decode
from fileroom_plugins.index_linear.removal import remove
from fileroom_plugins.index_linear.text import header_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fileroom.model import Header, TagValue
    from fileroom.plugin import TagSet
    from fileroom_plugins.index_linear.paths import Paths
    from fileroom_plugins.index_linear.tables import Row, Tables

_log = logging.getLogger("fileroom.index.linear")

_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class Skipped(NamedTuple):
    """A record that is passed over: what it held, what is wrong with it, and whose second record it is."""

    mark: int
    reason: str
    id: str = ""


class _Found(NamedTuple):
    slot: int
    mark: int
    header: Header
    locator: str
    size: int
    received: datetime
    data: bytes


def take_over(
    tables: Tables,
    tags: TagSet,
    paths: Paths,
    changed: Mapping[int, int],
    data: Callable[[int], bytes],
) -> dict[int, Skipped]:
    """Let the tables, within a transaction, follow records that somebody else changed.

    An instance whose record is gone is deleted if its file is gone too; otherwise another program only had no
    room for it (dcmqridx forgets the oldest of 500 studies), and it stays, for Fileroom alone.

    Args:
        tables: the tables.
        tags: the tags to keep.
        paths: where files lie.
        changed: slot to the mark of what it holds now; 0 if it is free, or the file ends before it.
        data: returns a record's bytes.

    Returns:
        Which of these records cannot be used, by slot.
    """
    before = {slot: tables.slots[slot] for slot in changed if slot in tables.slots}
    found, skipped = _read(tables, tags, paths, changed, data)
    arrivals = Arrivals(tables, tags)
    for id_, one in sorted(found.items(), key=lambda item: (item[1].received, item[1].slot)):
        row = tables.rows.get(id_)
        if row is None:
            row = arrivals.add(one.header, _file(one), one.received, partial=True)
            tables.put(row._replace(slot=one.slot, mark=one.mark))
        else:
            _renew(tables, arrivals, paths, row, one)
    _forget(tables, paths, [id_ for id_ in before.values() if id_ not in found])
    return skipped


def _read(
    tables: Tables,
    tags: TagSet,
    paths: Paths,
    changed: Mapping[int, int],
    data: Callable[[int], bytes],
) -> tuple[dict[str, _Found], dict[int, Skipped]]:
    found: dict[str, _Found] = {}
    skipped: dict[int, Skipped] = {}
    for slot, seen in sorted(changed.items()):
        content = data(slot) if seen else b""
        try:
            record = decode(content) if content else None
            if record is None:
                continue
            header = header_of(record, tags)
            locator = paths.locator(record.file_name)
            one = _Found(slot, seen, header, locator, record.size, _moment(record.recorded), content)
        except (DamagedRecordError, InvalidValueError) as error:
            skipped[slot] = Skipped(seen, str(error))
            continue
        id_ = header.identity.public_id(Level.INSTANCE)
        row = tables.rows.get(id_)
        other = found[id_].slot if id_ in found else row.slot if row else None
        if other is not None and other != slot and (id_ in found or other not in changed):
            skipped[slot] = Skipped(seen, f"it holds the same instance as record {other}", id_)
        else:
            found[id_] = one
    return found, skipped


def _renew(tables: Tables, arrivals: Arrivals, paths: Paths, row: Row, one: _Found) -> None:
    """Follow a record of an instance that is known: merely reviewed, moved, or of another file."""
    tags = arrivals.tags(one.header, Level.INSTANCE)
    same = _is_reviewed(row, one) or _is_same_file(row, one, tags, paths)
    row = row._replace(slot=one.slot, mark=one.mark)
    if not same:
        old = row.attachments[DICOM]
        kept = {number: file for number, file in row.attachments.items() if number >= FIRST_USER_TYPE}
        row = row._replace(
            tags=tags,
            sop_class_uid=one.header.sop_class_uid,
            stamp=0,
            attachments={DICOM: replace(_file(one), revision=old.revision + 1), **kept},
            partial=True,
        )
        tables.log(ChangeType.REPLACED_INSTANCE, row)
    tables.put(row)


def _is_reviewed(row: Row, one: _Found) -> bool:
    """Say whether a record is what it was, but for its status."""
    before, behind = one.data[:STATUS_AT], one.data[STATUS_AT + 1 :]
    return any(row.mark == mark(before + bytes([status]) + behind) for status in (NEW, NOT_NEW))


def _is_same_file(row: Row, one: _Found, tags: Mapping[str, TagValue], paths: Paths) -> bool:
    """Say whether a record that was written anew is of the file that is known, as it is known."""
    old = row.attachments[DICOM]
    if (old.locator, old.size) != (one.locator, one.size):
        return False
    if old.stored_digest:
        return paths.digest(old.locator, old.stored_digest.partition(":")[0]) == old.stored_digest
    return tags.items() <= row.tags.items()


def _forget(tables: Tables, paths: Paths, ids: list[str]) -> None:
    lost: list[str] = []
    unseen: list[str] = []
    for id_ in ids:
        gone = paths.is_lost(tables.rows[id_].attachments[DICOM].locator)
        (lost if gone else unseen).append(id_)
    for id_ in unseen:
        tables.put(tables.rows[id_]._replace(slot=None, mark=0))
    if unseen:
        _log.warning(
            "another program took instances out of index.dat and left their files: %d stay archived",
            len(unseen),
        )
    remove(tables, lost)


def _file(one: _Found) -> AttachmentRecord:
    """Make the record of a file that another program wrote; nobody knows its digest yet."""
    key = hashlib.blake2b(f"{one.locator}\n{one.received.timestamp()}".encode(), digest_size=16).digest()
    return AttachmentRecord(
        DICOM, str(uuid.UUID(bytes=key, version=4)), one.size, "", one.locator, one.size, ""
    )


def _moment(recorded: float) -> datetime:
    """Return a time that somebody recorded, whatever was recorded."""
    if not math.isfinite(recorded):
        recorded = 0.0
    return datetime.fromtimestamp(min(max(recorded, 0.0), _LATEST), UTC)
