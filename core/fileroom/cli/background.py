"""``fileroom processing``: what is done with objects once they are stored."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.command import Group, command
from fileroom.cli.counting import counting
from fileroom.cli.failures import FAILED, INTERRUPTED, UsageProblem, say
from fileroom.cli.interruption import Interruption
from fileroom.errors import FileroomError

if TYPE_CHECKING:
    import threading

    from fileroom.archive import Archive
    from fileroom.cli.command import Settings


def finish(archive: Archive, stop: threading.Event) -> bool:
    """Work through what waits, with a bar at a terminal; return whether nothing is left.

    Raises:
        FileroomError: the storage, the index or a processor is in the way of all.
    """
    waiting = sum(one.waiting + one.retrying for one in archive.on_store.status())
    if not waiting:
        return True
    before = archive.on_store.done
    with counting("processing", waiting) as step:
        shown = 0

        def done(count: int) -> None:
            nonlocal shown
            for _ in range(count - before - shown):
                step()
            shown = count - before

        return archive.on_store.wait(stop, done)


def process_stored(archive: Archive) -> None:
    """Work through what waits after an import; what is in the way is said, and keeps for another time.

    What processors have given up so far, now or before, is said too: nobody else would tell whoever imports.
    """
    if not archive.on_store.active:
        return
    with Interruption() as interruption:
        try:
            through = finish(archive, interruption.stop)
            given_up = {one.processor: one.failed for one in archive.on_store.status() if one.failed}
        except FileroomError as error:
            say(f"processing what was stored is not possible now: {error}")
            through, given_up = False, {}
    if given_up:
        counts = ", ".join(f"{name} {text.counted(count, 'instance')}" for name, count in given_up.items())
        say(f"given up so far: {counts}; 'fileroom processing' tells more, and tries again")
    if not through:
        say("what was stored is still to be processed: 'fileroom processing run' goes on")


processing = Group(
    "processing",
    help="See to what [processing] on_store has done with objects once they are stored.",
    examples=("fileroom processing status", "fileroom processing run", "fileroom processing retry"),
)


@command("status", "fileroom processing status", "fileroom processing status --json")
def status(settings: Settings) -> int:
    """Show for each processor how many instances wait, are tried again, or were given up.

    Why one was given up is in its metadata: 'fileroom find instance' with --metadata finds them.
    """
    with settings.open() as archive:
        found = archive.on_store.status()
    if settings.json:
        output.print_json([asdict(one) for one in found])
        return 0
    if not found:
        output.say("nothing is done on store: [processing] on_store names no processor")
        return 0
    table = output.table(
        "Processor", "Waiting", "Retrying", "Failed", right=("Waiting", "Retrying", "Failed")
    )
    for one in found:
        output.add_row(table, one.processor, one.waiting, one.retrying, one.failed)
    output.print_table(table)
    return 0


@command("run", "fileroom processing run")
def run(settings: Settings) -> int:
    """Work through what waits, here or with the process that is at it already."""
    with settings.open() as archive, Interruption() as interruption:
        before = sum(one.failed for one in archive.on_store.status())
        through = finish(archive, interruption.stop)
        done, found = archive.on_store.done, archive.on_store.status()
    failed = sum(one.failed for one in found) - before
    if settings.json:
        output.print_json({"processed": done, "failed": failed})
    else:
        output.say(f"processed {text.counted(done, 'instance')}")
    if failed > 0:
        say(f"{text.counted(failed, 'instance')} could not be processed: their metadata tell why")
    if not through:
        say("interrupted: run the same command to go on")
        return INTERRUPTED
    return FAILED if failed > 0 else 0


@command("retry", "fileroom processing retry", "fileroom processing retry thumbnail")
@click.argument("processor", required=False)
def retry(settings: Settings, *, processor: str | None) -> int:
    """Try those again that a processor, or each, was given up at."""
    with settings.open() as archive, Interruption() as interruption:
        if processor not in (None, *archive.config.processing.on_store):
            raise UsageProblem(f"[processing] on_store names no processor {processor!r}")
        count = archive.on_store.retry(processor)
        through = finish(archive, interruption.stop)
        failed = sum(one.failed for one in archive.on_store.status())
    if settings.json:
        output.print_json({"tried": count, "failed": failed})
    else:
        output.say(f"tried {text.counted(count, 'instance')} again, {failed} failed")
    if not through:
        return INTERRUPTED
    return FAILED if failed else 0


for one in (status, run, retry):
    processing.add_command(one)
