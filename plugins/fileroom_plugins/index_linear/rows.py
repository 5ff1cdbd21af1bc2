"""Rows and changes in JSON's terms, as the sidecar keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from fileroom.model import AttachmentRecord, Change, ChangeType, Level, Metadata
from fileroom_plugins.index_linear.tables import Own, Row

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fileroom_plugins.index_linear.transaction import Json


def own_to_json(own: Own | Row) -> Json:
    """Write what hangs on the archive itself, or on a row: attachments, metadata, labels."""
    files = [
        [
            file.content_type,
            file.uuid,
            file.size,
            file.digest,
            file.locator,
            file.stored_size,
            file.stored_digest,
            file.codec,
            file.revision,
        ]
        for file in own.attachments.values()
    ]
    metadata = {name: [one.value, one.revision] for name, one in own.metadata.items()}
    return [files, metadata, sorted(own.labels)]


def own_from_json(content: Json) -> Own:
    """Read what `own_to_json` wrote of the archive itself."""
    files, metadata, labels = content
    return Own(attachments=_files(files), metadata=_metadata(metadata), labels=frozenset(labels))


def row_to_json(row: Row) -> Json:
    """Write a row."""
    return [
        row.id,
        int(row.level),
        row.uid,
        dict(row.tags),
        row.parent,
        row.number,
        row.received.isoformat(),
        row.sop_class_uid,
        row.stamp,
        *own_to_json(row),
        row.slot,
        row.mark,
        row.partial,
    ]


def row_from_json(content: Json, kept: Mapping[Level, Collection[str]]) -> Row:
    """Read a row that `row_to_json` wrote, with the tags that are kept now: keywords by level."""
    id_, level, uid, tags, parent, number, received, sop_class, stamp, files, metadata, labels, *shown = (
        content
    )
    slot, mark, partial = shown
    here = kept[level]
    return Row(
        id_,
        Level(level),
        uid,
        {
            keyword: value if isinstance(value, str) else tuple(value)
            for keyword, value in tags.items()
            if keyword in here
        },
        parent,
        number,
        datetime.fromisoformat(received),
        sop_class,
        stamp,
        _files(files),
        _metadata(metadata),
        frozenset(labels),
        slot,
        mark,
        partial,
    )


def _files(content: Json) -> dict[int, AttachmentRecord]:
    return {file[0]: AttachmentRecord(*file) for file in content}


def _metadata(content: Mapping[str, Json]) -> dict[str, Metadata]:
    return {name: Metadata(*one) for name, one in content.items()}


def change_to_json(change: Change) -> Json:
    """Write an entry of the change log."""
    return [change.sequence, int(change.type), int(change.level), change.id, change.date.isoformat()]


def change_from_json(content: Json) -> Change:
    """Read an entry that `change_to_json` wrote."""
    sequence, change_type, level, id_, date = content
    return Change(sequence, ChangeType(change_type), Level(level), id_, datetime.fromisoformat(date))


def tags_to_json(tags: frozenset[tuple[int, str]]) -> list[Any]:
    """Write a set of tags."""
    return [list(tag) for tag in sorted(tags)]
