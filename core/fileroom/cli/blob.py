"""``fileroom blob import``."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli import output
from fileroom.cli.command import Group, command
from fileroom.cli.failures import UsageProblem
from fileroom.cli.intake import opened_report, print_intake, report_option, take_in

if TYPE_CHECKING:
    from fileroom.cli.command import Settings

FEED = "sql"
"""The feed that reads tables."""

blob = Group(
    "blob",
    help="Take images out of a table of another database.",
    examples=("fileroom blob import images --key id --data image sqlite:////old/pacs.db",),
)


@command(
    "import",
    "fileroom blob import images --key id --data image sqlite:////old/pacs.db",
    "fileroom blob import dbo.images --key id --data image --url-env OLD_PACS --report images.jsonl",
    "fileroom blob import scans --key id --data image.source.localdata --url-file ~/oracle-url",
)
@click.argument("table")
@click.argument("url", required=False)
@click.option(
    "--key",
    required=True,
    metavar="COLUMN",
    help="The column that is different in every row: the primary key.",
)
@click.option("--data", required=True, metavar="COLUMN", help="The column with the images.")
@click.option("--url-env", metavar="NAME", help="The environment variable that holds the URL.")
@click.option(
    "--url-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that holds the URL.",
)
@click.option("--after", metavar="KEY", help="Only rows with a greater key.")
@report_option
def import_(
    settings: Settings,
    *,
    table: str,
    url: str | None,
    key: str,
    data: str,
    url_env: str | None,
    url_file: Path | None,
    after: str | None,
    report_file: Path | None,
) -> int:
    """Import the images in a table, one in each row, into a new archive if there is none.

    URL names the database as SQLAlchemy does, dialect://user:password@host/database. Every user of the
    machine may see what is on a command line: give a password by --url-env or --url-file.

    The table is only read. What is there already is skipped: an import that was interrupted goes on when it
    is run again, and sooner with --after. Ctrl-C finishes the images under way and prints a true report. What
    is no DICOM is ignored; damaged DICOM is set aside, see 'fileroom quarantine'.
    """
    place = _url(url, url_env, url_file)
    with (
        opened_report(report_file) as lines,
        settings.open_or_make() as archive,
        archive.feed(FEED, url=place, table=table, key=key, data=data, after=after) as feed,
    ):
        intake = take_in(functools.partial(archive.ingest, feed), lines, "importing")
    if settings.json:
        output.print_json(intake.report.as_dict())
    else:
        print_intake(intake, nothing="the table has no such rows", missing="Not imported", noun="row")
        if intake.report.quarantined:
            output.say(f"damaged images are kept: fileroom -a {settings.archive} quarantine list")
    return intake.exit_code()


def _url(url: str | None, env: str | None, file: Path | None) -> str | dict[str, str]:
    """Return the URL, or where it is, as an option of the type `fileroom.options.Secret` takes it."""
    given: list[str | dict[str, str]] = []
    if url is not None:
        given.append(url)
    if env is not None:
        given.append({"env": env})
    if file is not None:
        given.append({"file": str(file.expanduser().absolute())})
    if len(given) != 1:
        raise UsageProblem("which database? Give one of URL, --url-env and --url-file")
    return given[0]


blob.add_command(import_)
