"""Resources as JSON has them, and attachments as JSON and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fileroom.attachments import Attachment
from fileroom.cli import output, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from fileroom.archive import Archive
    from fileroom.model import TagValue
    from fileroom.resources import Resource


def as_json(resource: Resource) -> dict[str, Any]:
    """Return a resource as ``find --json`` lists it: id, level, uid, and tags by keyword."""
    return {
        "id": resource.id,
        "level": resource.level.label,
        "uid": resource.uid,
        "tags": {keyword: _plain(value) for keyword, value in resource.tags.items()},
    }


def _plain(value: TagValue) -> str | list[dict[str, str]]:
    return value if isinstance(value, str) else [dict(item) for item in value]


def attachment_as_json(attachment: Attachment) -> dict[str, Any]:
    """Return an attachment: number, name, media type, size, digest and revision."""
    return {
        "content_type": attachment.content_type,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "digest": attachment.digest,
        "revision": attachment.revision,
    }


def attachments_table(attachments: Iterable[Attachment]) -> Table:
    """Return a table of attachments for people."""
    table = output.table(
        "Attachment", "Type", "Media type", "Size", "Revision", right=("Type", "Size", "Revision")
    )
    for one in attachments:
        output.add_row(table, one.name, one.content_type, one.media_type, text.size(one.size), one.revision)
    return table


def attachments_of(archive: Archive, id_: str) -> list[Attachment]:
    """Return a resource's attachments, by ascending content type."""
    return [Attachment(archive, id_, record) for record in archive.details(id_).attachments]
