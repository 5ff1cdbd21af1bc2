"""``fileroom query-xml``."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING, TextIO

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.defining import as_document
from fileroom.cli.failures import FAILED, INTERRUPTED, UsageProblem, say
from fileroom.cli.intake import jobs_option
from fileroom.cli.interruption import BEGINS_AGAIN, Interruption
from fileroom.cli.items import WORDS, chosen
from fileroom.cli.making import results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom._executing.products import Result
    from fileroom.cli.command import Settings

PROCESSOR = "query-xml"
OBJECT = "object"

_TABLE = 1000  # rows that a table for people has at most


@command(
    "query-xml",
    "fileroom query-xml '/DICOM_OBJECT/*[@name=\"Modality\"]' image.dcm",
    "fileroom query-xml /DICOM_OBJECT study PatientID=4711 --column id='*[@name=\"Patient ID\"]' --csv",
    "fileroom query-xml \"//DicomAttribute[@keyword='Modality']/Value\" series Modality=CT --format xml",
)
@click.argument("xpath", metavar="XPATH")
@click.argument("words", metavar=WORDS, nargs=-1, required=True)
@click.option(
    "--column", "columns", metavar="NAME=XPATH", multiple=True, help="A column, from each node found."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(("oracle-xml", "xml"), case_sensitive=False),
    default="oracle-xml",
    show_default=True,
    help="The document that is asked.",
)
@click.option("--mapping", metavar="NAME|FILE", help="A mapping document, for oracle-xml.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@jobs_option(1)
def query_xml(
    settings: Settings,
    *,
    xpath: str,
    words: tuple[str, ...],
    columns: tuple[str, ...],
    form: str,
    mapping: str | None,
    as_csv: bool,
    jobs: int,
) -> int:
    """Ask the headers of objects by XPath, as SQL's XMLTABLE does.

    XPATH is asked of the header of each object, as 'fileroom header' shows it, and each node that it finds is
    a row: its text, or the columns that are named. Names of elements need no prefix.
    """
    if as_csv and settings.json:
        raise UsageProblem("--csv and --json exclude each other")
    if mapping is not None and form != "oracle-xml":
        raise UsageProblem("--mapping is for --format oracle-xml")
    options: dict[str, object] = {"xpath": xpath, "columns": _columns(columns), "format": form}
    if mapping is not None:
        options["mapping"] = as_document(mapping)
    with Interruption(BEGINS_AGAIN) as interruption, chosen(settings, words, jobs) as objects:
        rows = _Rows(results(objects, PROCESSOR, options, stop=interruption.stop, doing="reading headers"))
        names = list(options["columns"]) if columns else ["value"]  # type: ignore[call-overload]
        if settings.json:
            keys = (OBJECT, *names)
            output.print_json_list(dict(zip(keys, row, strict=True)) for row in rows)
        elif as_csv:
            _print_csv(names, rows, sys.stdout)
        elif objects.single and not columns:
            found = False
            for _, value in rows:
                found = True
                output.say(value or "")
            if not (found or rows.failed):
                say("nothing found")
        else:
            _print_table(names, rows)
        failed = rows.failed + objects.report_unreadable()
    if interruption.ended_it():
        return INTERRUPTED
    return FAILED if failed else 0


def _columns(pairs: Iterable[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for pair in pairs:
        name, equals, xpath = pair.partition("=")
        if not (name and equals and xpath) or name in columns or name == OBJECT:
            raise UsageProblem(f"--column: expected NAME=XPATH, each name once and none of them {OBJECT!r}")
        columns[name] = xpath
    return columns


class _Rows:
    """The rows of all objects, each with the object's name in front.

    Attributes:
        failed: objects that could not be asked, which were named.
    """

    def __init__(self, made: Iterator[Result]) -> None:
        self._made = made
        self.failed = 0

    def __iter__(self) -> Iterator[list[str | None]]:
        for result in self._made:
            if result.error is not None:
                self.failed += 1
                say(f"{result.item.name}: {result.reason}")
                continue
            for row in json.loads(result.products[0].data)["rows"]:
                yield [result.item.name, *row]


def _print_csv(names: list[str], rows: Iterable[list[str | None]], stream: TextIO) -> None:
    if not stream.isatty() and hasattr(stream, "reconfigure"):
        # Names of files need not be text; what has no UTF-8 is escaped.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    shown = text.printable if stream.isatty() else str
    written = csv.writer(stream, lineterminator="\n")
    written.writerow([OBJECT, *names])
    for row in rows:
        written.writerow(["" if value is None else shown(value) for value in row])


def _print_table(names: list[str], rows: Iterable[list[str | None]]) -> None:
    made = output.table(OBJECT, *names)
    count = 0
    for row in rows:
        count += 1
        if count <= _TABLE:
            output.add_row(made, *("" if value is None else value for value in row))
    if count:
        output.print_table(made)
    if count > _TABLE:
        output.say(f"the first {_TABLE:,} of {text.counted(count, 'row')}; --json and --csv give all")
    if not count:
        output.say("nothing found")
