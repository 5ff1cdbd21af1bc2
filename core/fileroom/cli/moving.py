"""``fileroom move``."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.failures import FAILED, INTERRUPTED, UsageProblem, say
from fileroom.cli.interruption import Interruption
from fileroom.cli.progress import move_progress
from fileroom.cli.selecting import selected
from fileroom.errors import CatalogError, InvalidValueError, NotSupportedError, StorageError
from fileroom.moving import move as move_attachments

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.moving import MoveReport

SHOWN = 20
"""At most so many failures are listed; ``--json`` has them all."""


@command(
    "move",
    "fileroom move --dry-run",
    "fileroom move study StudyDate=-20191231 --to archive",
)
@click.argument("words", metavar="[ID... | LEVEL [KEY=VALUE]...]", nargs=-1)
@click.option("--to", metavar="TIER", help="To this tier, whatever the rules say.")
@click.option("--dry-run", is_flag=True, help="Only count what would be moved.")
def move(settings: Settings, *, words: tuple[str, ...], to: str | None, dry_run: bool) -> int:
    """Move bytes to the tiers where they belong, by the rules in [[storage.rules]].

    All that the archive holds is looked at, or only what belongs to some resources: by their ids, or all that
    a search finds, as 'fileroom find' searches. Each copy is read back before the old bytes go. A move that
    was interrupted goes on when it is run again.

    Exit code 1 if something could not be moved.
    """
    with settings.open() as archive, Interruption() as interruption, move_progress() as progress:
        resources = selected(archive, words) if words else None
        try:
            report = interruption.run(
                lambda: move_attachments(
                    archive, resources, to=to, dry_run=dry_run, progress=progress, stop=interruption.stop
                )
            )
        except (NotSupportedError, InvalidValueError) as error:
            raise UsageProblem(str(error)) from error
        except (StorageError, CatalogError):
            say("the move stopped: run the same command to go on")
            raise
        if settings.json:
            _print_json(report)
        else:
            _print(report, archive)
    if report.interrupted:
        say("interrupted: run the same command to go on")
        return INTERRUPTED
    return FAILED if report.failed else 0


def _print_json(report: MoveReport) -> None:
    """Print the counts and all failures, of which there may be more than fit into memory."""
    click.echo(f'{{"counts": {json.dumps(report.as_dict())},\n"failures": ', nl=False)
    output.print_json_list(asdict(one) for one in report)
    click.echo("}")


def _print(report: MoveReport, archive: Archive) -> None:
    moved = f"{text.counted(report.moved, 'attachment')}, {text.size(report.bytes)}"
    kept = f"; {report.kept:,} lay where they belong" if report.kept else ""
    if report.dry_run:
        output.say(f"would move {moved}{kept}")
    else:
        output.say(f"moved {moved} in {report.seconds:.1f} s{kept}")
    if report.external:
        output.say(f"left {text.counted(report.external, 'registered file')} where they lie")
    if report.changed:
        output.say(f"{text.counted(report.changed, 'attachment')} changed meanwhile: run it again")
    if report.orphans:
        orphans = text.counted(report.orphans, "old object")
        output.say(f"{orphans} could not be deleted: 'fileroom sweep' tries again")
    if report.tiers:
        table = output.table("Tier", "Attachments", "Size", right=("Attachments", "Size"))
        for tier, totals in sorted(report.tiers.items()):
            output.add_row(table, tier, f"{totals.attachments:,}", text.size(totals.bytes))
        output.print_table(table)
    _print_failures(report, archive)


def _print_failures(report: MoveReport, archive: Archive) -> None:
    if not report.failed:
        return
    table = output.table("Id, attachment", "Why it was not moved", whole=("Id, attachment",))
    for one in itertools.islice(report, SHOWN):
        output.add_row(table, f"{one.id}\n{archive.content_types.resolve(one.content_type).name}", one.reason)
    output.print_table(table)
    more = f", of which {SHOWN} are listed: --json has them all" if report.failed > SHOWN else ""
    output.say(f"{text.counted(report.failed, 'attachment')} could not be moved{more}")
