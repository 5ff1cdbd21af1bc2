"""``fileroom send`` and ``fileroom echo``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.cli.delivery import as_json, deliver, print_report
from fileroom.cli.failures import FAILED
from fileroom.cli.identify import resolve
from fileroom.outgoing import host_of

if TYPE_CHECKING:
    from fileroom.cli.command import Settings


@command(
    "send",
    "fileroom send 27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e --to workstation",
    "fileroom send PAT-0815 1.2.840.113619.2.55.3 --to WS1@ws1.example.org:104",
)
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.option("--to", "peer", required=True, metavar="PEER", help="To this DICOM application.")
def send(settings: Settings, *, identifiers: tuple[str, ...], peer: str) -> int:
    """Send all DICOM files of resources to a DICOM application (C-STORE).

    ID is a public id, a UID, a PatientID or an AccessionNumber. PEER is a name in [network] that stands for
    one host, or AET@host:port. Each object goes in its own transfer syntax, byte for byte, if the peer takes
    that.
    """
    with settings.open() as archive:
        host = host_of(archive, peer)
        report, stopped = deliver(archive, resolve(archive, identifiers), host)
    if settings.json:
        output.print_json(as_json(report))
    else:
        print_report(report, host)
    if stopped is not None:
        raise stopped
    return 0 if report.complete else FAILED


@command("echo", "fileroom echo workstation", "fileroom echo WS1@ws1.example.org:104")
@click.argument("peer", metavar="PEER")
def echo(settings: Settings, *, peer: str) -> int:
    """Ask a DICOM application whether it answers (C-ECHO).

    PEER is a name in [network] that stands for one host, or AET@host:port.
    """
    with settings.open() as archive:
        host = host_of(archive, peer)
        seconds = archive.echo(host).seconds
    if settings.json:
        output.print_json({"peer": str(host), "seconds": seconds})
    else:
        output.say(f"{host} answered in {seconds * 1000:.1f} ms")
    return 0
