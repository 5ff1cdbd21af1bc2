"""Sending with a progress bar, and what became of it in words and as JSON."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

from fileroom.cli import output, text
from fileroom.cli.counting import counting
from fileroom.cli.failures import say
from fileroom.model import Level
from fileroom.outgoing import send_items
from fileroom.sending import SendReport, SendState, SendStatus, SendStoppedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.archive import Archive
    from fileroom.network import Host
    from fileroom.resources import Resource


_ARRIVED = (SendState.SENT, SendState.WARNING)


def deliver(
    archive: Archive, resources: Sequence[Resource], host: Host
) -> tuple[SendReport, SendStoppedError | KeyboardInterrupt | None]:
    """Send resources; return the report, and what ended the sending early, if anything did."""
    told = SendReport()
    started = time.perf_counter()
    with counting(f"sending to {host.ae_title}", _instances(archive, resources)) as step:

        def hear(status: SendStatus) -> None:
            told.add(status)
            if status.state in _ARRIVED:
                step()

        try:
            return archive.send(resources, host, on_status=hear), None
        except SendStoppedError as error:
            return error.report, error
        except KeyboardInterrupt as interruption:
            _add_unsent(told, archive, resources)
            told.seconds = time.perf_counter() - started
            return told, interruption


def _add_unsent(report: SendReport, archive: Archive, resources: Sequence[Resource]) -> None:
    """Add what a report that was interrupted says nothing of, the object under way included."""
    done = report.sent + report.warnings + report.failed + report.unsent
    for item in itertools.islice(send_items(archive, resources), done, None):
        report.add(SendStatus(item, SendState.UNSENT, reason="interrupted"))


def print_report(report: SendReport, host: Host) -> None:
    """Say what was sent, and of each object that the peer does not have, or remarked on, why."""
    arrived = text.counted(report.sent + report.warnings, "instance")
    output.say(f"sent {arrived} to {host}: {text.size(report.bytes)} in {report.seconds:.1f} s")
    for status in report.problems:
        if status.state is not SendState.UNSENT:
            remark = "sent, with a warning" if status.state is SendState.WARNING else "not sent"
            say(f"{remark}: {status.item.id}: {status.reason}")
    if report.unsent:
        say(f"not sent: {text.counted(report.unsent, 'instance')}")


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
