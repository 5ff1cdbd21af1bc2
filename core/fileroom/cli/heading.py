"""``fileroom header``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.cli.defining import as_document
from fileroom.cli.failures import FAILED, INTERRUPTED, UsageProblem, say
from fileroom.cli.filing import write_products
from fileroom.cli.intake import jobs_option
from fileroom.cli.interruption import BEGINS_AGAIN, Interruption
from fileroom.cli.items import WORDS, chosen
from fileroom.cli.making import results
from fileroom.options import TypedText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom._executing.products import Result
    from fileroom.cli.command import Settings

PROCESSOR = "metadata"
DOCUMENTS = ("mapping", "stored_tags", "preference", "standard_dictionary", "private_dictionary")
FORMATS = ("json", "xml", "oracle-xml")
CONTENT_TYPES = {"json": "metadata", "xml": "native-xml", "oracle-xml": "oracle-xml"}

_DOING = "reading headers"


@command(
    "header",
    "fileroom header image.dcm",
    "fileroom header study PatientID=4711 --format xml -o headers",
    "fileroom header image.dcm --format oracle-xml --mapping site.xml --extract mapped",
    "fileroom header image.dcm --bulk-uri 'https://pacs.example.org/bulk/{instance}?at={offset}&size={length}'",
)
@click.argument("words", metavar=WORDS, nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS, case_sensitive=False),
    default="json",
    show_default=True,
    help="What the header is written as.",
)
@click.option("--mapping", metavar="NAME|FILE", help="A mapping document, for oracle-xml.")
@click.option(
    "--extract",
    type=click.Choice(("all", "mapped", "standard"), case_sensitive=False),
    help="Which attributes, for oracle-xml: all, those that the mapping names, or the standard's.",
)
@click.option("--stored-tags", metavar="NAME|FILE", help="Only the attributes of this stored tag list.")
@click.option("--preference", metavar="NAME|FILE", help="A preference document: limits, for oracle-xml.")
@click.option(
    "--standard-dictionary", metavar="NAME|FILE", help="A document that names attributes, for oracle-xml."
)
@click.option("--private-dictionary", metavar="NAME|FILE", help="The same for private attributes.")
@click.option("--inline", is_flag=True, help="Write all bytes into the document, pixel data too.")
@click.option(
    "--bulk-threshold",
    metavar="BYTES",
    help="Leave out longer binary values, and refer to them.  [default: 1024]",
)
@click.option(
    "--bulk-uri",
    metavar="TEMPLATE",
    help="How to refer to them: a template with {offset}, {length}, {instance}...",
)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Write to files, and not to the standard output.",
)
@click.option("--missing", is_flag=True, help="Skip objects that have their file there already, for -o.")
@jobs_option(1)
def header(
    settings: Settings,
    *,
    words: tuple[str, ...],
    form: str,
    target: Path | None,
    missing: bool,
    inline: bool,
    jobs: int,
    **given: str | None,
) -> int:
    """Show the headers of objects, as DICOM JSON, Native DICOM Model XML, or as Oracle Multimedia had them.

    Of a patient, study or series, every instance is shown. Several headers as JSON are one array. Binary
    values that are longer than --bulk-threshold are left out; the document says where in the object they lie.
    """
    options = {"format": form, "inline": inline, **_options(form, given)}
    if target is not None:
        kind = CONTENT_TYPES[form] if missing else None
        return write_products(
            settings, words, PROCESSOR, options, jobs=jobs, target=target, doing=_DOING, missing=kind
        )
    if missing:
        raise UsageProblem("--missing is for -o: it skips objects with a file there")
    with Interruption(BEGINS_AGAIN) as interruption, chosen(settings, words, jobs) as objects:
        tally = _Tally(results(objects, PROCESSOR, options, stop=interruption.stop, doing=_DOING))
        if settings.json:
            tally.names_failures = False
            output.print_json_list(_as_json(result, form) for result in tally)
        elif objects.single:
            for result in tally:
                _print(result.products[0].data, form)
        else:
            _print_all(tally, form)
        failed = tally.failed + objects.report_unreadable()
    if interruption.ended_it():
        return INTERRUPTED
    return FAILED if failed else 0


def _options(form: str, given: Mapping[str, str | None]) -> dict[str, object]:
    for name in ("mapping", "extract", "preference", "standard_dictionary", "private_dictionary"):
        if given[name] is not None and form != "oracle-xml":
            raise UsageProblem(f"--{name.replace('_', '-')} is for --format oracle-xml")
    said = {name: value for name, value in given.items() if value is not None}
    return {
        name: as_document(value) if name in DOCUMENTS else TypedText(value) for name, value in said.items()
    }


class _Tally:
    """Passes on what was made, and counts and names what could not be.

    Attributes:
        failed: objects without a document.
        names_failures: whether they are said on stderr, and not passed on.
    """

    def __init__(self, made: Iterator[Result]) -> None:
        self._made = made
        self.failed = 0
        self.names_failures = True

    def __iter__(self) -> Iterator[Result]:
        for result in self._made:
            if result.error is None:
                yield result
                continue
            self.failed += 1
            if self.names_failures:
                say(f"{result.item.name}: {result.reason}")
            else:
                yield result


def _as_json(result: Result, form: str) -> dict[str, object]:
    if result.error is not None:
        return {"object": result.item.name, "reason": result.reason}
    data = result.products[0].data
    return {"object": result.item.name, "document": json.loads(data) if form == "json" else data.decode()}


def _print(data: bytes, form: str) -> None:
    """Print one document: as it is, or so that people can read it where they do."""
    if not sys.stdout.isatty():
        click.echo(data.rstrip(b"\n"))
        return
    shown = json.dumps(json.loads(data), indent=2, ensure_ascii=False) if form == "json" else data.decode()
    output.say(*shown.splitlines())


def _print_all(made: _Tally, form: str) -> None:
    """Print documents: those of JSON as one array, those of XML one after the other."""
    if form != "json":
        for result in made:
            _print(result.products[0].data, form)
        return
    separator = "["
    for result in made:
        click.echo(separator.encode() + result.products[0].data, nl=False)
        separator = ",\n"
    click.echo("[]" if separator == "[" else "]")
