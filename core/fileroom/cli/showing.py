"""``fileroom show``."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import click

from fileroom.cli import output, text
from fileroom.cli.columns import print_resources
from fileroom.cli.command import command
from fileroom.cli.describing import as_json, attachment_as_json, attachments_of, attachments_table
from fileroom.cli.identify import candidates
from fileroom.cli.picture import draw
from fileroom.model import Level

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.resources import Resource


@command(
    "show",
    "fileroom show 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e",
    "fileroom show 1.2.840.113619.2.55.3 --json",
)
@click.argument("identifier", metavar="ID")
def show(settings: Settings, *, identifier: str) -> int:
    """Show all about a resource: tags, attachments, metadata, labels, and at a terminal a picture.

    ID is a public id, a PatientID, a Study, Series or SOP Instance UID, or an AccessionNumber. If several
    resources have it, they are listed. JSON is a list in any case.
    """
    with settings.open() as archive:
        found = candidates(archive, identifier)
        if settings.json:
            output.print_json_list(_full(archive, one) for one in found)
        elif len(found) == 1:
            _print_one(archive, found[0])
            _draw(found[0])
        else:
            for level in Level:
                if same := [one for one in found if one.level is level]:
                    print_resources(same, level)
            output.say(f"{len(found)} resources have this identifier: show one of these ids")
    return 0


def _full(archive: Archive, one: Resource) -> dict[str, Any]:
    details = archive.details(one.id)
    below = _children(archive, one)
    return {
        **as_json(one),
        "received": one.received.isoformat(),
        "children": {"level": below[0].label, "count": below[1]} if below else None,
        "attachments": [attachment_as_json(each) for each in attachments_of(archive, one.id)],
        "metadata": {name: each.value for name, each in details.metadata.items()},
        "labels": list(details.labels),
    }


def _draw(one: Resource) -> None:
    """Draw a resource's thumbnail, where somebody sees it."""
    picture = one.thumbnail() if sys.stdout.isatty() else None
    if picture is not None:
        draw(io.BytesIO(picture))


def _children(archive: Archive, one: Resource) -> tuple[Level, int] | None:
    if one.level is Level.INSTANCE:
        return None
    level = Level(one.level + 1)
    return level, archive.within(one.id, level).count()


def _print_one(archive: Archive, one: Resource) -> None:
    details = archive.details(one.id)
    rows: list[tuple[str, str]] = [("id", one.id), ("received", f"{one.received:%Y-%m-%d %H:%M:%S} UTC")]
    if below := _children(archive, one):
        rows.append(("contains", text.counted(below[1], below[0].label)))
    if details.labels:
        rows.append(("labels", ", ".join(details.labels)))
    rows += [(keyword, text.shown(value)) for keyword, value in one.tags.items()]
    output.say(one.level.label)
    output.print_table(output.grid(rows))
    if details.metadata:
        table = output.table("Metadata", "Value")
        for name, each in details.metadata.items():
            output.add_row(table, name, each.value)
        output.print_table(table)
    if details.attachments:
        output.print_table(attachments_table(attachments_of(archive, one.id)))
