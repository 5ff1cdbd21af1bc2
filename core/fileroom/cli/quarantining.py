"""``fileroom quarantine list | retry | discard``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.asking import agreed
from fileroom.cli.command import Group, command
from fileroom.cli.failures import FAILED, UsageProblem, say
from fileroom.errors import NotDicomError
from fileroom.reports import IN_ARCHIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.quarantine import QuarantineEntry

quarantine = Group(
    "quarantine",
    help="List, retry or discard damaged objects that an import set aside.",
    examples=("fileroom quarantine list", "fileroom quarantine retry --all"),
)


@command("list", "fileroom quarantine list")
def list_(settings: Settings) -> int:
    """List what is in quarantine, oldest first, with reasons."""
    with settings.open() as archive:
        entries = list(archive.quarantine.list())
    if settings.json:
        output.print_json([_as_json(one) for one in entries])
        return 0
    if not entries:
        output.say("nothing is in quarantine")
        return 0
    table = output.table("Id", "Came", "Size", "Reason and file", right=("Size",), whole=("Id", "Came"))
    for one in entries:
        output.add_row(
            table, one.id[:12], f"{one.date:%Y-%m-%d}", text.size(one.size), f"{one.reason}\n{one.name}"
        )
    output.print_table(table)
    output.say(f"{text.counted(len(entries), 'object')}; the first digits of an id will do")
    return 0


@command("retry", "fileroom quarantine retry 4f2a9c", "fileroom quarantine retry --all")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Try all of them.")
def retry(settings: Settings, *, ids: tuple[str, ...], every: bool) -> int:
    """Store objects again, and take those that are in the archive now out of quarantine.

    That helps when the reason is gone: an intervention's rule was changed, or Fileroom reads more now.
    """
    with settings.open() as archive:
        entries = _chosen(archive, ids, every=every)
        results = [(one, *_retry(archive, one)) for one in entries]
    if settings.json:
        keys = ("quarantine_id", "status", "id", "reason")
        output.print_json([dict(zip(keys, (one.id, *rest), strict=True)) for one, *rest in results])
    for one, status, _, reason in results if not settings.json else ():
        output.say(f"{one.id[:12]} {status}{f': {reason}' if reason else ''}")
    if not results and not settings.json:
        output.say("nothing is in quarantine")
    return 0 if all(status in IN_ARCHIVE for _, status, _, _ in results) else FAILED


def _retry(archive: Archive, entry: QuarantineEntry) -> tuple[str, str | None, str]:
    with archive.quarantine.open(entry.id) as file:
        try:
            outcome = archive.store(file, name=entry.name)
        except NotDicomError as error:
            return "ignored", None, str(error)
    if outcome.status in IN_ARCHIVE:
        archive.quarantine.discard(entry.id)
    return outcome.status.value, outcome.id, outcome.reason


@command("discard", "fileroom quarantine discard 4f2a9c 77d01b --yes")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Discard all of them.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def discard(settings: Settings, *, ids: tuple[str, ...], every: bool, yes: bool) -> int:
    """Delete objects from quarantine, for good."""
    with settings.open() as archive:
        entries = _chosen(archive, ids, every=every)
        if entries and not yes and not agreed(f"Delete {text.counted(len(entries), 'object')} for good?"):
            say("nothing was discarded")
            return FAILED
        for one in entries:
            archive.quarantine.discard(one.id)
    if settings.json:
        output.print_json({"discarded": [one.id for one in entries]})
    else:
        output.say(f"discarded {text.counted(len(entries), 'object')}")
    return 0


def _chosen(archive: Archive, ids: Sequence[str], *, every: bool) -> list[QuarantineEntry]:
    if every == bool(ids):
        raise UsageProblem("say which: either ids, as 'fileroom quarantine list' shows them, or --all")
    if every:
        return list(archive.quarantine.list())
    return list({one.id: one for one in map(archive.quarantine.get, ids)}.values())


def _as_json(entry: QuarantineEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "reason": entry.reason,
        "name": entry.name,
        "size": entry.size,
        "digest": entry.digest,
        "date": entry.date.isoformat(),
    }


for _one in (list_, retry, discard):
    quarantine.add_command(_one)
