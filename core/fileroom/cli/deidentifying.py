"""``fileroom deidentify``."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.defining import as_document, defining, defining_options, typed_options
from fileroom.cli.deidentify_report import opened
from fileroom.cli.delivering import kept, stored, written
from fileroom.cli.failures import FAILED, INTERRUPTED, UsageProblem, say
from fileroom.cli.intake import jobs_option
from fileroom.cli.interruption import Interruption
from fileroom.cli.items import WORDS, chosen
from fileroom.cli.keys import key_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fileroom.cli.command import Settings
    from fileroom.cli.deidentify_report import Done
    from fileroom.cli.items import Chosen

PROCESSOR = "deidentify"

_NEW_UID = "new_sop_instance_uid"
_RETAIN_UIDS = "retain-uids"

_WITHOUT_KEY = "without a key another run gives other pseudonyms: delete what was made, and run it again"


@dataclass(frozen=True, slots=True)
class _Where:
    """Where new objects go; one of these.

    Attributes:
        folder: files.
        keep: the archive that the originals are in.
        archive: another archive.
    """

    folder: Path | None
    keep: bool
    archive: str | None

    def check(self) -> None:
        """Make sure that it is one.

        Raises:
            UsageProblem: it is none, or several.
        """
        if (self.folder is not None) + self.keep + (self.archive is not None) != 1:
            raise UsageProblem(
                "say where the new objects go: -o FOLDER, --keep for the same archive, or --to ARCHIVE"
            )


@command(
    "deidentify",
    "fileroom deidentify images -o out --key-file deidentify.key --report report.jsonl",
    "fileroom deidentify study PatientID=4711 -o out --options retain-uids,clean-descriptors",
    "fileroom deidentify image.dcm -o new.dcm --document ordcman.xml --new-sop-instance-uid 1.2.3",
    "fileroom deidentify series Modality=US --to research --options clean-pixel-data --key-file k",
)
@click.argument("words", metavar=WORDS, nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Write the new objects to files.",
)
@click.option("--keep", is_flag=True, help="Store them in the same archive, linked with the originals.")
@click.option("--to", "archive", metavar="ARCHIVE", help="Store them in another archive, without any link.")
@click.option(
    "--options", "names", metavar="NAME,...", help="Options of PS3.15 annex E, such as retain-uids."
)
@click.option("--document", metavar="NAME|FILE", help="An anonymity document that says what to do.")
@defining_options("standard_dictionary", "private_dictionary")
@click.option(
    "--key-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The key that makes pseudonyms, UIDs and date shifts the same each time.",
)
@click.option("--mapping", metavar="URL", help="A database that keeps who became whom, encrypted.")
@click.option(
    "--new-sop-instance-uid", "uid", metavar="UID", help="The UID of the new object, if there is only one."
)
@click.option(
    "--rectangle",
    "rectangles",
    metavar="'X Y W H'",
    multiple=True,
    help="Pixels with burned-in text, for clean-pixel-data; may be repeated.",
)
@click.option(
    "--check",
    type=click.Choice(["refuse", "report", "off"], case_sensitive=False),
    default="refuse",
    show_default=True,
    help="What to do where an identity is still found afterwards.",
)
@click.option(
    "--option", "pairs", metavar="KEY=VALUE", multiple=True, help="Another option of the processor."
)
@click.option(
    "--report",
    "report",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what was done, without values: JSON lines, or a table if it ends in .csv.",
)
@jobs_option(1)
def deidentify(
    settings: Settings,
    *,
    words: tuple[str, ...],
    folder: Path | None,
    keep: bool,
    archive: str | None,
    report: Path | None,
    jobs: int,
    **typed: Any,  # noqa: ANN401 - as `_options` has them
) -> int:
    """Make objects without the patient's identity: PS3.15's Basic Profile, its options, or a document.

    The objects are resources by their ids, all that a search finds, or files and folders. They stay as they
    are. One that cannot be de-identified keeps no other from it, and nothing of it is passed on.
    """
    where = _Where(folder, keep, archive)
    where.check()
    options = _options(**typed)
    failed = 0
    with ExitStack() as stack:
        interruption = stack.enter_context(Interruption())
        objects = stack.enter_context(chosen(settings, words, jobs))
        _check_uids(objects, where, options)
        lasting = _add_key(objects, options)
        if not lasting:
            interruption.advice = _WITHOUT_KEY
        file = stack.enter_context(opened(report))
        told: list[dict[str, object]] = []
        for done in _done(objects, where, options, interruption):
            if not lasting:
                cast("dict[str, object]", done.report).update(consistent=False)
            failed += bool(done.reason)
            if file is not None:
                file.add(done)
            if done.reason:
                say(f"{done.name}: {done.reason}")
            if settings.json:
                told.append(_as_json(done))
            elif not done.reason:
                output.say(_line(done))
        failed += objects.report_unreadable()
        if settings.json:
            output.print_json_list(told)
    if interruption.ended_it():
        return INTERRUPTED
    return FAILED if failed else 0


def _options(
    *,
    names: str | None,
    document: str | None,
    key_file: Path | None,
    mapping: str | None,
    uid: str | None,
    rectangles: tuple[str, ...],
    check: str,
    pairs: Iterable[str],
    **given: str | None,
) -> dict[str, object]:
    """Return the processor's options.

    Raises:
        UsageProblem: an ``--option`` has no equals sign, or is the key, which others would see.
    """
    options: dict[str, object] = {"check": check, **defining(given), **typed_options(pairs)}
    if "key" in options:
        raise UsageProblem("--option key: others may see what is typed: --key-file names a file with the key")
    if names is not None:
        options["options"] = [name.strip() for name in names.split(",") if name.strip()]
    if document is not None:
        options["document"] = as_document(document)
    if key_file is not None:
        options["key"] = key_in(key_file)
    if rectangles:
        options["rectangles"] = list(rectangles)
    plain = {"mapping": mapping, _NEW_UID: uid}
    return options | {key: value for key, value in plain.items() if value is not None}


def _check_uids(objects: Chosen, where: _Where, options: dict[str, object]) -> None:
    """Make sure that no two objects of a run, or of an archive, are to have the same UID."""
    if not objects.single and (_configured(objects) | options).get(_NEW_UID):
        named = "--new-sop-instance-uid" if _NEW_UID in options else f"[plugins.{PROCESSOR}] {_NEW_UID}"
        raise UsageProblem(f"{named} is for one object, and there may be several")
    asked = options if {"options", "document"} & options.keys() else _configured(objects)
    if where.keep and _RETAIN_UIDS in str(asked.get("options")).casefold():
        raise UsageProblem(
            f"--keep with {_RETAIN_UIDS} would leave two objects of one UID in the archive: put the new ones "
            "elsewhere, --to ARCHIVE or -o FOLDER"
        )


def _configured(objects: Chosen) -> dict[str, object]:
    return dict(objects.config.plugins.tables.get(PROCESSOR, {}))


def _add_key(objects: Chosen, options: dict[str, object]) -> bool:
    """Make up a key where there is none, which all processes share; say whether there was one."""
    if {"key", "mapping"} & {*options, *_configured(objects)}:
        return True
    options["key"] = secrets.token_hex(32)
    return False


def _done(
    objects: Chosen, where: _Where, options: Mapping[str, object], interruption: Interruption
) -> Iterator[Done]:
    if where.keep:
        return kept(objects, PROCESSOR, options, interruption)
    if where.folder is not None:
        return written(objects, PROCESSOR, options, where.folder, interruption.stop)
    assert where.archive is not None
    return stored(objects, PROCESSOR, options, where.archive, interruption.stop)


def _as_json(done: Done) -> dict[str, object]:
    if done.reason:
        return {"object": done.name, "reason": done.reason}
    report = dict(done.report)
    touched = report.pop("touched", ())
    return {"object": done.name, "made": done.where, "uid": done.uid, **report, "touched": len(touched)}


def _line(done: Done) -> str:
    touched = text.counted(len(done.report.get("touched", ())), "attribute")
    notes = [f"{touched} changed"]
    if left := done.report.get("residual"):
        notes.append(f"{text.counted(len(left), 'finding')} of what may be left")
    notes += [f"not done: {option}" for option in done.report.get("undone", ())]
    if (by := done.report.get("dates_moved_by")) in {"name", "study"}:
        notes.append(f"no Patient ID: dates moved by days of the {by}")
    return f"{done.where} ({', '.join(notes)})"
