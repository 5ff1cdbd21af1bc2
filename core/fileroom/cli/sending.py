"""``fileroom send`` and ``fileroom echo``."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from fileroom._dispatch import Dispatch
from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.cli.delivery import as_json, deliver, print_report
from fileroom.cli.failures import FAILED, UsageProblem
from fileroom.cli.identify import resolve
from fileroom.config import load_config
from fileroom.errors import InvalidValueError, NotFoundError
from fileroom.network import NetworkOptions
from fileroom.outgoing import one_host

if TYPE_CHECKING:
    from fileroom.cli.command import Settings
    from fileroom.network import Host


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
    _require(settings, peer)
    with settings.open() as archive:
        host = _host(archive.config.network, peer)
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

    PEER is a name in [network] that stands for one host, or AET@host:port, which needs no archive.
    """
    if not _is_address(peer):
        settings.require()
    config = load_config(settings.archive)
    host = _host(config.network, peer)
    with closing(Dispatch.open(config)) as plugins:
        seconds = plugins.sender().echo(host).seconds
    if settings.json:
        output.print_json({"peer": str(host), "seconds": seconds})
    else:
        output.say(f"{host} answered in {seconds * 1000:.1f} ms")
    return 0


def _require(settings: Settings, peer: str) -> None:
    """Make sure that there is an archive, and before that, that the peer is none that cannot be.

    Raises:
        UsageProblem: one of them is not so.
    """
    if not settings.exists() and _is_address(peer):
        _host(NetworkOptions(), peer)
    settings.require()


def _is_address(peer: str) -> bool:
    """Say whether a peer is meant as ``AET@host:port``, well-formed or not."""
    return "@" in peer


def _host(network: NetworkOptions, peer: str) -> Host:
    """Return the one host that a peer's name stands for.

    Raises:
        UsageProblem: it stands for none, or for several.
    """
    try:
        return one_host(network, peer)
    except (NotFoundError, InvalidValueError) as error:
        raise UsageProblem(str(error)) from error
