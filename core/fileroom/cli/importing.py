"""``fileroom import``."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli import output
from fileroom.cli.background import process_stored
from fileroom.cli.command import command
from fileroom.cli.executing import executor_options, executor_tables
from fileroom.cli.intake import jobs_option, opened_report, print_intake, report_option, take_in

if TYPE_CHECKING:
    from fileroom.cli.command import Settings


@command(
    "import",
    "fileroom import ~/dicom",
    "fileroom -a /data/images import cd1.zip cd2.zip --jobs 4 --report import.jsonl",
    "fileroom -a pacs.toml import /mnt/images --executor dask --scheduler tcp://dask.example.org:8786",
)
@click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, readable=False, path_type=Path),
)
@jobs_option(min(2, os.cpu_count() or 1))
@executor_options
@report_option
def import_(
    settings: Settings,
    *,
    paths: tuple[Path, ...],
    jobs: int,
    executor: str | None,
    scheduler: str | None,
    report_file: Path | None,
) -> int:
    """Import files, folders and ZIP files, into a new archive if there is none.

    What is there already is skipped: an import that was interrupted goes on when it is run again. Ctrl-C
    finishes the files under way and prints a true report. What is no DICOM is ignored; damaged DICOM is set
    aside, see 'fileroom quarantine'. With --executor, its workers import: they must see the files, and reach
    index and storage, as this machine does.
    """
    tables = executor_tables(executor, scheduler)
    with opened_report(report_file) as lines, settings.open_or_make(**tables) as archive:
        work = functools.partial(archive.ingest, paths, jobs=jobs, executor=executor)
        intake = take_in(work, lines, "importing")
        process_stored(archive)
    if settings.json:
        output.print_json(intake.report.as_dict())
    else:
        print_intake(intake, nothing="nothing to import", missing="Not imported")
        if intake.report.quarantined:
            output.say(f"damaged files are kept: fileroom -a {settings.archive} quarantine list")
    return intake.exit_code()
