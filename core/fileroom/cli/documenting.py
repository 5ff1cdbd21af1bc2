"""``fileroom documents``: the rules, mappings and dictionaries of an archive."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli import output, text
from fileroom.cli.asking import agreed
from fileroom.cli.command import Group, command
from fileroom.cli.document_kinds import check, kinds, rules
from fileroom.cli.failures import FAILED, CommandError, UsageProblem, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fileroom._documents.repository import Documents
    from fileroom._documents.session import DocumentSession
    from fileroom.cli.command import Settings
    from fileroom.documents import DocumentVersion

documents = Group(
    "documents",
    help="""List, show, insert, export, delete and edit documents: what says how processors work.

    What is inserted or deleted is published at once. Between 'edit' and 'publish' it goes into a draft that
    nobody else sees; 'rollback' drops that.
    """,
    examples=(
        "fileroom documents list",
        "fileroom documents insert mapping.xml --kind mapping",
        "fileroom documents export ordcman.xml . && fileroom documents history ordcman.xml",
    ),
)
_name = click.argument("name", metavar="NAME")
_version = click.option(
    "--version",
    type=click.IntRange(min=0),
    metavar="N",
    help="Which version; 0 is the one that comes with a plugin.",
)


@command("list", "fileroom documents list", "fileroom documents list --kind anonymity --json")
@click.option("--kind", metavar="KIND", help="Only those of one kind.")
@click.option("--draft", is_flag=True, help="Those being edited, as they would be published.")
def list_(settings: Settings, *, kind: str | None, draft: bool) -> int:
    """List the documents, those that come with plugins included."""
    with settings.open() as archive:
        listed = _draft_of(archive.documents).list() if draft else archive.documents.list()
        edited = not draft and archive.documents.is_edited()
    found = [one for one in listed if kind in (None, one.kind)]
    _print(settings, found, "no documents")
    if edited and not settings.json:
        output.say("somebody is editing the documents: --draft shows what is to come")
    return 0


@command("show", "fileroom documents show ordcman.xml", "fileroom documents show rules.toml --version 2")
@_name
@_version
def show(settings: Settings, *, name: str, version: int | None) -> int:
    """Write a document to the standard output; with --json, what is known of it, and its text."""
    with settings.open() as archive:
        document = archive.documents.get(name, version)
    if settings.json:
        own = {"name": document.name, "kind": document.kind, "version": document.version}
        related = sorted(document.related)
        output.print_json(
            {**own, "related": related, "text": document.data.decode(errors="backslashreplace")}
        )
    else:
        sys.stdout.buffer.write(document.data)
        sys.stdout.buffer.flush()
    return 0


@command("history", "fileroom documents history ordcman.xml")
@_name
def history(settings: Settings, *, name: str) -> int:
    """List the versions of a document, oldest first."""
    with settings.open() as archive:
        versions = archive.documents.history(name)
    _print(settings, versions, "")
    return 0


@command(
    "insert",
    "fileroom documents insert mapping.xml --kind mapping",
    "fileroom documents insert - --kind anonymity --name trial.toml < trial.toml",
    "fileroom documents insert documents-of-the-other-archive",
)
@click.argument("path", metavar="FILE|FOLDER", type=click.Path(exists=True, allow_dash=True))
@click.option("--kind", metavar="KIND", help="The kind of the document; 'kinds' lists them.")
@click.option("--name", metavar="NAME", help="Its name; that of the file, if not given.")
def insert(settings: Settings, *, path: str, kind: str | None, name: str | None) -> int:
    """Insert a document, or a new version of one, or a folder that 'export --all' wrote.

    FILE - is the standard input. The document is checked first; an error names the line.
    """
    folder = path != "-" and Path(path).is_dir()
    if folder and (kind or name):
        raise UsageProblem("a folder's manifest has the names and kinds: leave out --kind and --name")
    if not folder and kind is None:
        raise UsageProblem("--kind is missing: 'fileroom documents kinds' lists what there is")
    if path == "-" and name is None:
        raise UsageProblem("--name is missing: the standard input has none")
    with settings.open() as archive:
        draft = archive.documents.draft()
        target = draft or archive.documents
        if kind is None:
            inserted = target.insert_all(path)
        else:
            source = sys.stdin.buffer if path == "-" else Path(path)
            inserted = [target.insert(name or Path(path).name, kind, source)]
    if settings.json:
        output.print_json([as_json(one) for one in inserted])
    elif not inserted:
        output.say("there is no document in this set")
    else:
        output.say(*(f"{one.name}: {one.kind}, version {one.version}" for one in inserted), *_hint(draft))
    return 0


@command(
    "export",
    "fileroom documents export ordcman.xml .",
    "fileroom documents export rules.toml /tmp --version 2",
    "fileroom documents export --all documents-of-this-archive",
)
@click.argument("words", metavar="[NAME] FOLDER", nargs=-1, required=True)
@click.option("--all", "every", is_flag=True, help="All that were published, with a manifest.")
@_version
def export(settings: Settings, *, words: tuple[str, ...], every: bool, version: int | None) -> int:
    """Write a document into a folder, or all of them as a set that 'insert' takes.

    No file is written over.
    """
    if len(words) != (1 if every else 2) or (every and version is not None):
        raise UsageProblem("expected: export NAME FOLDER, or: export --all FOLDER")
    with settings.open() as archive:
        if every:
            path = archive.documents.export_all(words[0])
        else:
            path = archive.documents.export(words[0], words[1], version)
    if settings.json:
        output.print_json({"path": str(path)})
    else:
        output.say(f"wrote {path}")
    return 0


@command("delete", "fileroom documents delete trial.toml")
@_name
def delete(settings: Settings, *, name: str) -> int:
    """Delete a document that no other refers to. Its versions are kept in its history.

    If it replaced one that comes with a plugin, that one is used again.
    """
    with settings.open() as archive:
        draft = archive.documents.draft()
        (draft or archive.documents).delete(name)
    if settings.json:
        output.print_json({"deleted": name, "draft": draft is not None})
    else:
        output.say(f"deleted {name}", *_hint(draft))
    return 0


@command("edit", "fileroom documents edit")
def edit(settings: Settings) -> int:
    """Begin to edit: what is inserted and deleted from now on goes into a draft."""
    with settings.open() as archive:
        session = archive.documents.edit(shared=True)
    if settings.json:
        output.print_json({"started": session.started.isoformat()})
    else:
        output.say("what is inserted and deleted from now on is seen by nobody else before it is published")
    return 0


@command("publish", "fileroom documents publish")
def publish(settings: Settings) -> int:
    """Publish what was edited, all at once."""
    with settings.open() as archive:
        published = _draft_of(archive.documents).publish()
    if settings.json:
        output.print_json([as_json(one) for one in published])
    else:
        what = {False: "version {}", True: "deleted"}
        output.say(*(f"{one.name}: {what[one.deleted].format(one.version)}" for one in published))
        output.say(f"published {text.counted(len(published), 'change')}")
    return 0


@command("rollback", "fileroom documents rollback")
def rollback(settings: Settings) -> int:
    """Drop what was edited since 'edit'; nothing of it is published."""
    with settings.open() as archive:
        dropped = archive.documents.rollback()
    if settings.json:
        output.print_json({"dropped": dropped})
    else:
        output.say("dropped the draft" if dropped else "nobody is editing the documents")
    return 0


@command("clear", "fileroom documents clear --yes")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def clear(settings: Settings, *, yes: bool) -> int:
    """Drop all documents with all versions, and the draft, even damaged ones; those of plugins stay."""
    with settings.open() as archive:
        if not yes and not agreed("Drop all documents with all their versions?"):
            say("nothing was dropped")
            return FAILED
        dropped = archive.documents.clear()
    if settings.json:
        output.print_json({"dropped": dropped})
    else:
        output.say("dropped all documents" if dropped else "there were none")
    return 0


def as_json(one: DocumentVersion) -> dict[str, object]:
    """Return a version as JSON has it."""
    return {
        "name": one.name,
        "kind": one.kind,
        "version": one.version,
        "published": one.published and one.published.isoformat(),
        "size": one.size,
        "sha256": one.digest,
        "refers_to": list(one.refers_to),
        "deleted": one.deleted,
        "built_in": one.built_in,
    }


def _draft_of(repository: Documents) -> DocumentSession:
    draft = repository.draft()
    if draft is None:
        raise CommandError("nobody is editing the documents: 'fileroom documents edit' begins that")
    return draft


def _hint(draft: DocumentSession | None) -> Sequence[str]:
    return ["in the draft only: 'fileroom documents publish' lets all see it"] if draft else []


def _print(settings: Settings, versions: Iterable[DocumentVersion], none: str) -> None:
    if settings.json:
        output.print_json([as_json(one) for one in versions])
        return
    listed = list(versions)
    if not listed:
        output.say(none)
        return
    table = output.table("Name", "Kind", "Version", "Published", "Size", right=("Version", "Size"))
    for one in listed:
        came = "with a plugin" if one.built_in else "not yet"
        published = f"{one.published:%Y-%m-%d %H:%M} UTC" if one.published else came
        size = "deleted" if one.deleted else text.size(one.size)
        output.add_row(table, one.name, one.kind, one.version, published, size)
    output.print_table(table)


for _one in (list_, show, history, insert, export, delete, edit, publish, rollback):
    documents.add_command(_one)
for _one in (check, kinds, rules, clear):
    documents.add_command(_one)
