"""``fileroom anonymous``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.defining import as_document, defining, defining_options
from fileroom.cli.failures import FAILED, INTERRUPTED, say
from fileroom.cli.intake import jobs_option
from fileroom.cli.interruption import BEGINS_AGAIN, Interruption
from fileroom.cli.items import WORDS, chosen
from fileroom.cli.making import results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.cli.command import Settings

PROCESSOR = "anonymous"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an object was found to be.

    Attributes:
        name: the object: a file's path, or a public id.
        remaining: the attributes that were not done, each ``path``, ``keyword``, ``action`` and ``rule``.
        reason: why it could not be asked; empty if it could.
    """

    name: str
    remaining: Sequence[dict[str, str]] = ()
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        if self.reason:
            return {"object": self.name, "reason": self.reason}
        return {"object": self.name, "anonymous": not self.remaining, "remaining": list(self.remaining)}


@command(
    "anonymous",
    "fileroom anonymous deidentified",
    "fileroom anonymous study PatientID=4711 --document site.toml",
    "fileroom anonymous image.dcm --document ordcman.xml --json",
)
@click.argument("words", metavar=WORDS, nargs=-1, required=True)
@click.option(
    "--document", metavar="NAME|FILE", help="An anonymity document.  [default: PS3.15's Basic Profile]"
)
@defining_options("standard_dictionary", "private_dictionary")
@jobs_option(1)
def anonymous(
    settings: Settings, *, words: tuple[str, ...], document: str | None, jobs: int, **given: str | None
) -> int:
    """Say whether objects are de-identified, and which attributes say that they are not.

    The objects are resources by their ids, all that a search finds, or files and folders. An object must say
    that the identity was removed, and have nothing that the document removes, empties or replaces. Whether a
    name or UID is a pseudonym, nobody can see. No value is shown. Exit code 1: an object is not anonymous, or
    could not be read.
    """
    options = defining(given) | ({} if document is None else {"document": as_document(document)})
    asked: list[_Asked] = []
    with Interruption(BEGINS_AGAIN) as interruption, chosen(settings, words, jobs) as objects:
        for result in results(objects, PROCESSOR, options, stop=interruption.stop, doing="looking"):
            if result.error is not None:
                say(f"{result.item.name}: {result.reason}")
            left = [entry for product in result.products for entry in json.loads(product.data)["remaining"]]
            asked.append(_Asked(result.item.name, left, result.reason))
        unreadable = objects.report_unreadable()
        if settings.json:
            output.print_json_list(one.as_json() for one in asked)
        else:
            _print(asked, single=objects.single)
    if interruption.ended_it():
        return INTERRUPTED
    return FAILED if unreadable or any(one.reason or one.remaining for one in asked) else 0


def _print(asked: Sequence[_Asked], *, single: bool) -> None:
    heading = () if single else ("Object",)
    table = output.table(*heading, "Where", "Attribute", "Action", "Rule", whole=("Action",))
    for one in asked:
        for left in one.remaining:
            name = () if single else (one.name,)
            output.add_row(table, *name, left["path"], left["keyword"], left["action"], left["rule"])
    if table.row_count:
        output.print_table(table)
    found = [one for one in asked if not one.reason]
    not_done = sum(bool(one.remaining) for one in found)
    if single and found:
        output.say("not anonymous" if not_done else "anonymous")
    elif not single:
        missed = len(asked) - len(found)
        said = f"{text.counted(len(found) - not_done, 'object')} anonymous, {not_done} not"
        output.say(f"{said}; {text.counted(missed, 'object')} could not be read" if missed else said)
