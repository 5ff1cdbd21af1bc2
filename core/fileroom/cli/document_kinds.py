"""``fileroom documents check`` and ``kinds``, which need no archive."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from fileroom._dispatch import Dispatch
from fileroom._documents.kinds import Kinds
from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.config import load_config
from fileroom.documents import Document
from fileroom.errors import FileroomError
from fileroom.standalone import plain_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.cli.command import Settings


@command("check", "fileroom documents check mapping.xml --kind mapping")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--kind", metavar="KIND", required=True, help="What kind of document it is to be.")
def check(settings: Settings, *, file: str, kind: str) -> int:
    """Check a file as it would be when it is inserted; needs no archive.

    What is wrong is said with its line, exit code 1. That what it refers to is there is not looked at.
    """
    document = Document.load(file, kind)
    with _kinds(settings) as kinds:
        refers_to = kinds.check(document)
    if settings.json:
        output.print_json({"name": document.name, "kind": kind, "refers_to": list(refers_to)})
    else:
        output.say(f"{document.name} is a sound document of kind {kind}")
        if refers_to:
            output.say(f"it refers to {', '.join(refers_to)}")
    return 0


@command("kinds", "fileroom documents kinds")
def kinds(settings: Settings) -> int:
    """List the kinds of documents that there are plugins for, with the documents that come with them."""
    with _kinds(settings) as known:
        found = [(name, *_built_in(known, name)) for name in known.names()]
    if settings.json:
        output.print_json([dict(zip(("kind", "documents", "error"), one, strict=True)) for one in found])
        return 0
    table = output.table("Kind", "Comes with", whole=("Kind",))
    for name, built_in, error in found:
        output.add_row(table, name, error or "\n".join(built_in))
    output.print_table(table)
    return 0


def _built_in(kinds: Kinds, name: str) -> tuple[list[str], str]:
    """Return the names of the documents that come with a kind, or why it cannot be loaded."""
    try:
        return sorted(kinds.get(name).defaults()), ""
    except FileroomError as error:
        return [], str(error)


@contextmanager
def _kinds(settings: Settings) -> Iterator[Kinds]:
    config = load_config(settings.archive) if settings.exists() else plain_config()
    with closing(Dispatch.open(config)) as plugins:
        yield Kinds(plugins.making)
