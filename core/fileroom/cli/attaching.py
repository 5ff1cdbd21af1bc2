"""``fileroom attachments``, ``attach``, ``detach``, ``cat`` and ``url``."""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from fileroom.cli import output, text
from fileroom.cli.command import command
from fileroom.cli.describing import attachment_as_json, attachments_of, attachments_table
from fileroom.cli.failures import CommandError, UsageProblem
from fileroom.cli.identify import resolve_one
from fileroom.storage import ByteRange

if TYPE_CHECKING:
    from fileroom.attachments import Attachment
    from fileroom.cli.command import Settings
    from fileroom.resources import Resource

PIECE = 1 << 20
"""Bytes that ``cat`` reads at a time."""

_RANGE = re.compile(r"(\d{1,18})-(\d{1,18})?", re.ASCII)

_type = click.option(
    "-t", "--type", "content_type", metavar="N|NAME", required=True, help="Content type: a number or a name."
)
_type_to_read = click.option(
    "-t", "--type", "content_type", metavar="N|NAME", default="dicom", show_default=True, help="Content type."
)
_identifier = click.argument("identifier", metavar="ID")


@command("attachments", "fileroom attachments 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e")
@_identifier
def attachments(settings: Settings, *, identifier: str) -> int:
    """List what is attached to a resource."""
    with settings.open() as archive:
        found = attachments_of(archive, resolve_one(archive, identifier).id)
        if settings.json:
            output.print_json([attachment_as_json(one) for one in found])
        elif found:
            output.print_table(attachments_table(found))
        else:
            output.say("no attachments")
    return 0


@command(
    "attach",
    "fileroom attach 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e report.pdf --type 1024",
    "make-report | fileroom attach 1.2.840.113619.2.55.3 - --type report",
)
@_identifier
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@_type
def attach(settings: Settings, *, identifier: str, file: str, content_type: str) -> int:
    """Attach a file to a resource, in place of what has that content type already.

    FILE - is the standard input. Numbers from 1024 to 65535 are yours; [content_types] in the configuration
    gives them names.
    """
    source = sys.stdin.buffer if file == "-" else Path(file)
    with settings.open() as archive:
        attached = resolve_one(archive, identifier).attach(content_type, source)
        if settings.json:
            output.print_json(attachment_as_json(attached))
        else:
            output.say(f"attached {attached.name}, {text.size(attached.size)}, revision {attached.revision}")
    return 0


@command("detach", "fileroom detach 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e --type 1024")
@_identifier
@_type
def detach(settings: Settings, *, identifier: str, content_type: str) -> int:
    """Remove an attachment of a resource."""
    with settings.open() as archive:
        resource = resolve_one(archive, identifier)
        attachment = _attachment(resource, content_type)
        resource.attachments.detach(attachment.content_type)
        if settings.json:
            output.print_json({"detached": attachment.name})
        else:
            output.say(f"detached {attachment.name}")
    return 0


@command(
    "cat",
    "fileroom cat 66a662ce-7430e543-bad44d47-0dc5a943-ec7a538d > image.dcm",
    "fileroom cat 66a662ce-7430e543-bad44d47-0dc5a943-ec7a538d --range 128-132",
    "fileroom cat 66a662ce-7430e543-bad44d47-0dc5a943-ec7a538d --type thumbnail -o image.jpg",
)
@_identifier
@_type_to_read
@click.option(
    "--range", "span", metavar="A-B", help="Bytes from A up to, not including, B; A- is to the end."
)
@click.option(
    "-o", "--output", "file", metavar="FILE", type=click.Path(dir_okay=False), help="Write to a file."
)
def cat(settings: Settings, *, identifier: str, content_type: str, span: str | None, file: str | None) -> int:
    """Write an attachment's bytes to the standard output.

    JSON has them as Base64, under "data".
    """
    byte_range = _range(span)
    if file is None and not settings.json and sys.stdout.isatty():
        raise UsageProblem("bytes would garble this terminal: send them to a file or a pipe, or use -o FILE")
    with settings.open() as archive:
        attachment = _attachment(resolve_one(archive, identifier), content_type)
        with attachment.open(byte_range=byte_range) as source:
            if file is not None:
                with Path(file).open("wb") as target:
                    _copy(source, target)
            elif settings.json:
                _print_base64(attachment, source)
            else:
                _copy(source, sys.stdout.buffer)
        if file is not None and settings.json:
            output.print_json(attachment_as_json(attachment))
    return 0


@command(
    "url",
    "fileroom url 66a662ce-7430e543-bad44d47-0dc5a943-ec7a538d",
    "fileroom url 1.2.840.113619.2.55.3 --type report --seconds 600",
)
@_identifier
@_type_to_read
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    default=3600,
    show_default=True,
    metavar="N",
    help="For how long it is valid.",
)
def url(settings: Settings, *, identifier: str, content_type: str, seconds: int) -> int:
    """Show a URL from which anybody who has it can read an attachment, past this archive.

    Only some storages have such URLs: s3 does.
    """
    with settings.open() as archive:
        attachment = _attachment(resolve_one(archive, identifier), content_type)
        made = attachment.presigned_url(seconds)
    if settings.json:
        output.print_json({"url": made, "seconds": seconds})
    else:
        click.echo(made)
    return 0


def _attachment(resource: Resource, content_type: str) -> Attachment:
    try:
        return resource.attachments[content_type]
    except KeyError:
        hint = f"'fileroom attachments {resource.id}' lists what is there"
        raise CommandError(f"this {resource.level.label} has no such attachment: {hint}") from None


def _range(span: str | None) -> ByteRange | None:
    if span is None:
        return None
    found = _RANGE.fullmatch(span)
    if found is None or (found[2] and int(found[2]) < int(found[1])):
        raise UsageProblem("--range: expected A-B with A not beyond B, or A-, in bytes from 0")
    return ByteRange(int(found[1]), int(found[2]) if found[2] else None)


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    while piece := source.read(PIECE):
        target.write(piece)
    target.flush()


def _print_base64(attachment: Attachment, source: BinaryIO) -> None:
    about = json.dumps(attachment_as_json(attachment))
    click.echo(f'{about[:-1]}, "data": "', nl=False)
    rest = b""
    while piece := source.read(PIECE):
        piece = rest + piece
        whole = len(piece) // 3 * 3  # only pieces of a multiple of three bytes can be joined
        rest = piece[whole:]
        click.echo(b64encode(piece[:whole]).decode("ascii"), nl=False)
    click.echo(f'{b64encode(rest).decode("ascii")}"}}')
