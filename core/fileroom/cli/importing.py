"""``fileroom import``."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.cli.intake import jobs_option, opened_report, print_intake, report_option, take_in

if TYPE_CHECKING:
    from fileroom.cli.command import Settings


@command(
    "import",
    "fileroom import ~/dicom",
    "fileroom -a /data/images import cd1.zip cd2.zip --jobs 4 --report import.jsonl",
)
@click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, readable=False, path_type=Path),
)
@jobs_option(min(2, os.cpu_count() or 1))
@report_option
def import_(settings: Settings, *, paths: tuple[Path, ...], jobs: int, report_file: Path | None) -> int:
    """Import files, folders and ZIP files, into a new archive if there is none.

    What is there already is skipped: an import that was interrupted goes on when it is run again. Ctrl-C
    finishes the files under way and prints a true report. What is no DICOM is ignored; damaged DICOM is set
    aside, see 'fileroom quarantine'.
    """
    with opened_report(report_file) as lines, settings.open_or_make() as archive:
        intake = take_in(functools.partial(archive.ingest, paths, jobs=jobs), lines, "importing")
    if settings.json:
        output.print_json(intake.report.as_dict())
    else:
        print_intake(intake, nothing="nothing to import", missing="Not imported")
        if intake.report.quarantined:
            output.say(f"damaged files are kept: fileroom -a {settings.archive} quarantine list")
    return intake.exit_code()
