"""What ``fileroom import`` and ``fileroom register`` share: options, progress, Ctrl-C, the report."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from fileroom.cli import output, text
from fileroom.cli.failures import FAILED, INTERRUPTED, CommandError, UsageProblem, say
from fileroom.cli.interruption import Interruption
from fileroom.cli.progress import import_progress
from fileroom.reports import IngestStoppedError, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fileroom.reports import IngestReport, Outcome

SHOWN = 10
"""At most so many failures are listed; the report has them all."""

_FAILURES = (Status.CONFLICT, Status.REJECTED, Status.QUARANTINED)

report_option: Callable[[Any], Any] = click.option(
    "--report",
    "report_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write a JSON line for each file as soon as it is durable: path, status, id, reason.",
)


def jobs_option(default: int) -> Callable[[Any], Any]:
    """Return the option that says how many processes are to work."""
    return click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        default=default,
        metavar="N",
        show_default=True,
        help="How many processes work.",
    )


timeout_option: Callable[[Any], Any] = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Give an object up after so long, and go on with the others.",
)


@contextmanager
def opened_report(file: Path | None) -> Iterator[BinaryIO | None]:
    """Open the report without a buffer: what is written is with the system at once.

    Only an earlier report is written over: a slip of the hand must not cost an image.
    """
    if file is None:
        yield None
        return
    try:
        if file.is_file() and file.stat().st_size:
            with file.open("rb") as earlier:
                if not earlier.readline(1000).startswith(b'{"path":'):
                    raise UsageProblem("--report: this file exists and is no report: choose another name")
        opened = file.open("wb", buffering=0)
    except OSError as error:
        raise CommandError(f"the report cannot be written: {error.strerror}") from error
    with opened:
        yield opened


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


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking files in has come to.

    Attributes:
        report: the outcomes; of those up to where it stopped, if it did.
        failures: the first `SHOWN` files that are not in the archive.
        stopped: why it had to stop; None if it did not.
        unreported: why the report could not be written; None if it could.
    """

    report: IngestReport
    failures: list[Outcome]
    stopped: IngestStoppedError | None
    unreported: OSError | None

    def exit_code(self) -> int:
        """Return the command's exit code, or raise what ends it.

        Raises:
            IngestStoppedError: the storage or the index failed.
            CommandError: the report could not be written.
        """
        if self.stopped is not None:
            raise self.stopped
        if self.unreported is not None:
            reason = self.unreported.strerror or type(self.unreported).__name__
            what = "what it lists is stored"
            raise CommandError(f"stopped, since the report cannot be written: {reason}; {what}")
        if self.report.interrupted:
            say("interrupted: run the same command to go on")
            return INTERRUPTED
        return FAILED if self.report.failed else 0


def take_in(work: Callable[..., IngestReport], lines: BinaryIO | None, doing: str) -> Intake:
    """Run a job that takes `fileroom.Archive.ingest`'s listeners, with progress and an ear for Ctrl-C."""
    stopped = None
    with Interruption() as interruption, import_progress(doing) as progress:
        listener = _Listener(lines, interruption)
        try:
            report = interruption.run(
                lambda: work(progress=progress, on_outcome=listener.hear, stop=interruption.stop)
            )
        except IngestStoppedError as error:
            stopped, report = error, error.report
    return Intake(report, listener.failures, stopped, listener.error)


def print_intake(
    intake: Intake, *, nothing: str, missing: str, noun: str = "file", err: bool = False
) -> None:
    """Print what became of the files.

    Args:
        intake: what there is to tell.
        nothing: what to say if there were none.
        missing: the heading over the failures.
        noun: what was taken in.
        err: print to the standard error.
    """
    report = intake.report
    if not len(report):
        if intake.stopped is None:
            output.say(nothing, err=err)
        return
    rate = len(report) / report.seconds if report.seconds else 0.0
    taken = text.counted(len(report), noun)
    output.say(f"{taken}, {text.size(report.bytes)} in {report.seconds:.1f} s ({rate:,.0f}/s)", err=err)
    counts = {status.replace("_", " "): f"{count:10,}" for status, count in report.counts.items() if count}
    if report.evicted:
        counts["removed for the quota"] = f"{report.evicted:10,}"
    output.print_table(output.grid(counts.items()), err=err)
    if intake.failures:
        _print_failures(report, intake.failures, missing, noun, err=err)


def _print_failures(
    report: IngestReport, failures: list[Outcome], heading: str, noun: str, *, err: bool
) -> None:
    table = output.table(heading, f"{noun.capitalize()} and reason", whole=(heading,))
    for one in failures:
        output.add_row(table, one.status, f"{one.name}\n{one.reason}")
    output.print_table(table, err=err)
    if report.failed > len(failures):
        output.say(f"and {report.failed - len(failures):,} more: --report FILE lists them all", err=err)
