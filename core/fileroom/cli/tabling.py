"""``fileroom table``."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fileroom._files import publish
from fileroom._tables.files import FORMATS, write_table
from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.counting import counting
from fileroom.cli.failures import FAILED, CommandError, UsageProblem, say
from fileroom.cli.selecting import keys_of, level_of

if TYPE_CHECKING:
    from fileroom._tables.arrow import Batches
    from fileroom.cli.command import Settings

_COLUMN = re.compile(r'(?:\("[^"]*"\)|\([^()]*\)|\b[0-9A-Fa-f]{4},[0-9A-Fa-fxX]{4}\b|[^,])+')


@command(
    "table",
    "fileroom table series Modality=CT --columns PatientID,SeriesDate,SliceThickness --to csv",
    "fileroom table instance StudyDate=2024 --columns id,KVP,PixelSpacing --to parquet -o ct.parquet",
    "fileroom table instance --columns 'id,ImageType[3],(0018,0060),0029xx08(SIEMENS CSA HEADER)'",
    "fileroom table study --to arrow -o studies.arrow",
)
@click.argument("level", metavar="LEVEL")
@click.argument("keys", metavar="[KEY=VALUE]...", nargs=-1)
@click.option(
    "--columns", metavar="COLUMN,...", multiple=True, help="The columns; without, all that is indexed."
)
@click.option(
    "--to",
    "form",
    type=click.Choice(FORMATS, case_sensitive=False),
    help="The format.  [default: by FILE, or csv]",
)
@click.option(
    "-o", "--output", "target", metavar="FILE", type=click.Path(path_type=Path), help="Write to a new file."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many rows.")
@click.option("--order", multiple=True, metavar="KEY", help="Order by this attribute; -KEY for descending.")
@click.option("--exact", is_flag=True, help="Compare names with case and accents.")
def table(
    settings: Settings,
    *,
    level: str,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    form: str | None,
    target: Path | None,
    limit: int | None,
    order: tuple[str, ...],
    exact: bool,
) -> int:
    """Write what a search finds as a table of typed columns: Parquet, CSV, or Arrow's file format.

    LEVEL and KEY=VALUE are as for 'fileroom find'. A column is the keyword or tag of any attribute: one that
    is not in the index is read from the stored headers, for a patient, study or series from that of one
    instance. A private one is '0029xx10(SIEMENS CSA HEADER)'; a dot leads into a sequence, to its first item,
    'SEQUENCE[2].' to the second, and 'SEQUENCE[*].' to all. Other columns are id, level, uid and received.
    """
    if settings.json and target is None:
        raise UsageProblem(
            "a table is CSV, Parquet or Arrow: 'fileroom find --json' prints JSON; -o --json lists files"
        )
    form = form or _by_suffix(target)
    if target is None and form != "csv" and sys.stdout.isatty():
        raise UsageProblem(f"{form} is not for a terminal: write it to a file with -o, or to a pipe")
    if target is not None and target.exists():
        raise CommandError(f"{target} is there already, and no file is replaced")
    wanted = level_of(level)
    arguments: dict[str, Any] = {
        "exact": exact,
        "limit": limit,
        "order_by": _split(order),
        **keys_of(keys),
    }
    failed: list[dict[str, object]] = []

    def unreadable(id_: str, error: Exception) -> None:
        failed.append({"object": id_, "reason": str(error)})
        say(f"{id_}: {error}")

    with settings.open() as archive, ExitStack() as stack:
        names = [name for typed in columns for name in _columns(typed)]
        count = archive.find(wanted, **arguments).count()
        step = stack.enter_context(counting("reading", count if limit is None else min(count, limit)))
        reader = archive.to_batches(wanted, columns=names, on_row=step, on_unreadable=unreadable, **arguments)
        if target is None:
            write_table(reader, sys.stdout.buffer, form)
        else:
            _write_file(reader, target, form)
    if settings.json:
        output.print_json_list([{"object": wanted.label, "files": [str(target)]}, *failed])
    elif target is not None:
        output.say(f"{target} ({text.size(target.stat().st_size)})")
    return FAILED if failed else 0


def _by_suffix(target: Path | None) -> str:
    """Return the format that a file's name tells, CSV where it tells none."""
    suffix = target.suffix.lower() if target is not None else ""
    return {".parquet": "parquet", ".arrow": "arrow", ".feather": "arrow"}.get(suffix, "csv")


def _columns(typed: str) -> list[str]:
    """Split columns at commas, but not at those within tags and creators."""
    return [name for part in _COLUMN.findall(typed) if (name := part.strip())]


def _split(names: tuple[str, ...]) -> list[str]:
    return [part.strip() for name in names for part in name.split(",") if part.strip()]


def _write_file(reader: Batches, target: Path, form: str) -> None:
    """Write a file that is there only when it is whole, and never over another."""
    part = target.with_name(f"{target.name}.part")
    try:
        file = part.open("xb")
    except FileExistsError as error:
        raise CommandError(f"{part} is there already: another run writes it, or was cut off") from error
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        with file:
            write_table(reader, file, form)
        publish(part, target)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(target, error) from error
        raise


def _unwritable(target: Path, error: OSError) -> CommandError:
    return CommandError(f"{target} cannot be written: {error.strerror or type(error).__name__}")
