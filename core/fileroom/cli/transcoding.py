"""``fileroom transcode``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli.command import command
from fileroom.cli.filing import write_products
from fileroom.cli.intake import jobs_option
from fileroom.cli.items import WORDS
from fileroom.options import TypedText

if TYPE_CHECKING:
    from fileroom.cli.command import Settings

PROCESSOR = "transcode"


@command(
    "transcode",
    "fileroom transcode image.dcm --to jpeg-2000 -o smaller.dcm",
    "fileroom transcode study PatientID=4711 --to explicit -o plain --jobs 4",
    "fileroom transcode folder --to jpeg --quality 80 --uid-root 1.2.840.99999 -o lossy",
)
@click.argument("words", metavar=WORDS, nargs=-1, required=True)
@click.option("--to", required=True, metavar="SYNTAX", help="A transfer syntax: its name, or its UID.")
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Where the objects are written to.",
)
@click.option("--quality", metavar="1..100", help="Of JPEG.")
@click.option("--ratio", metavar="N", help="Of lossy JPEG 2000: how many times smaller.")
@click.option("--near", metavar="1..255", help="Of near-lossless JPEG-LS: the greatest error.")
@click.option("--new-uid", is_flag=True, help="Give new identifiers even if nothing is lost.")
@click.option("--uid-root", metavar="UID", help="What new UIDs start with.")
@jobs_option(1)
def transcode(
    settings: Settings,
    *,
    words: tuple[str, ...],
    target: Path,
    new_uid: bool,
    jobs: int,
    **given: str | None,
) -> int:
    """Write objects in another transfer syntax to files.

    SYNTAX is explicit, implicit, deflated, rle, jpeg-ls, jpeg-2000, htj2k or jpeg-lossless, with which
    nothing is lost; or jpeg, jpeg-12, jpeg-2000-lossy or jpeg-ls-near, with which objects become others: they
    get new SOP Instance UIDs, and say that they have lost detail. Of a patient, study or series, that is
    every instance. Objects that cannot be transcoded keep no others from it.
    """
    options: dict[str, object] = {name: TypedText(one) for name, one in given.items() if one is not None}
    options["new_uid"] = new_uid
    return write_products(settings, words, PROCESSOR, options, jobs=jobs, target=target)
