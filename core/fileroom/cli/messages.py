"""``fileroom messages``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from fileroom.cli import output
from fileroom.cli.checking import SEVERITIES
from fileroom.cli.command import command
from fileroom.cli.failures import UsageProblem
from fileroom.cli.selecting import selected

if TYPE_CHECKING:
    from fileroom.cli.command import Settings
    from fileroom.conformance import KeptMessage


@command(
    "messages",
    "fileroom messages",
    "fileroom messages study PatientID=4711 --severity error",
    "fileroom messages --rule 'iod/*' --since 2024-01-31 --json",
)
@click.argument("words", metavar="ID... | LEVEL [KEY=VALUE]...", nargs=-1)
@click.option("--rule", metavar="NAME", default="", help="Only of this rule; wildcards are allowed.")
@click.option(
    "--severity", type=click.Choice(SEVERITIES, case_sensitive=False), help="Only of this severity."
)
@click.option("--since", metavar="TIME", help="Only of what was checked since then.")
def messages(
    settings: Settings, *, words: tuple[str, ...], rule: str, severity: str | None, since: str | None
) -> int:
    """Show what checks have said of stored objects, and was kept.

    They are kept by 'fileroom check --keep', and by the processor 'conformance', also where '[processing]
    on_store' names that. Without words, the messages about all objects are shown.
    """
    from fileroom import conformance  # noqa: PLC0415 - not needed for --help

    moment = None if since is None else _moment(since)
    with settings.open() as archive:
        resources = selected(archive, words) if words else None
        found = conformance.messages(archive, resources, rule=rule, severity=severity or "", since=moment)
        if settings.json:
            output.print_json_list(map(_as_json, found))
            return 0
        made = output.table(
            "SOP_INSTANCE_UID", "RULE_NAME", "MESSAGE", "MSG_TYPE", "MSG_TIME", whole=("MSG_TYPE",)
        )
        for one in found:
            time = f"{one.time:%Y-%m-%d %H:%M:%S}"
            output.add_row(made, one.sop_instance_uid, one.rule, one.message, one.severity, time)
        if made.row_count:
            output.print_table(made)
        else:
            output.say("no messages")
    return 0


def _moment(since: str) -> datetime:
    """Return what a date or time means; without a time zone it is UTC.

    Raises:
        UsageProblem: it is neither.
    """
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise UsageProblem("--since: expected a date or a time, such as 2024-01-31T12:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_json(one: KeptMessage) -> dict[str, str]:
    return {
        "sop_instance_uid": one.sop_instance_uid,
        "rule_name": one.rule,
        "message": one.message,
        "msg_type": one.severity,
        "msg_time": one.time.isoformat(),
        "path": one.path,
        "attribute": one.attribute,
        "id": one.id,
    }
