"""``fileroom metadata`` and ``fileroom label``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.cli.failures import CommandError, UsageProblem
from fileroom.cli.identify import resolve_one

if TYPE_CHECKING:
    from fileroom.cli.command import Settings
    from fileroom.resources import Resource

_identifier = click.argument("identifier", metavar="ID")


@command(
    "metadata",
    "fileroom metadata 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e",
    "fileroom metadata 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e set reviewed-by 'Dr. Roe'",
    "fileroom metadata 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e unset reviewed-by",
)
@_identifier
@click.argument("action", metavar="[set|unset]", required=False, type=click.Choice(["set", "unset"]))
@click.argument("words", metavar="[NAME] [VALUE]", nargs=-1)
def metadata(settings: Settings, *, identifier: str, action: str | None, words: tuple[str, ...]) -> int:
    """Show a resource's metadata, or set or unset one value.

    A value that begins with a dash is given after --.
    """
    if action is not None and len(words) != (2 if action == "set" else 1):
        raise UsageProblem("expected: metadata ID set NAME VALUE, or: metadata ID unset NAME")
    with settings.open() as archive:
        resource = resolve_one(archive, identifier)
        if action is not None:
            _change_metadata(resource, *words)
        values = dict(resource.metadata)
    if settings.json:
        output.print_json(values)
    elif values:
        output.print_table(output.grid(values.items()))
    else:
        output.say("no metadata")
    return 0


def _change_metadata(resource: Resource, name: str, value: str | None = None) -> None:
    try:
        if value is None:
            del resource.metadata[name]
        else:
            resource.metadata[name] = value
    except KeyError:
        raise CommandError(f"this {resource.level.label} has no metadata of that name") from None
    except ValueError as error:
        raise UsageProblem(str(error)) from error


@command(
    "label",
    "fileroom label 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e add teaching chest",
    "fileroom label 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e remove chest",
)
@_identifier
@click.argument("action", metavar="[add|remove]", required=False, type=click.Choice(["add", "remove"]))
@click.argument("labels", metavar="[LABEL]...", nargs=-1)
def label(settings: Settings, *, identifier: str, action: str | None, labels: tuple[str, ...]) -> int:
    """Show a resource's labels, or add or remove some.

    A label has 1 to 64 letters, digits, dashes or underscores. 'fileroom find LEVEL --label LABEL' finds it.
    """
    if action is not None and not labels:
        raise UsageProblem(f"expected: label ID {action} LABEL...")
    with settings.open() as archive:
        resource = resolve_one(archive, identifier)
        try:
            for one in labels:
                if action == "add":
                    resource.labels.add(one)
                else:
                    resource.labels.discard(one)
        except ValueError as error:
            raise UsageProblem(str(error)) from error
        present = list(resource.labels)
    if settings.json:
        output.print_json(present)
    else:
        output.say(*present or ["no labels"])
    return 0
