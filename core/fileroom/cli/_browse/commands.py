"""The commands of the shell, as dcmqrti has them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from fileroom.cli import output, text
from fileroom.cli._browse import tables
from fileroom.cli._browse.session import WORDS
from fileroom.cli.delivery import deliver, print_report
from fileroom.cli.failures import CommandError
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fileroom.cli._browse.lines import Lines
    from fileroom.cli._browse.session import Session
    from fileroom.network import Host

NAMES = ("help", "title", "database", "study", "series", "image", "send", "echo", "quit", "exit")
LEVELS = {word: level for level, word in WORDS.items()}

_ALIASES = {"?": "help", "e": "echo"}  # `e` begins `exit` too, and is `echo` in dcmqrti
_SUMMARY = (
    ("help, ?", "this summary"),
    ("title [PEER]", "list the peers, or choose one"),
    ("database [DATABASE]", "list the archives, or choose one"),
    ("study [STUDY]", "list the studies, or choose one"),
    ("series [SERIES]", "list the series of the chosen study, or choose one"),
    ("image [IMAGE]", "list the images of the chosen series, or choose one"),
    ("send study|series|image [ONE]", "send the chosen one, or another, to the chosen peer"),
    ("echo [TIMES]", "ask the chosen peer whether it answers"),
    ("quit, exit", "leave"),
)
_NOTE = (
    "Choose by the number in the list, by UID or by id. Commands may be shortened: h t da st ser i sen ec q."
)
_MOST_ECHOES = range(1, 1001)


class LeaveShell(Exception):  # noqa: N818 - no error: it is how `quit` ends the shell
    """The user wants to leave."""


def expanded(word: str, names: Iterable[str], noun: str = "command") -> str:
    """Return the name that a word is, or is the beginning of.

    Raises:
        CommandError: there is none, or there are several.
    """
    fitting = [name for name in names if name.startswith(word)]
    if word in fitting or len(fitting) == 1:
        return word if word in fitting else fitting[0]
    if fitting:
        raise CommandError(f"which {noun}: {' or '.join(fitting)}?")
    raise CommandError(f"no such {noun}: 'help' lists them")


class Commands:
    """The commands, run on a session; the lines know how long a page is, and whether to turn it."""

    def __init__(self, session: Session, lines: Lines) -> None:
        self._session = session
        self._lines = lines
        self._commands: Mapping[str, Callable[[Sequence[str]], None]] = {
            "help": self._help,
            "title": self._title,
            "database": self._database,
            "study": lambda words: self._list_or_choose(Level.STUDY, words),
            "series": lambda words: self._list_or_choose(Level.SERIES, words),
            "image": lambda words: self._list_or_choose(Level.INSTANCE, words),
            "send": self._send,
            "echo": self._echo,
            "quit": self._quit,
            "exit": self._quit,
        }

    def run(self, line: str) -> None:
        """Run a line; an empty one does nothing.

        Raises:
            LeaveShell: the line was ``quit``.
            CommandError: there is no such command, or it could not do what it was asked for.
            FileroomError: likewise.
        """
        words = line.split()
        if words:
            name = _ALIASES.get(words[0]) or expanded(words[0], NAMES)
            self._commands[name](words[1:])

    def _help(self, words: Sequence[str]) -> None:
        del words
        output.print_table(output.grid(_SUMMARY))
        output.say(_NOTE)

    def _quit(self, words: Sequence[str]) -> None:
        del words
        raise LeaveShell

    def _title(self, words: Sequence[str]) -> None:
        session = self._session
        if words:
            session.choose_peer(" ".join(words))
            return
        rows = [(one.ae_title, f"{one.host}:{one.port}") for one in session.peers]
        chosen = session.peers.index(session.peer) if session.peer else None
        output.print_table(tables.titles("Peer", rows, chosen))

    def _database(self, words: Sequence[str]) -> None:
        session = self._session
        if words:
            session.choose_database(" ".join(words))
            return
        rows = [(one.title, one.place) for one in session.databases]
        output.print_table(tables.titles("Database", rows, session.databases.index(session.database)))

    def _list_or_choose(self, level: Level, words: Sequence[str]) -> None:
        if words:
            found = self._session.find(level, " ".join(words))
            self._session.choose(found)
            output.say(tables.described(found))
        else:
            self._list(level)

    def _list(self, level: Level) -> None:
        session = self._session
        rows = session.rows(level, anew=True)
        chosen = session.chosen(level) if rows.get(0) else None
        shown, complete = 0, rows.get(0) is None
        numbered = enumerate(rows)
        while not complete:
            page = list(itertools.islice(numbered, self._lines.page))
            output.print_table(tables.resources(level, page, chosen))
            shown += len(page)
            complete = rows.get(shown) is None
            if not complete and not self._lines.more():
                break
        if level is Level.STUDY:
            where = session.database.title
        else:
            where = tables.described(session.chosen(Level(level - 1)))
        output.say(f"{'' if complete else 'the first '}{text.counted(shown, WORDS[level])} in {where}")

    def _send(self, words: Sequence[str]) -> None:
        if not words:
            raise CommandError("send what: study, series or image?")
        level = LEVELS[expanded(words[0], LEVELS, "thing to send")]
        session = self._session
        which = " ".join(words[1:])
        resource = session.find(level, which) if which else session.chosen(level)
        peer = self._peer()
        report, stopped = deliver(session.database.archive, [resource], peer)
        print_report(report, peer)
        if stopped is not None:
            raise stopped
        if not report.complete:
            raise CommandError(f"{peer.ae_title} does not have all of it")

    def _echo(self, words: Sequence[str]) -> None:
        times = " ".join(words) or "1"
        if not (times.isdecimal() and int(times) in _MOST_ECHOES):
            raise CommandError(f"how often: a number from 1 to {_MOST_ECHOES[-1]}")
        peer = self._peer()
        for _ in range(int(times)):
            seconds = self._session.database.archive.echo(peer).seconds
            output.say(f"{peer} answered in {seconds * 1000:.1f} ms")

    def _peer(self) -> Host:
        if self._session.peer is None:
            raise CommandError("no peer: name one with 'title AET@host:port', or under [network] hosts")
        return self._session.peer
