"""``fileroom process``."""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fileroom.attachments import Attachment
from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.counting import counting
from fileroom.cli.defining import typed_options
from fileroom.cli.describing import attachment_as_json
from fileroom.cli.executing import LOCAL, executor_options, executor_tables, typed_jobs
from fileroom.cli.failures import FAILED, INTERRUPTED, UsageProblem, say
from fileroom.cli.filing import write_products
from fileroom.cli.intake import jobs_option, timeout_option
from fileroom.cli.interruption import Interruption
from fileroom.cli.items import is_like_a_path, is_path
from fileroom.cli.selecting import is_search, selected
from fileroom.model import is_public_id
from fileroom.options import TypedText
from fileroom.plugin import Takes
from fileroom.reports import ProcessStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.reports import Processed, ProcessReport

SHOWN = 10
"""At most so many failures of a search's resources are listed; JSON has them all."""

PICTURE = "picture"
"""The processor that command strings are for."""

_NAME = re.compile(r"[a-z][a-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class _Meant:
    """What the words say: a processor, what it is to process, and its options."""

    processor: str
    objects: Sequence[str]
    options: Mapping[str, object]


@command(
    "process",
    "fileroom process image.dcm 'fileFormat=JFIF fixedScale=75 100' -o picture.jpg",
    "fileroom process study PatientID=4711 'fileFormat=PNGF window=40 400' -o pictures",
    "fileroom process thumbnail 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e",
    "fileroom process thumbnail series Modality=CT Modality=MR --missing thumbnail --jobs 4",
    "fileroom process thumbnail image.dcm --option size=64 -o small.jpg",
    "fileroom process thumbnail series --executor dask --scheduler tcp://dask.example.org:8786",
)
@click.argument("words", metavar="[PROCESSOR] ID...|SEARCH|PATH... ['COMMAND']", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Write what is made to files, and not as attachments.",
)
@click.option("--option", "pairs", metavar="KEY=VALUE", multiple=True, help="An option of the processor.")
@click.option(
    "--missing",
    metavar="N|NAME",
    help="Skip what has an attachment of this content type, or with -o a file of it.",
)
@jobs_option(1)
@timeout_option
@executor_options
def process(
    settings: Settings,
    *,
    words: tuple[str, ...],
    target: Path | None,
    pairs: tuple[str, ...],
    missing: str | None,
    jobs: int,
    timeout: float,
    executor: str | None,
    scheduler: str | None,
) -> int:
    """Run a processor on objects, and write what it makes to files, or keep it as attachments.

    The objects are resources by their ids, all that a search finds ('LEVEL KEY=VALUE...', as 'fileroom find'
    has it), or files and folders. Without the name of a processor in front, the last word is a command of
    Oracle's process and processCopy, by which pictures are made: 'fileFormat=JFIF fixedScale=75 100'.

    Of a patient, study or series, the middle instance is processed, or every instance; that depends on the
    processor. An object that cannot be processed is named, and the others go on. With --missing, a run that
    was interrupted goes on when it is run again.
    """
    meant = _meant(words, pairs)
    if target is not None:
        if executor is not None:
            raise UsageProblem("--executor is for what is kept as attachments, not for -o")
        return write_products(
            settings,
            meant.objects,
            meant.processor,
            meant.options,
            jobs=jobs,
            timeout=timeout,
            target=target,
            missing=missing,
        )
    if not is_search(meant.objects) and any(map(is_path, meant.objects)):
        raise UsageProblem("-o is missing: what is made of files is written to a file or folder")
    if executor is None and (timeout or (jobs > 1 and typed_jobs())):
        executor = LOCAL
    with settings.open(**_tables(executor, scheduler, jobs, timeout)) as archive:
        report, stopped = _keep(archive, meant, executor, missing)
        if settings.json:
            _print_json(archive, report)
        elif is_search(meant.objects):
            _print_summary(meant.objects[0], report, missing=missing)
        else:
            _print_each(archive, report, missing=missing)
    if stopped is not None:
        raise stopped
    if report.interrupted:
        say("interrupted: --missing goes on where it ended")
        return INTERRUPTED
    return FAILED if report.failed else 0


def _tables(
    executor: str | None, scheduler: str | None, jobs: int, timeout: float
) -> Mapping[str, Mapping[str, Any]]:
    """Return what the options say as configuration, to open the archive with."""
    if not timeout:
        return executor_tables(executor, scheduler)
    if executor != LOCAL:
        raise UsageProblem(
            f"--timeout ends processes of this machine: {executor} has a limit of its own, or none"
        )
    return {"plugins": {LOCAL: {"jobs": jobs, "timeout": timeout}}}


def _meant(words: tuple[str, ...], pairs: Iterable[str]) -> _Meant:
    """Return what the words say.

    Raises:
        UsageProblem: no word is left for an object, or an option has no equals sign.
    """
    options = typed_options(pairs)
    if _is_name(words[0]):
        processor, objects = words[0], words[1:]
    else:
        processor, objects = PICTURE, words[:-1]
        options["command"] = TypedText(words[-1])
    if not objects:
        raise UsageProblem(
            "expected the name of a processor and then what to process, or what to process and then a "
            "command such as 'fileFormat=JFIF fixedScale=75 100'"
        )
    return _Meant(processor, objects, options)


def _is_name(word: str) -> bool:
    """Say whether a word in front is a processor's name, and not what is to be processed."""
    return bool(_NAME.fullmatch(word)) and not (
        is_search([word]) or is_path(word) or is_like_a_path(word) or is_public_id(word)
    )


def _keep(
    archive: Archive, meant: _Meant, executor: str | None, missing: str | None
) -> tuple[ProcessReport, ProcessStoppedError | None]:
    """Attach what is made; return the report, and why it had to stop if it had."""
    with Interruption() as interruption:
        resources = selected(archive, meant.objects)
        total = len(resources) if isinstance(resources, list) else resources.count()
        each = archive.plugins.making.takes(meant.processor) is Takes.EACH
        with counting("processing", None if each else total) as step:
            work = functools.partial(
                archive.process_many,
                resources,
                meant.processor,
                options=meant.options,
                executor=executor,
                missing=missing,
                on_done=_heard(step),
                stop=interruption.stop,
            )
            try:
                return interruption.run(work), None
            except ProcessStoppedError as error:
                return error.report, error


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


def _skipped(report: ProcessReport, noun: str, *, missing: str | None) -> str:
    if missing is None:
        return f"passed over {text.counted(report.skipped, 'instance')} made by this processor before"
    return f"skipped {text.counted(report.skipped, noun)} that had it already, or were made by this processor"


def _print_each(archive: Archive, report: ProcessReport, *, missing: str | None) -> None:
    for one in report:
        if one.reason:
            say(f"{one.id}: {one.reason}")
            continue
        made = (Attachment(archive, one.id, each) for each in one.attachments)
        named = [f"{each.name} ({each.media_type}, {text.size(each.size)})" for each in made]
        named += [f"instance {id_}" for id_ in one.made]
        output.say(f"{one.id}: {', '.join(named) or 'nothing to make'}")
    if report.skipped:
        output.say(_skipped(report, "resource", missing=missing))


def _print_summary(level: str, report: ProcessReport, *, missing: str | None) -> None:
    done = f"processed {text.counted(report.processed, level)} in {report.seconds:.1f} s"
    new = f", {text.counted(report.made, 'new instance')}" if report.made else ""
    output.say(f"{done}: {text.counted(report.attachments, 'attachment')}{new}")
    if report.skipped:
        output.say(_skipped(report, level, missing=missing))
    failures = (one for one in report if one.reason)
    for one in itertools.islice(failures, SHOWN):
        say(f"{one.id}: {one.reason}")
    if report.failed > SHOWN:
        say(f"and {report.failed - SHOWN:,} more: --json lists them all")
