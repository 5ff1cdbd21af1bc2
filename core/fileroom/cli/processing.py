"""``fileroom process``."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING

import click

from fileroom.attachments import Attachment
from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.counting import counting
from fileroom.cli.describing import attachment_as_json
from fileroom.cli.executing import LOCAL, executor_options, executor_tables, typed_jobs
from fileroom.cli.failures import FAILED, INTERRUPTED, say
from fileroom.cli.intake import jobs_option
from fileroom.cli.interruption import Interruption
from fileroom.cli.selecting import is_search, selected
from fileroom.reports import ProcessStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.reports import Processed, ProcessReport

SHOWN = 10
"""At most so many failures of a search's resources are listed; JSON has them all."""


@command(
    "process",
    "fileroom process thumbnail 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e",
    "fileroom process thumbnail series Modality=CT Modality=MR --missing thumbnail --jobs 4",
    "fileroom process thumbnail series --executor dask --scheduler tcp://dask.example.org:8786",
)
@click.argument("processor", metavar="PROCESSOR")
@click.argument("words", metavar="ID... | LEVEL [KEY=VALUE]...", nargs=-1, required=True)
@click.option("--missing", metavar="N|NAME", help="Skip what has an attachment of this content type.")
@jobs_option(1)
@executor_options
def process(
    settings: Settings,
    *,
    processor: str,
    words: tuple[str, ...],
    missing: str | None,
    jobs: int,
    executor: str | None,
    scheduler: str | None,
) -> int:
    """Run a processor on resources, and keep what it makes as attachments.

    The resources are some by their ids, or all that a search finds, as 'fileroom find' searches. Above the
    instance level, the middle instance of each is taken. One that cannot be processed keeps no other from
    it. With --missing, a run that was interrupted goes on when it is run again. [plugins] enable in the
    configuration names the plugins that offer processors.
    """
    if executor is None and jobs > 1 and typed_jobs():
        executor = LOCAL
    stopped = None
    with settings.open(**executor_tables(executor, scheduler)) as archive, Interruption() as interruption:
        resources = selected(archive, words)
        total = len(resources) if isinstance(resources, list) else resources.count()
        with counting("processing", total) as step:
            work = functools.partial(
                archive.process_many,
                resources,
                processor,
                executor=executor,
                missing=missing,
                on_done=_heard(step),
                stop=interruption.stop,
            )
            try:
                report = interruption.run(work)
            except ProcessStoppedError as error:
                stopped, report = error, error.report
        if settings.json:
            _print_json(archive, report)
        elif is_search(words):
            _print_summary(words[0], report)
        else:
            _print_each(archive, report)
    if stopped is not None:
        raise stopped
    if report.interrupted:
        say("interrupted: --missing goes on where it ended")
        return INTERRUPTED
    return FAILED if report.failed else 0


def _heard(step: Callable[[], None]) -> Callable[[Processed], None]:
    return lambda _: step()


def _print_json(archive: Archive, report: ProcessReport) -> None:
    made = (
        (one.id, [attachment_as_json(Attachment(archive, one.id, each)) for each in one.attachments])
        for one in report
        if not one.reason
    )
    failures = ((one.id, one.reason) for one in report if one.reason)
    output.print_json_object({"made": made, "failures": failures}, skipped=report.skipped)
    for one in report:
        if one.reason:
            say(f"{one.id}: {one.reason}")


def _print_each(archive: Archive, report: ProcessReport) -> None:
    for one in report:
        if one.reason:
            say(f"{one.id}: {one.reason}")
            continue
        made = (Attachment(archive, one.id, each) for each in one.attachments)
        named = (f"{each.name} ({each.media_type}, {text.size(each.size)})" for each in made)
        output.say(f"{one.id}: {', '.join(named) or 'nothing to make'}")
    if report.skipped:
        output.say(f"skipped {report.skipped:,} that had it already")


def _print_summary(level: str, report: ProcessReport) -> None:
    done = f"processed {text.counted(report.processed, level)} in {report.seconds:.1f} s"
    output.say(f"{done}: {text.counted(report.attachments, 'attachment')}")
    if report.skipped:
        output.say(f"skipped {text.counted(report.skipped, level)} that had it already")
    failures = (one for one in report if one.reason)
    for one in itertools.islice(failures, SHOWN):
        say(f"{one.id}: {one.reason}")
    if report.failed > SHOWN:
        say(f"and {report.failed - SHOWN:,} more: --json lists them all")
