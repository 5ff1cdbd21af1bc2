"""Sending with a progress bar, and what became of it in words and as JSON."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from fileroom.cli import output, text
from fileroom.cli.failures import say
from fileroom.model import Level
from fileroom.sending import SendState, SendStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fileroom.archive import Archive
    from fileroom.network import Host
    from fileroom.resources import Resource
    from fileroom.sending import SendReport, SendStatus


def deliver(
    archive: Archive, resources: Sequence[Resource], host: Host
) -> tuple[SendReport, SendStoppedError | None]:
    """Send resources; return the report, and the error if sending had to stop."""
    with _progress(f"sending to {host.ae_title}", _instances(archive, resources)) as step:
        try:
            return archive.send(resources, host, on_status=lambda _: step()), None
        except SendStoppedError as error:
            return error.report, error


def print_report(report: SendReport, host: Host) -> None:
    """Say what was sent, and of each object that the peer does not have, or remarked on, why."""
    arrived = text.counted(report.sent + report.warnings, "instance")
    output.say(f"sent {arrived} to {host}: {text.size(report.bytes)} in {report.seconds:.1f} s")
    for status in report.problems:
        if status.state is not SendState.UNSENT:
            remark = "sent, with a warning" if status.state is SendState.WARNING else "not sent"
            say(f"{remark}: {status.item.id}: {status.reason}")
    if report.unsent:
        say(f"not sent: {text.counted(report.unsent, 'instance')}, since the association ended first")


def as_json(report: SendReport) -> dict[str, Any]:
    """Return counts, bytes, seconds, and state and reason of each problem by public id."""
    return {
        "sent": report.sent,
        "warnings": report.warnings,
        "failed": report.failed,
        "unsent": report.unsent,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "problems": {one.item.id: _problem(one) for one in report.problems},
    }


def _problem(status: SendStatus) -> dict[str, Any]:
    return {"state": status.state.value, "code": status.code, "reason": status.reason}


def _instances(archive: Archive, resources: Sequence[Resource]) -> int:
    below = (archive.within(one.id, Level.INSTANCE) for one in resources if one.level is not Level.INSTANCE)
    return sum(1 for one in resources if one.level is Level.INSTANCE) + sum(one.count() for one in below)


@contextlib.contextmanager
def _progress(description: str, total: int) -> Iterator[Callable[[], None]]:
    """Yield what counts one more object, on a bar if somebody sees it."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich import progress as bars  # noqa: PLC0415 - not needed for --help

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(bar_width=20),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(compact=True),
    )
    with bars.Progress(*columns, console=output.console(stderr=True), transient=True) as shown:
        task = shown.add_task(description, total=total)
        yield lambda: shown.advance(task)
