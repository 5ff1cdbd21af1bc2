"""``fileroom changes`` and ``fileroom stats``."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.command import command

if TYPE_CHECKING:
    from fileroom.cli.command import Settings
    from fileroom.model import Change, ChangePage

_LIMIT = 100
"""Changes on a page."""


@command(
    "changes",
    "fileroom changes",
    "fileroom changes --since 1200 --type NewStudy --type Deleted --json",
    "fileroom changes --follow",
)
@click.option(
    "--since", type=click.IntRange(min=0), default=0, metavar="N", help="After this sequence number."
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most so many: 100, or as many as there are with --follow.",
)
@click.option(
    "--type", "types", multiple=True, metavar="TYPE", help="Only of this type, for example NewStudy."
)
@click.option("--follow", is_flag=True, help="Go on with what comes, line by line, until Ctrl-C.")
def changes(
    settings: Settings, *, since: int, limit: int | None, types: tuple[str, ...], follow: bool
) -> int:
    """Show what happened in the archive, oldest first, deletions too.

    To read on, pass the last number of one page as --since of the next; JSON has it as "last". With --follow,
    JSON is one object a line.
    """
    with settings.open() as archive:
        if follow:
            for change in islice(archive.changes(since, types=types or None, follow=True), limit):
                click.echo(json.dumps(_as_json(change)) if settings.json else _line(change))
            return 0
        page = archive.changes(since, limit or _LIMIT, types or None)
    if settings.json:
        listed = [_as_json(change) for change in page]
        output.print_json({"changes": listed, "last": page.last, "done": page.done})
    else:
        _print(page)
    return 0


def _as_json(change: Change) -> dict[str, object]:
    return {
        "sequence": change.sequence,
        "type": change.type.label,
        "level": change.level.label,
        "id": change.id,
        "date": change.date.isoformat(),
    }


def _line(change: Change) -> str:
    when = f"{change.date:%Y-%m-%d %H:%M:%S}"
    return f"{change.sequence:>8}  {when}  {change.type.label:<17}  {change.level.label:<8}  {change.id}"


def _print(page: ChangePage) -> None:
    if not len(page):
        output.say("no changes")
        return
    table = output.table("No.", "When (UTC)", "What", "Id", right=("No.",), whole=("Id",))
    for change in page:
        when = f"{change.date:%Y-%m-%d}\n{change.date:%H:%M:%S}"
        what = f"{change.type.label}\n{change.level.label}"
        output.add_row(table, change.sequence, when, what, change.id)
    output.print_table(table)
    if not page.done:
        output.say(f"more: fileroom changes --since {page.last}")


@command("stats", "fileroom stats", "fileroom stats --json", "fileroom stats --plans")
@click.option("--plans", "with_plans", is_flag=True, help="Also show how the index answers usual searches.")
def stats(settings: Settings, *, with_plans: bool) -> int:
    """Show the totals: patients, studies, series, instances, attachments, bytes; and the backends' notes."""
    with settings.open() as archive:
        totals = asdict(archive.statistics())
        notes = [*archive.index.notes(), *archive.storage.notes()]
        plans = list(archive.index.plans()) if with_plans else []
    if settings.json:
        output.print_json({**totals, "notes": notes, **({"plans": plans} if with_plans else {})})
        return 0
    sizes = {"size": totals.pop("bytes"), "size as stored": totals.pop("stored_bytes")}
    rows = {name: f"{count:,}" for name, count in totals.items()}
    rows |= {name: text.size(count) for name, count in sizes.items()}
    output.print_table(output.grid((name, f"{value:>15}") for name, value in rows.items()))
    for note in notes:
        output.say(note)
    if with_plans:
        output.say(*(plans or ["this index does not tell its plans"]))
    return 0
