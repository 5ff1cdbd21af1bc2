"""``fileroom process``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.describing import attachment_as_json
from fileroom.cli.failures import FAILED, say
from fileroom.cli.identify import resolve
from fileroom.errors import InvalidDatasetError, NotSupportedError

if TYPE_CHECKING:
    from fileroom.attachments import Attachment
    from fileroom.cli.command import Settings


@command("process", "fileroom process thumbnail 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e")
@click.argument("processor", metavar="PROCESSOR")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
def process(settings: Settings, *, processor: str, identifiers: tuple[str, ...]) -> int:
    """Run a processor on resources, and keep what it makes as attachments.

    Above the instance level, the middle instance of the resource is taken. [plugins] enable in the
    configuration names the plugins that offer processors.
    """
    made: dict[str, list[Attachment]] = {}
    failures: dict[str, str] = {}
    with settings.open() as archive:
        archive.plugins.processor(processor)  # a wrong name is one error, not one for each resource
        for one in resolve(archive, identifiers):
            try:
                made[one.id] = one.process(processor)
            except (NotSupportedError, InvalidDatasetError) as error:
                failures[one.id] = str(error)
        if settings.json:
            listed = {id_: [attachment_as_json(each) for each in products] for id_, products in made.items()}
            output.print_json({"made": listed, "failures": failures})
        else:
            for id_, products in made.items():
                named = (f"{each.name} ({each.media_type}, {text.size(each.size)})" for each in products)
                output.say(f"{id_}: {', '.join(named) or 'nothing to make'}")
    for id_, reason in failures.items():
        say(f"{id_}: {reason}")
    return FAILED if failures else 0
