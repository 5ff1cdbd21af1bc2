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
@click.option(
    "--to", required=True, metavar="SYNTAX", help="The transfer syntax, by its name below or its UID."
)
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Write the objects to this file or folder.",
)
@click.option(
    "--quality", metavar="1..100", help="Of lossy JPEG; higher is better and larger.  [default: 90]"
)
@click.option("--ratio", metavar="N", help="Of lossy JPEG 2000: how many times smaller.  [default: 10]")
@click.option(
    "--near", metavar="1..255", help="Of near-lossless JPEG-LS: the greatest error of a sample.  [default: 2]"
)
@click.option("--new-uid", is_flag=True, help="Give new SOP Instance UIDs even if nothing is lost.")
@click.option("--uid-root", metavar="UID", help="What new UIDs begin with.  [default: 2.25]")
@click.option(
    "--missing", is_flag=True, help="Skip objects that have their file there already, if nothing is lost."
)
@jobs_option(1)
def transcode(
    settings: Settings,
    *,
    words: tuple[str, ...],
    target: Path,
    new_uid: bool,
    missing: bool,
    jobs: int,
    **given: str | None,
) -> int:
    """Write objects in another transfer syntax to files.

    SYNTAX is explicit, implicit, deflated, rle, jpeg-ls, jpeg-2000, htj2k or jpeg-lossless, with which
    nothing is lost; or jpeg, jpeg-12, jpeg-2000-lossy or jpeg-ls-near, which lose detail: new objects get
    new SOP Instance UIDs then, and say so. Of a patient, study or series, every instance is transcoded. An
    object that cannot be is named, and the others go on.
    """
    options: dict[str, object] = {name: TypedText(one) for name, one in given.items() if one is not None}
    options["new_uid"] = new_uid
    kind = "transcoded" if missing else None
    return write_products(
        settings, words, PROCESSOR, options, jobs=jobs, target=target, doing="transcoding", missing=kind
    )
