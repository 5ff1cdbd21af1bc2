"""``fileroom browse``."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileroom.cli.command import Settings, command
from fileroom.cli.failures import UsageProblem
from fileroom.errors import MissingDependencyError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.cli._browse.lines import Lines
    from fileroom.cli._browse.session import Database, Session
    from fileroom.network import Host, NetworkOptions


@command(
    "browse",
    "fileroom browse",
    "fileroom browse archives/ACME_STORE.toml archives/ACME_OLD.toml --peer workstation",
    "echo 'send study' | fileroom browse --peer WS1@ws1.example.org:104",
)
@click.argument("archives", metavar="[ARCHIVE]...", nargs=-1)
@click.option("--peer", "peers", multiple=True, metavar="PEER", help="Offer it as a peer, and no others.")
@click.option(
    "--history",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the lines that were typed.  [default: until the end]",
)
def browse(
    settings: Settings, *, archives: tuple[str, ...], peers: tuple[str, ...], history: Path | None
) -> int:
    """Look into archives, and send from them, in a shell with the commands of DCMTK's dcmqrti.

    ARCHIVE is a folder or TOML file. PEER is a name in [network], or AET@host:port; without --peer, all hosts
    of the archives' [network] are offered. Type help in the shell.

    If the standard input is not a terminal, commands are read from it; the exit code is 1 if one of them
    failed.
    """
    from fileroom.cli._browse import shell  # noqa: PLC0415 - not needed for --help

    if settings.json:
        raise UsageProblem("browse is for people: 'find --json' lists, and 'send --json' sends")
    if archives and settings.given is not None:
        raise UsageProblem("name the archives either with -a or as words")
    with contextlib.ExitStack() as stack:
        session = _session(settings, archives, peers, stack)
        return shell.run(session, _lines(session, history), settings)


def _session(
    settings: Settings, archives: Sequence[str], peers: Sequence[str], stack: contextlib.ExitStack
) -> Session:
    from fileroom.cli._browse.session import Database, Session  # noqa: PLC0415

    opened = [
        (place, stack.enter_context(Settings(place).open())) for place in archives or [settings.archive]
    ]
    titles = [archive.config.network.ae_title for _, archive in opened]
    databases = [
        Database(title if titles.count(title) == 1 else Path(place).stem, place, archive)
        for title, (place, archive) in zip(titles, opened, strict=True)
    ]
    return Session(databases, list(dict.fromkeys(_peers(databases, peers))))


def _peers(databases: Sequence[Database], names: Sequence[str]) -> Iterator[Host]:
    """Yield the hosts that names stand for, or all that an archive knows."""
    networks = [one.archive.config.network for one in databases]
    if not names:
        for network in networks:
            for hosts in network.hosts.values():
                yield from hosts
    for name in names:
        try:
            yield from _resolved(networks, name)
        except NotFoundError as error:
            raise UsageProblem(str(error)) from error


def _resolved(networks: Sequence[NetworkOptions], name: str) -> tuple[Host, ...]:
    """Return the hosts that a name stands for in the first of the archives that knows it."""
    *others, last = networks
    for network in others:
        with contextlib.suppress(NotFoundError):
            return network.resolve(name)
    return last.resolve(name)


def _lines(session: Session, history: Path | None) -> Lines:
    from fileroom.cli._browse.completion import completions  # noqa: PLC0415
    from fileroom.cli._browse.lines import PlainLines  # noqa: PLC0415

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return PlainLines()
    try:
        from fileroom.cli._browse.terminal import TerminalLines  # noqa: PLC0415
    except ImportError as error:
        message = f"a shell in a terminal needs {error.name}: pip install 'fileroom[browse]'"
        raise MissingDependencyError(message, "browse", "fileroom") from error
    return TerminalLines(lambda line: completions(session, line), history)
