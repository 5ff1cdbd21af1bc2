"""``fileroom delete``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.asking import agreed
from fileroom.cli.command import command
from fileroom.cli.failures import FAILED, say
from fileroom.cli.identify import resolve
from fileroom.model import Level

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.reports import DeleteReport
    from fileroom.resources import Resource


@command("delete", "fileroom delete 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def delete(settings: Settings, *, identifiers: tuple[str, ...], yes: bool) -> int:
    """Delete resources with all beneath them, for good.

    ID is a public id, a UID, a PatientID or an AccessionNumber. What is to be deleted is shown first. An
    ancestor that loses its last child goes too.
    """
    with settings.open() as archive:
        resources = resolve(archive, identifiers)
        if not yes and not _agreed(archive, resources):
            say("nothing was deleted")
            return FAILED
        report = archive.delete(resources)
    if settings.json:
        removed = dict(Counter(level for level, _ in report.removed))
        output.print_json(
            {"removed": removed, "remaining": dict(report.remaining), "orphans": len(report.failed)}
        )
    else:
        _print(report)
    if report.failed:
        orphans = text.counted(len(report.failed), "attachment")
        say(f"warning: the bytes of {orphans} could not be deleted: 'fileroom sweep' tries again")
        return FAILED
    return 0


def _agreed(archive: Archive, resources: list[Resource]) -> bool:
    for one in resources:
        count = archive.within(one.id, Level.INSTANCE).count()
        say(f"{one.level.label} {one.id}: {text.counted(count, 'instance')}")
    return agreed("Delete for good?")


def _print(report: DeleteReport) -> None:
    counts = Counter(level for level, _ in report.removed)
    removed = [text.counted(counts[level.label], level.label) for level in Level if counts[level.label]]
    output.say(f"deleted {', '.join(removed)}")
    for id_ in sorted({id_ for id_ in report.remaining.values() if id_}):
        output.say(f"what was above remains: {id_}")
