"""``fileroom documents check``, ``kinds`` and ``rules``, which need no archive."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom._dispatch import Dispatch
from fileroom._documents.contents import check_name
from fileroom._documents.kinds import Kinds, describe
from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.cli.defining import as_document
from fileroom.cli.failures import FAILED, UsageProblem, say
from fileroom.config import load_config
from fileroom.documents import Document
from fileroom.errors import FileroomError
from fileroom.standalone import plain_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.cli.command import Settings
    from fileroom.documents import DocumentRule


@command("check", "fileroom documents check mapping.xml --kind mapping")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--kind", metavar="KIND", required=True, help="The kind of the document; 'kinds' lists them.")
def check(settings: Settings, *, file: str, kind: str) -> int:
    """Check a file as it would be when it is inserted; needs no archive.

    An error names the line; exit code 1. Whether the documents that it refers to are there is not checked.
    """
    check_name(Path(file).name)
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


@command(
    "rules",
    "fileroom documents rules",
    "fileroom documents rules site-basics",
    "fileroom documents rules house.toml --kind constraint --json",
)
@click.argument("name", metavar="[NAME|FILE]", required=False)
@click.option("--kind", metavar="KIND", help="The kind of a file; or only the documents of one kind.")
def rules(settings: Settings, *, name: str | None, kind: str | None) -> int:
    """List the rules that can be asked for by name, with the worst that each says and all that it reads.

    With a name, they are those of this document or file; else those of all documents in the archive, and of
    all that come with plugins. Needs no archive. 'fileroom check --rule' takes such a rule's name.
    """
    found: list[tuple[Document, DocumentRule]] = []
    unread = 0
    with ExitStack() as stack:
        archive = stack.enter_context(settings.open()) if settings.exists() else None
        plugins = archive.plugins if archive else stack.enter_context(_plugins(settings))
        known = Kinds(plugins.making)
        if kind is not None:
            known.get(kind)
        listed = archive.documents.list() if archive else map(describe, known.all_built_in())
        for one, its in _meant([(each.name, each.kind) for each in listed], name, kind):
            try:
                document = plugins.making.finder.read(one, its)
                found += [(document, rule) for rule in known.rules(document)]
            except FileroomError as error:
                if name is not None:
                    raise
                say(str(error))
                unread += 1
    if settings.json:
        output.print_json([_rule_as_json(document, rule) for document, rule in found])
    elif not found:
        output.say("no rules that have names")
    else:
        table = output.table("Document", "Rule", "Severity", "Reads", whole=("Rule", "Severity"))
        for document, rule in found:
            output.add_row(table, document.name, rule.name, rule.severity, "\n".join(rule.attributes))
        output.print_table(table)
    return FAILED if unread else 0


def _meant(listed: list[tuple[str, str]], name: str | None, kind: str | None) -> list[tuple[str, str]]:
    """Return names and kinds of the documents that are meant: of those at hand, or a file.

    Raises:
        UsageProblem: it is none at hand, and nothing says which kind it is of.
    """
    of_kind = [one for one in listed if kind in (None, one[1])]
    if name is None:
        return of_kind
    if own := [one for one in of_kind if one[0] == name]:
        return own
    if kind is None:
        raise UsageProblem(
            "no document of this name is at hand; if it is a file, --kind says which kind it has, "
            "such as constraint"
        )
    return [(as_document(name), kind)]


def _rule_as_json(document: Document, rule: DocumentRule) -> dict[str, object]:
    return {
        "document": document.name,
        "kind": document.kind,
        "rule": rule.name,
        "severity": rule.severity,
        "attributes": list(rule.attributes),
        "description": rule.description,
    }


def _built_in(kinds: Kinds, name: str) -> tuple[list[str], str]:
    """Return the names of the documents that come with a kind, or why it cannot be loaded."""
    try:
        return sorted(kinds.get(name).defaults()), ""
    except FileroomError as error:
        return [], str(error)


@contextmanager
def _kinds(settings: Settings) -> Iterator[Kinds]:
    with _plugins(settings) as plugins:
        yield Kinds(plugins.making)


@contextmanager
def _plugins(settings: Settings) -> Iterator[Dispatch]:
    config = load_config(settings.archive) if settings.exists() else plain_config()
    with closing(Dispatch.open(config)) as plugins:
        yield plugins
