"""``fileroom export``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.failures import FAILED, UsageProblem, say
from fileroom.cli.identify import resolve
from fileroom.cli.progress import waiting
from fileroom.export import DEFAULT_TEMPLATE

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.export import ExportReport
    from fileroom.resources import Resource

STDOUT = "-"


@command(
    "export",
    "fileroom export 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e -o out",
    "fileroom export PAT-0815 --zip study.zip --template '{StudyDate}/{SOPInstanceUID}.dcm'",
    "fileroom export 1.2.840.113619.2.55.3 --zip - | ssh host 'cat > study.zip'",
)
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.option(
    "-o", "--output", "folder", metavar="DIR", type=click.Path(file_okay=False), help="To a folder."
)
@click.option("--zip", "zip_file", metavar="FILE", help="To a new ZIP file; - is the standard output.")
@click.option(
    "--template", metavar="PATH", default=DEFAULT_TEMPLATE, show_default=True, help="The files' names."
)
def export(
    settings: Settings,
    *,
    identifiers: tuple[str, ...],
    folder: str | None,
    zip_file: str | None,
    template: str,
) -> int:
    """Write all DICOM files of resources, byte for byte as they came in.

    ID is a public id, a UID, a PatientID or an AccessionNumber. No file is ever replaced: one that is there
    already is skipped if it is the same, so an interrupted export goes on when it is run again.
    """
    if (folder is None) == (zip_file is None):
        raise UsageProblem("say where to: either -o DIR or --zip FILE")
    if zip_file == STDOUT and (settings.json or sys.stdout.isatty()):
        raise UsageProblem(
            "--zip - writes bytes to the standard output: send that to a file or a pipe, without --json"
        )
    with settings.open() as archive:
        resources = resolve(archive, identifiers)
        with waiting("exporting"):
            report = _export(archive, resources, folder, zip_file, template)
    failures = {one.id: str(one.error) for one in report.failures}
    if settings.json:
        result = {"written": report.written, "skipped": report.skipped, "bytes": report.bytes}
        output.print_json({**result, "failures": failures})
    else:
        tell = say if zip_file == STDOUT else output.say
        tell(f"wrote {text.counted(report.written, 'file')}, {text.size(report.bytes)}")
        if report.skipped:
            tell(f"skipped {text.counted(report.skipped, 'file')} that were there already")
        for id_, reason in failures.items():
            say(f"not written: {id_}: {reason}")
    return FAILED if failures else 0


def _export(
    archive: Archive, resources: list[Resource], folder: str | None, zip_file: str | None, template: str
) -> ExportReport:
    if folder is not None:
        return archive.export(resources, Path(folder), template=template)
    if zip_file == STDOUT:
        return archive.export(resources, sys.stdout.buffer, template=template, as_zip=True)
    return archive.export(resources, Path(str(zip_file)), template=template, as_zip=True)
