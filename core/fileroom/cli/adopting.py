"""``fileroom import-config``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.cli.failures import CommandError, UsageProblem, say

if TYPE_CHECKING:
    from fileroom.cli.command import Settings
    from fileroom.dcmqrscp import DcmqrscpConfig

_FOLDER = click.Path(file_okay=False, path_type=Path)


@command(
    "import-config",
    "fileroom import-config /etc/dcmtk/dcmqrscp.cfg --to archives",
    "fileroom -a archives/ACME_STORE.toml find study",
)
@click.argument("config_file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", type=_FOLDER, default=".", metavar="FOLDER", help="Write here; the current folder.")
@click.option(
    "--areas-from",
    type=_FOLDER,
    default=".",
    metavar="FOLDER",
    help="Where relative storage areas start: where dcmqrscp was started; the current folder.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
def import_config(settings: Settings, *, config_file: Path, to: Path, areas_from: Path, force: bool) -> int:
    """Make archives of the storage areas in a dcmqrscp.cfg.

    Writes a TOML file for each AE title, named after it, with hosts and vendors, access, quota and peers. The
    storage areas stay as they are, and DCMTK's programs may go on using them.
    """
    from fileroom.dcmqrscp import read_dcmqrscp  # noqa: PLC0415 - not needed for --help
    from fileroom.retention import format_size  # noqa: PLC0415

    config = read_dcmqrscp(config_file)
    if not config.areas:
        raise UsageProblem(f"{config_file.name} has no AE title in its AETable: there is nothing to make")
    files = _write(config, to, areas_from, force=force)
    notes = [*config.notes, *_missing(config, areas_from), *_shared(config, areas_from)]
    if settings.json:
        output.print_json(
            {
                "archives": [
                    {
                        "ae_title": area.ae_title,
                        "file": str(file),
                        "path": str(area.folder(areas_from)),
                        "access": area.access,
                        "max_studies": area.max_studies,
                        "max_bytes": area.max_bytes,
                        "peers": area.peers,
                    }
                    for area, file in zip(config.areas, files, strict=True)
                ],
                "notes": [{"line": line, "text": note} for line, note in notes],
            }
        )
        return 0
    table = output.table("AE title", "Storage area", "Access", "Quota", "Peers", whole=("AE title", "Quota"))
    for area in config.areas:
        quota = f"{area.max_studies:,} x {format_size(area.max_bytes)}"
        folder, peers = area.folder(areas_from), ", ".join(area.peers)
        output.add_row(table, area.ae_title, folder, area.access, quota, peers)
    output.print_table(table)
    for file in files:
        output.say(f"wrote {file}")
    for line, note in notes:
        say(f"line {line}: {note}")
    return 0


def _write(config: DcmqrscpConfig, to: Path, areas_from: Path, *, force: bool) -> list[Path]:
    files = [to / f"{config.name(area)}.toml" for area in config.areas]
    if (taken := [str(file) for file in files if file.exists()]) and not force:
        raise UsageProblem(
            f"not written, for it is there already: {', '.join(taken)}; --force writes over it"
        )
    try:
        to.mkdir(parents=True, exist_ok=True)
        for area, file in zip(config.areas, files, strict=True):
            file.write_text(config.toml(area, areas_from), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write to {to}: {error.strerror or type(error).__name__}") from error
    return files


def _missing(config: DcmqrscpConfig, areas_from: Path) -> list[tuple[int, str]]:
    """Return a note for each storage area that is not there."""
    hint = "it is made on first use; --areas-from tells where relative ones start"
    missing = ((area.line, area.folder(areas_from)) for area in config.areas)
    return [(line, f"no folder {folder}: {hint}") for line, folder in missing if not folder.is_dir()]


def _shared(config: DcmqrscpConfig, areas_from: Path) -> list[tuple[int, str]]:
    """Return a note for each AE title whose storage area an earlier one has as well."""
    owners: dict[Path, str] = {}
    notes = []
    for area in config.areas:
        owner = owners.setdefault(area.folder(areas_from), area.ae_title)
        if owner != area.ae_title:
            note = f"{area.ae_title} has the storage area of {owner}: both archives show the same objects"
            notes.append((area.line, note))
    return notes
