"""``fileroom migrate``."""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.command import Settings, command
from fileroom.cli.failures import FAILED, INTERRUPTED, UsageProblem, say
from fileroom.cli.handing_over import say_if_private
from fileroom.cli.interruption import Interruption
from fileroom.cli.progress import migration_progress
from fileroom.cli.rehearsing import WITHOUT_PLUGINS, rehearsed
from fileroom.errors import CatalogError, StorageError
from fileroom.migrating import PARTS, MigrationRefusedError
from fileroom.migrating import migrate as migrate_archive

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from fileroom.archive import Archive
    from fileroom.migrating import MigrationReport

SHOWN = 20
"""At most so many differences are listed; ``--json`` has them all."""

_FOR_BOTH = ("FILEROOM_INDEX__", "FILEROOM_STORAGE__")
_WHERE = "an archive's folder or TOML file."


@command(
    "migrate",
    "fileroom migrate --from archive --to new.toml --dry-run",
    "fileroom migrate --from archive --to new.toml",
)
@click.option("--from", "source", metavar="PATH", required=True, help=f"What to copy: {_WHERE}")
@click.option("--to", "target", metavar="PATH", required=True, help=f"Where to: {_WHERE}")
@click.option(
    "--drop",
    multiple=True,
    type=click.Choice(PARTS, case_sensitive=False),
    help="Leave this behind. May be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Only count what would be copied.")
@click.option("--live", is_flag=True, help="The source is in use: follow its change log, and end when quiet.")
@click.option(
    "--quiet",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="With --live: without a change for so long, the source is quiet.",
)
def migrate(
    settings: Settings,
    *,
    source: str,
    target: str,
    drop: tuple[str, ...],
    dry_run: bool,
    live: bool,
    quiet: float,
) -> int:
    """Copy an archive to another index, another storage, or both, and compare the two.

    The source is only read. What is in the target is passed over and never overwritten: a migration that was
    interrupted goes on when it is run again. Let nothing be stored or deleted in either meanwhile.

    With --live the source may be in use: everything is copied, then every later change is followed. To cut
    over, stop what writes to the source; once it has been quiet for --quiet seconds, the two are compared,
    and the target is what the source was.

    Exit code 1 if anything differs.
    """
    _refuse_what_is_for_both()
    if live and "changes" in drop:
        raise UsageProblem(
            "--live follows the change log, which --drop changes leaves behind: use one of them"
        )
    with _source(source) as one, _target(target, dry_run=dry_run) as other, Interruption() as interruption:
        with migration_progress() as progress:
            try:
                report = interruption.run(
                    lambda: migrate_archive(
                        one,
                        other,
                        drop=drop,
                        dry_run=dry_run,
                        live=live,
                        quiet=quiet,
                        progress=progress,
                        stop=interruption.stop,
                    )
                )
            except MigrationRefusedError as error:
                raise UsageProblem(_refusal(error)) from error
            except (StorageError, CatalogError):
                say("the migration stopped: run the same command to go on")
                raise
        if settings.json:
            _print_json(report)
        else:
            _print(report, other)
            if not dry_run:
                say_if_private(other)
    if report.interrupted:
        say("interrupted: run the same command to go on")
        return INTERRUPTED
    return FAILED if report.differences else 0


def _refuse_what_is_for_both() -> None:
    for name in sorted(os.environ):
        if name.startswith(_FOR_BOTH):
            raise UsageProblem(f"the environment variable {name} would be for both archives: unset it")


def _source(path: str) -> Archive:
    """Open an archive to be read, without plugins that might write."""
    import fileroom  # noqa: PLC0415 - not needed for --help

    Settings(path).require()
    return fileroom.open(path, **WITHOUT_PLUGINS)


def _target(path: str, *, dry_run: bool) -> AbstractContextManager[Archive]:
    """Open an archive; a folder becomes one, unless others have files in it."""
    place = Path(path).expanduser()
    if place.suffix.lower() == ".toml" and not place.exists():
        raise UsageProblem(f"there is no {path}: write it first, or name a folder")
    if not Settings(path).exists() and place.is_dir() and any(place.iterdir()):
        raise UsageProblem(
            f"the folder {path} has files in it, and is no archive: name an empty or a new one"
        )
    return rehearsed(path) if dry_run else Settings(path).open_or_make()


def _refusal(error: MigrationRefusedError) -> str:
    ways = [f"--drop {part}" for part in error.reasons if part in PARTS]
    way = f"; {' '.join(ways)} leaves that behind" if ways else ""
    return f"the target cannot take over everything, and nothing was copied: {error}{way}"


def _print_json(report: MigrationReport) -> None:
    """Print the counts and all differences, of which there may be more than fit into memory."""
    click.echo(f'{{"counts": {json.dumps(report.as_dict())},\n"differences": ', nl=False)
    output.print_json_list(asdict(one) for one in report)
    click.echo("}")


def _print(report: MigrationReport, target: Archive) -> None:
    copied = text.counted(report.instances, "instance")
    if report.attachments:
        copied += f" and {text.counted(report.attachments, 'attachment')}"
    there = f"; {report.present:,} there already" if report.present else ""
    if report.dry_run:
        output.say(f"would copy {copied}, {text.size(report.bytes)}{there}")
    else:
        output.say(f"copied {copied}, {text.size(report.bytes)} in {report.seconds:.1f} s{there}")
        if report.changes:
            output.say(f"carried over {text.counted(report.changes, 'change')}")
        if report.compared:
            output.say(f"compared {text.counted(report.compared, 'resource')}: {_found(report)}")
    _print_differences(report, target)


def _found(report: MigrationReport) -> str:
    return text.counted(report.differences, "difference") if report.differences else "nothing differs"


def _print_differences(report: MigrationReport, target: Archive) -> None:
    if not report.differences:
        return
    table = output.table("Id, what", "Difference", whole=("Id, what",))
    for one in itertools.islice(report, SHOWN):
        name = one.name
        if one.what in ("attachment", "bytes"):
            name = f"of {target.content_types.resolve(name).name}"
        output.add_row(table, f"{one.id or 'archive'}\n{one.what} {name}".rstrip(), one.reason)
    output.print_table(table)
    if report.differences > SHOWN:
        output.say(f"and {report.differences - SHOWN:,} more: --json lists them all")
