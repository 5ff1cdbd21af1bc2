"""``fileroom register``."""

from __future__ import annotations

import dataclasses
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.cli.failures import UsageProblem
from fileroom.cli.handing_over import say_if_private
from fileroom.cli.intake import jobs_option, opened_report, print_intake, report_option, take_in

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.cli.command import Settings


@command(
    "register",
    "fileroom register /data/area /mnt/scanner/*.dcm",
    "fileroom register /data/images ~/dicom --overwrite if-changed",
    "fileroom register -p /data/area",
)
@click.argument("area", metavar="AREA", type=click.Path(path_type=Path))
@click.argument(
    "paths",
    metavar="[FILE...]",
    nargs=-1,
    type=click.Path(exists=True, readable=False, path_type=Path),
)
@click.option("-n", "--not-new", is_flag=True, help="Note that the instances were reviewed already.")
@click.option(
    "-p", "--print", "printing", is_flag=True, help="Print what the index lists, as 'dcmqridx -p' does."
)
@click.option(
    "--overwrite",
    type=click.Choice(["never", "always", "if-changed"], case_sensitive=False),
    help="What to do with instances that are there already.  [default: as configured]",
)
@jobs_option(1)  # hardly any work for others: the index commits in one process
@report_option
def register(
    settings: Settings,
    *,
    area: Path,
    paths: tuple[Path, ...],
    not_new: bool,
    printing: bool,
    overwrite: str | None,
    jobs: int,
    report_file: Path | None,
) -> int:
    """Take files, and folders of them, into the index where they lie.

    AREA is a storage area of DCMTK, or any archive: a folder or a TOML file. A folder that is neither becomes
    an area, which dcmqrscp can serve. Nothing is copied, changed, moved or deleted, and the files stay yours:
    keep them where they are.
    """
    if settings.given is not None:
        raise UsageProblem("the archive is the first word here: fileroom register AREA FILE...")
    if not paths and not printing:
        raise UsageProblem("name the files to register, or print what is there with -p")
    settings.given = str(area)
    is_new = not settings.exists()
    if is_new and not paths:
        raise UsageProblem(f"{area} is no archive and no storage area: there is nothing to print")
    with opened_report(report_file) as lines, _opened(settings) as archive:
        work = functools.partial(archive.register, paths, new=not not_new, overwrite=overwrite, jobs=jobs)
        intake = take_in(work, lines, "registering")
        if settings.json:
            output.print_json(intake.report.as_dict() | (_listed(archive) if printing else {}))
        elif paths:
            print_intake(intake, nothing="nothing to register", missing="Not registered", err=printing)
        if printing and not settings.json:
            _print_listing(archive)
        if is_new and not settings.json:
            say_if_private(archive)
    return intake.exit_code()


def _opened(settings: Settings) -> Archive:
    import fileroom  # noqa: PLC0415 - not needed for --help
    from fileroom.config import AREA  # noqa: PLC0415

    path = Path(settings.archive).expanduser()
    if settings.exists() or path.suffix.lower() == ".toml":
        return settings.open()
    return fileroom.open(path, index=AREA["index"], storage=AREA["storage"])


def _print_listing(archive: Archive) -> None:
    """Print what dcmqridx prints: byte by byte, but harmlessly and as Unicode on a terminal."""
    from fileroom.listing import decoded, lines, listing  # noqa: PLC0415

    listed = listing(archive)
    if sys.stdout.isatty():
        for line in lines(decoded(listed)):
            output.say(line)
    else:
        stdout = sys.stdout.buffer
        for line in lines(listed):
            stdout.write(line.encode("utf-8", "surrogateescape") + b"\n")
        stdout.flush()


def _listed(archive: Archive) -> dict[str, object]:
    from fileroom.listing import decoded, listing  # noqa: PLC0415

    listed = decoded(listing(archive))
    return {
        "studies": [dataclasses.asdict(one) for one in listed.studies],
        "instances": [dataclasses.asdict(one) for one in listed.instances],
        "records": listed.records,
    }
