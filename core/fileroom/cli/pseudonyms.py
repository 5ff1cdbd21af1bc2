"""``fileroom pseudonyms export | reverse``: who became whom, for those who have the key."""

from __future__ import annotations

import csv
import json
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TextIO, TypeGuard, cast

import click

from fileroom.cli import output
from fileroom.cli.command import Group, command
from fileroom.cli.failures import FAILED, CommandError, UsageProblem, say
from fileroom.cli.keys import key_in
from fileroom.errors import FileroomError
from fileroom.header import HeaderReader
from fileroom.model import Level
from fileroom.resources import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fileroom.archive import Archive
    from fileroom.cli.command import Settings

_PROCESSOR = "deidentify"
_COLUMNS = ("kind", "original", "pseudonym")
_ISSUER = "IssuerOfPatientID"

pseudonyms = Group(
    "pseudonyms",
    help="Tell who became whom, for those who have the key of a de-identification.",
    examples=(
        "fileroom pseudonyms reverse 4XJ7QY2MZB3W5KTA --key-file deidentify.key",
        "fileroom pseudonyms export --mapping sqlite:////safe/map.sqlite --key-file k -o map.csv",
    ),
)


class _Pair(NamedTuple):
    kind: str
    old: str
    given: str


class _Pseudonyms(Protocol):
    """What gives pseudonyms, as the processor has it."""

    def uid(self, old: str) -> str: ...
    def text(self, kind: str, old: str) -> str: ...


class _Mapping(_Pseudonyms, Protocol):
    """What keeps them, too."""

    def pairs(self) -> Iterator[_Pair]: ...
    def reverse(self, given: Iterable[str]) -> Iterator[_Pair]: ...


def _key_options(function: Callable[..., Any]) -> Callable[..., Any]:
    key = click.option(
        "--key-file",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The key; else that of the configuration.",
    )
    mapping = click.option(
        "--mapping", metavar="URL", help="The mapping store; else that of the configuration."
    )
    return key(mapping(function))


@command("export", "fileroom pseudonyms export --mapping sqlite:////safe/map.sqlite --key-file k -o map.csv")
@_key_options
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file.",
)
def export(settings: Settings, *, key_file: Path | None, mapping: str | None, target: Path | None) -> int:
    """Write all that a mapping store holds: kind, original and pseudonym, as CSV, or as JSON with --json.

    What is written tells who everybody is: a file is made for its owner's eyes only, where the system can. So
    it has to be a new one; one that is there already may be open to others.
    """
    with _opened(settings, key_file, mapping) as (found, _):
        if _keeps(found):
            pairs = found.pairs()
        else:
            raise UsageProblem("there is no mapping store to export: name it with --mapping")
        if target is None:
            _write(sys.stdout, pairs, as_json=settings.json)
            return 0
        try:
            # `Path.open` takes no opener.
            with open(target, "x", encoding="utf-8", newline="", opener=_for_the_owner) as file:
                _write(file, pairs, as_json=settings.json)
        except FileExistsError as error:
            raise CommandError(
                "-o: there is such a file already: name another, or delete it first"
            ) from error
        except OSError as error:
            raise CommandError(f"-o: the file cannot be written: {error.strerror}") from error
    return 0


@command("reverse", "fileroom pseudonyms reverse 4XJ7QY2MZB3W5KTA --key-file deidentify.key")
@click.argument("values", metavar="PSEUDONYM...", nargs=-1, required=True)
@_key_options
def reverse(
    settings: Settings, *, values: tuple[str, ...], key_file: Path | None, mapping: str | None
) -> int:
    """Tell whom pseudonyms and new UIDs stand for.

    With a mapping store, it is looked up there. With the key alone, the identifiers in the archive are tried
    one by one: patients' names and ids, studies' ids, and the UIDs of studies, series and instances. Ids that
    have an issuer come last, since the files are read for them.
    """
    with _opened(settings, key_file, mapping) as (found, archive):
        if _keeps(found):
            pairs = list(found.reverse(values))
        elif archive is not None:
            pairs = list(_tried(found, archive, set(values)))
        else:
            raise UsageProblem("the key alone reverses nothing: name a mapping store, or the archive with -a")
    if settings.json:
        output.print_json([dict(zip(_COLUMNS, pair, strict=True)) for pair in pairs])
    else:
        for pair in pairs:
            output.say(f"{pair.given}: {pair.kind} {pair.old}")
    missing = len(set(values) - {pair.given for pair in pairs})
    if missing:
        say(f"{missing} of {len(set(values))} stand for nobody that is known here")
    return FAILED if missing else 0


pseudonyms.add_command(export)
pseudonyms.add_command(reverse)


@contextmanager
def _opened(
    settings: Settings, key_file: Path | None, mapping: str | None
) -> Iterator[tuple[_Pseudonyms, Archive | None]]:
    """Open what gives pseudonyms, and the archive where there is one.

    Raises:
        UsageProblem: there is no key.
        FileroomError: the store or the archive cannot be opened.
    """
    options: dict[str, object] = {}
    if key_file is not None:
        options["key"] = key_in(key_file)
    if mapping is not None:
        options["mapping"] = mapping
    if settings.exists():
        with settings.open() as archive:
            if key_file is None and "key" not in archive.config.plugins.tables.get(_PROCESSOR, {}):
                raise _no_key()
            with archive.plugins.making.using(_PROCESSOR, options) as opened:
                yield cast("Any", opened.processor).pseudonyms, archive
        return
    if key_file is None:
        raise _no_key()
    from fileroom.standalone import processor  # noqa: PLC0415 - not needed for --help

    with processor(_PROCESSOR, **options) as alone:
        yield cast("Any", alone).pseudonyms, None


def _keeps(found: _Pseudonyms) -> TypeGuard[_Mapping]:
    return hasattr(found, "pairs")


def _no_key() -> UsageProblem:
    return UsageProblem("nothing is told without the key: give it with --key-file")


def _tried(found: _Pseudonyms, archive: Archive, wanted: set[str]) -> Iterator[_Pair]:
    """Try identifiers until all that is wanted is found."""
    wanted = set(wanted)
    for kind, old in _identifiers(archive):
        if not wanted:
            return
        given = found.uid(old) if kind == "uid" else found.text(kind, old)
        if given in wanted:
            wanted.remove(given)
            yield _Pair(kind, old, given)


def _identifiers(archive: Archive) -> Iterator[tuple[str, str]]:
    for patient in archive.find(Level.PATIENT):
        yield "id", str(patient.get("PatientID"))
        yield "name", str(patient.get("PatientName"))
    for study in archive.find(Level.STUDY):
        yield "uid", study.uid
        yield "text", str(study.get("StudyID"))
    for level in (Level.SERIES, Level.INSTANCE):
        for one in archive.find(level):
            yield "uid", one.uid
    yield from _issued(archive)


def _issued(archive: Archive) -> Iterator[tuple[str, str]]:
    """Yield patients' ids with who gave them, as HL7 writes both; that, only the studies' files say."""
    reader = HeaderReader(archive.tags.reading_too([_ISSUER]))
    for study in archive.find(Level.STUDY):
        instance = archive.within(study.id, Level.INSTANCE).first()
        if not isinstance(instance, Instance):
            continue
        with suppress(FileroomError), instance.open() as file:
            tags = reader.read(file).tags
            if issuer := tags.get(_ISSUER):
                yield "id", f"{study.get('PatientID')}^^^{issuer}"


def _write(file: TextIO, pairs: Iterable[_Pair], *, as_json: bool) -> None:
    if as_json:
        file.writelines(f"{json.dumps(dict(zip(_COLUMNS, pair, strict=True)))}\n" for pair in pairs)
        return
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(_COLUMNS)
    rows.writerows(pairs)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
