"""``fileroom import``."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.failures import FAILED, INTERRUPTED, CommandError, UsageProblem, say
from fileroom.cli.interruption import Interruption
from fileroom.cli.progress import import_progress
from fileroom.reports import IngestStoppedError, Status

if TYPE_CHECKING:
    from fileroom.cli.command import Settings
    from fileroom.reports import IngestReport, Outcome

JOBS = min(2, os.cpu_count() or 1)
"""Worker processes where ``--jobs`` does not say."""

SHOWN = 10
"""At most so many failures are listed; the report has them all."""

_FAILURES = (Status.CONFLICT, Status.REJECTED, Status.QUARANTINED)


class _Listener:
    """Hears of outcomes once they are durable: writes report lines, and keeps the first failures."""

    def __init__(self, report: BinaryIO | None, interruption: Interruption) -> None:
        self.failures: list[Outcome] = []
        self.error: OSError | None = None
        self._report = report
        self._stop = interruption.stop

    def hear(self, outcome: Outcome) -> None:
        if outcome.status in _FAILURES and len(self.failures) < SHOWN:
            self.failures.append(outcome)
        if self._report is None or self.error is not None:
            return
        line = {"path": outcome.name, "status": outcome.status, "id": outcome.id, "reason": outcome.reason}
        try:
            self._report.write(f"{json.dumps(line)}\n".encode("ascii"))
        except OSError as error:  # an import whose report is not written is stopped, in order
            self.error = error
            self._stop.set()


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
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=JOBS,
    metavar="N",
    show_default=True,
    help="Processes.",
)
@click.option(
    "--report",
    "report_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write a JSON line for each file as soon as it is durable: path, status, id, reason.",
)
def import_(settings: Settings, *, paths: tuple[Path, ...], jobs: int, report_file: Path | None) -> int:
    """Import files, folders and ZIP files, into a new archive if there is none.

    What is there already is skipped: an import that was interrupted goes on when it is run again. Ctrl-C
    finishes the files under way and prints a true report. What is no DICOM is ignored; damaged DICOM is set
    aside, see 'fileroom quarantine'.
    """
    stopped: IngestStoppedError | None = None
    with ExitStack() as stack:
        lines = _open_report(report_file, stack)
        archive = stack.enter_context(settings.open_or_make())
        interruption = stack.enter_context(Interruption())
        listener = _Listener(lines, interruption)
        progress = stack.enter_context(import_progress("importing"))
        try:
            report = interruption.run(
                lambda: archive.ingest(
                    paths, jobs=jobs, progress=progress, on_outcome=listener.hear, stop=interruption.stop
                )
            )
        except IngestStoppedError as error:
            stopped, report = error, error.report
    _print(report, listener.failures, settings, stopped=stopped is not None)
    if stopped is not None:
        raise stopped
    if listener.error is not None:
        reason = listener.error.strerror or type(listener.error).__name__
        raise CommandError(f"stopped, since the report cannot be written: {reason}; what it lists is stored")
    if report.interrupted:
        say("interrupted: run the same command to go on")
        return INTERRUPTED
    return FAILED if report.failed else 0


def _open_report(file: Path | None, stack: ExitStack) -> BinaryIO | None:
    """Open the report without a buffer: what is written is with the system at once.

    Only an earlier report is written over: a slip of the hand must not cost an image.
    """
    if file is None:
        return None
    try:
        if file.is_file() and file.stat().st_size:
            with file.open("rb") as earlier:
                if not earlier.readline(1000).startswith(b'{"path":'):
                    raise UsageProblem("--report: this file exists and is no report: choose another name")
        return stack.enter_context(file.open("wb", buffering=0))
    except OSError as error:
        raise CommandError(f"the report cannot be written: {error.strerror}") from error


def _print(report: IngestReport, failures: list[Outcome], settings: Settings, *, stopped: bool) -> None:
    if settings.json:
        output.print_json(report.as_dict())
        return
    if not len(report):
        if not stopped:
            output.say("nothing to import")
        return
    rate = len(report) / report.seconds if report.seconds else 0.0
    files = text.counted(len(report), "file")
    output.say(f"{files}, {text.size(report.bytes)} in {report.seconds:.1f} s ({rate:,.0f}/s)")
    counts = {status.replace("_", " "): f"{count:10,}" for status, count in report.counts.items() if count}
    if report.evicted:
        counts["removed for the quota"] = f"{report.evicted:10,}"
    output.print_table(output.grid(counts.items()))
    if failures:
        _print_failures(report, failures, settings)


def _print_failures(report: IngestReport, failures: list[Outcome], settings: Settings) -> None:
    table = output.table("Not imported", "File and reason", whole=("Not imported",))
    for one in failures:
        output.add_row(table, one.status, f"{one.name}\n{one.reason}")
    output.print_table(table)
    if report.failed > len(failures):
        output.say(f"and {report.failed - len(failures):,} more: --report FILE lists them all")
    if report.quarantined:
        output.say(f"damaged files are kept: fileroom -a {settings.archive} quarantine list")
