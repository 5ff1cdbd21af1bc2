"""``fileroom find``."""

from __future__ import annotations

import csv
import itertools
import json
import sys
from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.columns import COUNTS, print_resources
from fileroom.cli.command import command
from fileroom.cli.describing import as_json
from fileroom.cli.failures import UsageProblem, say
from fileroom.cli.selecting import keys_of, level_of
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.model import TagValue
    from fileroom.resources import Resource

SHOWN = 1000
"""At most so many rows are shown to people unless ``--limit`` asks for more."""


@command(
    "find",
    "fileroom find study PatientName='müller*' StudyDate=20240101-20241231 --order=-StudyDate",
    "fileroom find series Modality=CT Modality=MR --limit 20 --json",
    "fileroom find instance PatientID=4711 --return SOPClassUID --csv",
    "fileroom find study StudyDescription='*thorax*' ModalitiesInStudy=CT --label teaching",
)
@click.argument("level", metavar="LEVEL")
@click.argument("keys", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@click.option("--order", multiple=True, metavar="KEY", help="Order by it; -KEY turns the order round.")
@click.option(
    "--return",
    "returning",
    multiple=True,
    metavar="KEY",
    help="Return it too, for example NumberOfStudyRelatedSeries; with --csv, only what is named.",
)
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="Only with all these labels.")
@click.option("--metadata", multiple=True, metavar="NAME=VALUE", help="Only with this metadata.")
@click.option("--exact", is_flag=True, help="Heed case and accents.")
@click.option("--scan", is_flag=True, help="Search unindexed keys, by reading files.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
def find(
    settings: Settings,
    *,
    level: str,
    keys: tuple[str, ...],
    limit: int | None,
    order: tuple[str, ...],
    returning: tuple[str, ...],
    labels: tuple[str, ...],
    metadata: tuple[str, ...],
    exact: bool,
    scan: bool,
    as_csv: bool,
) -> int:
    """Search patients, studies, series or instances.

    LEVEL is patient, study, series or instance. KEY is a DICOM keyword of that level or one above; VALUE may
    hold the wildcards * and ?, or be a range of dates or times (20240101-, -1200). A key that is named
    several times may have any of the values; several keys must all match. Names and free text match
    whatever their case and accents.

    CSV is UTF-8, with values as they are: a spreadsheet may take one that starts with = for a formula, so
    import the columns as text.
    """
    if as_csv and settings.json:
        raise UsageProblem("--csv and --json exclude each other")
    wanted = level_of(level)
    returned = _split(returning)
    for_people = not (settings.json or as_csv)
    computed = (*returned, *COUNTS[wanted]) if for_people else returned
    with settings.open() as archive:
        results = archive.find(
            wanted,
            exact=exact,
            order_by=_split(order),
            limit=limit,
            labels=labels,
            metadata=_metadata(metadata),
            returning=computed,
            scan=scan,
            **keys_of(keys),
        )
        if scan and (count := results.to_scan):
            say(f"reading the headers of up to {text.counted(count, 'file')}")
        if settings.json:
            output.print_json_list(as_json(one) for one in results)
        elif as_csv:
            _print_csv(archive, wanted, results, returned)
        else:
            _print_for_people(results, wanted, returned, SHOWN if limit is None else limit)
    return 0


def _metadata(pairs: Iterable[str]) -> dict[str, str]:
    metadata = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageProblem("--metadata: expected NAME=VALUE")
        if name in metadata:
            raise UsageProblem("--metadata: one condition for each name")
        metadata[name] = value
    return metadata


def _split(names: Iterable[str]) -> list[str]:
    return [part for name in names for part in name.split(",") if part]


def _print_csv(archive: Archive, level: Level, results: Iterable[Resource], returned: list[str]) -> None:
    if not sys.stdout.isatty() and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    keywords = returned or list(
        dict.fromkeys(
            spec.keyword for above in Level if above <= level for spec in archive.tags.levels[above]
        )
    )
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["id", "level", "uid", *keywords])
    for one in results:
        rows.writerow([one.id, one.level.label, one.uid, *(_cell(one.get(key)) for key in keywords)])


def _cell(value: TagValue) -> str:
    """Write a value as it is; a sequence as JSON."""
    cell = value if isinstance(value, str) else json.dumps([dict(item) for item in value])
    return text.printable(cell) if sys.stdout.isatty() else cell


def _print_for_people(results: Iterable[Resource], level: Level, returned: list[str], shown: int) -> None:
    every: Iterator[Resource] = iter(results)
    rows = list(itertools.islice(every, shown))
    if not rows:
        output.say(f"no {level.label} found")
        return
    print_resources(rows, level, returned)
    more = next(every, None) is not None
    counted = text.counted(len(rows), level.label)
    output.say(f"the first {counted}; --limit, --json and --csv give more" if more else counted)
