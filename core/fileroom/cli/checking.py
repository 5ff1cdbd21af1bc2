"""``fileroom check``."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.defining import as_document, defining, defining_options
from fileroom.cli.failures import FAILED, INTERRUPTED, CommandError, UsageProblem, say
from fileroom.cli.intake import jobs_option
from fileroom.cli.interruption import BEGINS_AGAIN, Interruption
from fileroom.cli.items import WORDS, chosen
from fileroom.cli.keeping import keep_products
from fileroom.cli.making import results
from fileroom.cli.sarif import sarif
from fileroom.cli.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom.cli.command import Settings
    from fileroom.cli.items import Chosen

PROCESSOR = "conformance"

SEVERITIES = ("error", "warning", "info")

Row: TypeAlias = "dict[str, str]"
"""One message: ``path``, ``severity``, ``rule``, ``message``, ``attribute``."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to.

    Attributes:
        name: the object: a file's path, or a public id.
        rows: the messages.
        reason: why it could not be checked; empty if it could.
    """

    name: str
    rows: list[Row]
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether it has errors, or could not be checked."""
        return bool(self.reason) or any(row["severity"] == "error" for row in self.rows)


@command(
    "check",
    "fileroom check image.dcm",
    "fileroom check study PatientID=4711 --rules site-basics --rules house.toml",
    "fileroom check images --no-iod --rules house.toml --sarif check.sarif --jobs 4",
    "fileroom check image.dcm --rule OracleOrdObject",
    "fileroom check images --private-dictionary vendor.xml --uids house.xml",
    "fileroom check study StudyDate=20240101- --keep",
)
@click.argument("words", metavar=WORDS, nargs=-1, required=True)
@click.option(
    "--rules",
    "rules",
    metavar="NAME|FILE",
    multiple=True,
    help="Check by a constraint document; may be repeated.",
)
@click.option(
    "--rule",
    "only",
    metavar="NAME",
    multiple=True,
    help="Check by this rule only, of those documents or of Fileroom's own; 'fileroom documents rules' lists "
    "them. The standard is left out then, unless --iod is given.",
)
@click.option(
    "--iod/--no-iod", default=None, help="Whether to check against the standard too.  [default: iod]"
)
@defining_options("standard_dictionary", "private_dictionary", "uids")
@click.option("--keep", is_flag=True, help="Keep the messages in the archive, for 'fileroom messages'.")
@click.option(
    "--severity",
    type=click.Choice(SEVERITIES, case_sensitive=False),
    default="info",
    show_default=True,
    help="Show messages of this severity and worse ones.",
)
@click.option(
    "--sarif",
    "sarif_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write SARIF 2.1.0 too, for tools that show findings.",
)
@jobs_option(1)
def check(
    settings: Settings,
    *,
    words: tuple[str, ...],
    rules: tuple[str, ...],
    only: tuple[str, ...],
    iod: bool | None,
    keep: bool,
    severity: str,
    sarif_file: Path | None,
    jobs: int,
    **given: str | None,
) -> int:
    """Check objects against the standard, and by the rules of constraint documents.

    The objects are resources by their ids, all that a search finds, or files and folders. No message holds
    a value of an object. Exit code 1: an object has errors, or could not be checked. JSON is a list of
    messages; where there may be several objects, each message names its own. An object that could not be
    checked is an entry with the object and the reason.
    """
    with ExitStack() as stack:
        interruption = stack.enter_context(Interruption(BEGINS_AGAIN))
        objects = stack.enter_context(chosen(settings, words, jobs))
        options = _options(rules, only, iod) | defining(given)
        all_checked: list[Checked] = []
        found = _kept(objects, options, interruption) if keep else _made(objects, options, interruption)
        shown = SEVERITIES[: SEVERITIES.index(severity) + 1]
        for one in found:
            if one.reason:
                say(f"{one.name}: {one.reason}")
            all_checked.append(
                Checked(one.name, [row for row in one.rows if row["severity"] in shown], one.reason)
            )
        unreadable = objects.report_unreadable()
        if sarif_file is not None:
            _write(sarif_file, sarif((one.name, one.rows, one.reason) for one in all_checked))
        if settings.json:
            output.print_json_list(_rows(all_checked, named=not objects.single))
        else:
            _print(all_checked, single=objects.single)
    if interruption.ended_it():
        return INTERRUPTED
    return FAILED if unreadable or any(one.failed for one in all_checked) else 0


def _options(
    rules: tuple[str, ...],
    only: tuple[str, ...],
    iod: bool | None,  # noqa: FBT001 - as click has it
) -> dict[str, object]:
    options: dict[str, object] = {}
    if rules:
        options["rules"] = [as_document(name) for name in rules]
    if only:
        options |= {"only": list(only), "standard": False}
    if iod is not None:
        options["standard"] = iod
    return options


def _made(objects: Chosen, options: Mapping[str, object], interruption: Interruption) -> Iterator[Checked]:
    for result in results(objects, PROCESSOR, options, stop=interruption.stop, doing="checking"):
        rows = [row for product in result.products for row in json.loads(product.data)]
        yield Checked(result.item.name, rows, result.reason)


def _kept(objects: Chosen, options: Mapping[str, object], interruption: Interruption) -> Iterator[Checked]:
    """Check what is in the archive, and keep the messages there.

    Raises:
        UsageProblem: there are files among the objects.
    """
    archive = objects.archive
    if archive is None or objects.paths:
        raise UsageProblem("--keep is for what is in the archive: import the files first")
    ids = [item.name for item in objects.items(each=True)]
    report = keep_products(
        archive, ids, PROCESSOR, options, apart=objects.apart, interruption=interruption, doing="checking"
    )
    for one in report:
        rows = [] if one.reason else json.loads(archive.get(one.id).attachments[PROCESSOR].read())
        yield Checked(one.id, rows, one.reason)


def _rows(found: list[Checked], *, named: bool) -> Iterator[Row]:
    for one in found:
        if one.reason:
            yield {"object": one.name, "reason": one.reason}
        for row in one.rows:
            yield {"object": one.name, **row} if named else row


def _print(found: list[Checked], *, single: bool) -> None:
    heading = () if single else ("Object",)
    made = output.table(*heading, "Severity", "Rule", "Where", "Message", whole=("Severity",))
    for one in found:
        for row in sorted(one.rows, key=lambda row: SEVERITIES.index(row["severity"])):
            name = () if single else (one.name,)
            output.add_row(made, *name, row["severity"], row["rule"], row["path"], row["message"])
    if made.row_count:
        output.print_table(made)
    failed = sum(one.failed and not one.reason for one in found)
    unchecked = sum(bool(one.reason) for one in found)
    said = text.counted(sum(len(one.rows) for one in found), "message")
    if single and found and not found[0].reason:
        output.say(f"{'errors' if failed else 'no error'}; {said}")
    elif not single:
        missed = f"; {text.counted(unchecked, 'object')} could not be checked" if unchecked else ""
        checked = text.counted(len(found) - unchecked, "object")
        output.say(f"{checked} checked: {failed} with errors; {said}{missed}")


def _write(file: Path, value: object) -> None:
    try:
        write_whole(file.resolve(), f"{json.dumps(value, indent=1)}\n".encode())
    except OSError as error:
        raise CommandError(f"{file.name} cannot be written: {error.strerror}") from error
