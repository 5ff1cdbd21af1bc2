"""``fileroom verify``, ``sweep``, ``rebuild`` and ``compact``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.failures import FAILED
from fileroom.cli.progress import waiting
from fileroom.ingest import SWEEP_GRACE
from fileroom.model import ARCHIVE_ID

if TYPE_CHECKING:
    from fileroom.cli.command import Settings


@command("verify", "fileroom verify", "fileroom verify --sizes-only --json")
@click.option("--sizes-only", is_flag=True, help="Compare sizes, without reading the bytes.")
def verify(settings: Settings, *, sizes_only: bool) -> int:
    """Compare all stored bytes with their recorded sizes and digests, and list what differs.

    What is wrong in the index's own files is listed too. Exit code 1 if anything is.
    """
    with settings.open() as archive, waiting("verifying"):
        findings = list(archive.verify(digests=not sizes_only))
        names = {one.content_type: archive.content_types.resolve(one.content_type).name for one in findings}
    if settings.json:
        output.print_json([asdict(one) for one in findings])
    elif findings:
        table = output.table("Id, attachment", "Problem", whole=("Id, attachment",))
        for one in findings:
            owner = "the archive itself" if one.id == ARCHIVE_ID else one.id
            where = f"{owner}\n{names[one.content_type]}" if owner else "the index"
            output.add_row(table, where, f"{one.problem}\n{one.reason}")
        output.print_table(table)
        output.say(f"{text.counted(len(findings), 'problem')} found")
    else:
        output.say("everything is as it was recorded")
    return FAILED if findings else 0


@command("sweep", "fileroom sweep --dry-run", "fileroom sweep --older-than 3600")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@click.option(
    "--older-than",
    "grace",
    type=click.FloatRange(min=0),
    default=SWEEP_GRACE,
    show_default=True,
    metavar="SECONDS",
    help="Spare what is younger: an import under way may still want it.",
)
def sweep(settings: Settings, *, dry_run: bool, grace: float) -> int:
    """Delete stored bytes that belong to nothing: what crashes and interrupted imports left behind."""
    with settings.open() as archive, waiting("sweeping"):
        report = archive.sweep(grace=grace, dry_run=dry_run)
    if settings.json:
        output.print_json(asdict(report))
    else:
        orphans = f"{text.counted(report.orphans, 'orphan')}, {text.size(report.bytes)}"
        output.say(
            f"found {orphans}; nothing was deleted"
            if dry_run
            else f"found {orphans}; deleted {report.deleted:,}"
        )
        if report.unfinished:
            output.say(f"removed {text.counted(report.unfinished, 'unfinished file')}")
        if report.foreign:
            output.say(
                f"left alone {text.counted(report.foreign, 'file')} that another program put here: "
                "'fileroom register' or 'fileroom rebuild --adopt' takes in what is wanted"
            )
    return 0 if dry_run or report.deleted == report.orphans else FAILED


@command("rebuild", "fileroom rebuild")
@click.option(
    "--adopt/--no-adopt", default=None, help="Take in stored DICOM files that the index does not know."
)
def rebuild(settings: Settings, *, adopt: bool | None) -> int:
    """Read all stored headers anew, so that tags added to [index.extra_tags] can be searched.

    Into an index that is empty, or has lost a part of what it knew, everything stored is taken in.
    """
    with settings.open() as archive, waiting("reading headers"):
        report = archive.rebuild(adopt=adopt)
    if settings.json:
        output.print_json(asdict(report))
    else:
        output.say(f"read {text.counted(report.refreshed, 'header')} anew, took in {report.adopted:,}")
        if report.unreadable:
            output.say(f"{text.counted(report.unreadable, 'file')} cannot be used: run 'fileroom verify'")
    return FAILED if report.unreadable else 0


@command("compact", "fileroom compact")
def compact(settings: Settings) -> None:
    """Give back the space that the index's files have for what is gone.

    Nothing that the index knows changes. Whoever writes to the archive meanwhile has to wait.
    """
    with settings.open() as archive, waiting("compacting"):
        given_back = archive.compact()
    if settings.json:
        output.print_json({"bytes": given_back})
    else:
        output.say(f"gave back {text.size(given_back)}" if given_back else "there was nothing to give back")
