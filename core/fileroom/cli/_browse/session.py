"""What is chosen in the shell: an archive and a peer, and in the archive a study, a series and an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.cli._browse.rows import Rows
from fileroom.cli.columns import COUNTS
from fileroom.cli.failures import CommandError
from fileroom.errors import NotFoundError
from fileroom.model import Level
from fileroom.resources import Instance, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.archive import Archive
    from fileroom.network import Host
    from fileroom.resources import Resource

LEVELS = (Level.STUDY, Level.SERIES, Level.INSTANCE)
"""The levels to choose at, from the top."""

WORDS = {Level.STUDY: "study", Level.SERIES: "series", Level.INSTANCE: "image"}
"""What the shell calls them."""

_ORDER = {Level.STUDY: (), Level.SERIES: "SeriesNumber", Level.INSTANCE: "InstanceNumber"}
_LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Database:
    """An archive to look into.

    Attributes:
        title: what the user calls it.
        place: its folder or TOML file.
        archive: it.
    """

    title: str
    place: str
    archive: Archive


class Session:
    """The choices, of which the first of each list is the default.

    Attributes:
        databases: the archives, at least one.
        peers: the DICOM applications to send to.
        database: the chosen archive.
        peer: the chosen application, None where there is none.
    """

    def __init__(self, databases: Sequence[Database], peers: Sequence[Host]) -> None:
        self.databases = list(databases)
        self.peers = list(peers)
        self.database = self.databases[0]
        self.peer = self.peers[0] if self.peers else None
        self._chosen: dict[Level, Resource] = {}
        self._rows: dict[Level, Rows] = {}

    @property
    def prompt(self) -> str:
        """What stands before a command: the database and the peer."""
        return f"{self.database.title}->{self.peer.ae_title if self.peer else ''}> "

    def choose_database(self, text: str) -> None:
        """Choose an archive by number or title; what was chosen in another is forgotten.

        Raises:
            CommandError: there is none.
        """
        titles = [one.title for one in self.databases]
        chosen = self.databases[_position(text, titles, "database")]
        if chosen is not self.database:
            self.database = chosen
            self._forget(Level.STUDY)

    def choose_peer(self, text: str) -> None:
        """Choose a peer by number, AE title, name in ``[network]``, or as ``AET@host:port``.

        Raises:
            CommandError: there is none of that number.
            NotFoundError: nobody has that name.
        """
        titles = [one.ae_title for one in self.peers]
        if _is_number(text) or text in titles:
            self.peer = self.peers[_position(text, titles, "peer")]
            return
        found = self.database.archive.config.network.resolve(text)
        self.peers += [one for one in found if one not in self.peers]
        self.peer = found[0]

    def rows(self, level: Level, *, anew: bool = False) -> Rows:
        """Return the list of a level: of studies, or of what lies in the chosen study or series.

        Args:
            level: of `LEVELS`. Series and images go by their numbers, studies by arrival, as in dcmqrti.
            anew: fetch it again, so that it has what has arrived since, and new numbers; a choice that is
                gone is dropped.

        Raises:
            CommandError: nothing is there to be in.
            NotFoundError: what was chosen to be in is gone.
        """
        if anew or level not in self._rows:
            above = None if level is Level.STUDY else self.chosen(Level(level - 1)).id
            found = self.database.archive.find(
                level, within=above, returning=COUNTS[level], order_by=_ORDER[level]
            )
            self._rows[level] = Rows(found)
            if level in self._chosen and not self._is_there(self._chosen[level]):
                self._drop(level)
        return self._rows[level]

    def known(self, level: Level) -> list[Resource]:
        """Return what has been fetched of a list, without asking the index."""
        return self._rows[level].known if level in self._rows else []

    def chosen(self, level: Level) -> Resource:
        """Return what is chosen at a level: the first of the list that is there unless something else was.

        Raises:
            CommandError: nothing of the list is there.
            NotFoundError: what was chosen is gone; it is chosen no more.
        """
        if level in self._chosen:
            return self._present(self._chosen[level])
        first = next(filter(self._is_there, self.rows(level)), None)
        if first is None:
            raise CommandError(f"no {WORDS[level]} here")
        self._chosen[level] = first
        return first

    def find(self, level: Level, text: str) -> Resource:
        """Return the resource that a number, a UID, a public id or another identifier means.

        Raises:
            CommandError: there is none, or several.
            NotFoundError: the one of that number is gone; it is chosen no more.
        """
        if _is_number(text):
            found = self.rows(level).get(int(text))
            if found is None:
                raise CommandError(_out_of_range(WORDS[level], text, len(self.rows(level).known)))
            return self._present(found)
        named = self.database.archive.lookup(text)
        fitting = list(dict.fromkeys(one for one in named if one.level is level))
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise CommandError(f"that may be one of {len(fitting)}: give a number, a UID or a public id")
        if named:
            raise CommandError(f"that is no {WORDS[level]}, but a {WORDS.get(named[0].level, 'patient')}")
        raise CommandError(f"no {WORDS[level]} has this UID or id")

    def choose(self, resource: Resource) -> None:
        """Choose a resource, and what it lies in; what was chosen beneath something else is forgotten."""
        for one in _lineage(resource):
            if self._chosen.get(one.level) != one:
                self._forget(one.level + 1)
                self._chosen[one.level] = one

    def _present(self, resource: Resource) -> Resource:
        """Return a resource if it is there still; else, drop the choice of it."""
        try:
            self.database.archive.get(resource.id)
        except NotFoundError:
            if self._chosen.get(resource.level) == resource:
                self._drop(resource.level)
            raise
        return resource

    def _is_there(self, resource: Resource) -> bool:
        try:
            self.database.archive.get(resource.id)
        except NotFoundError:
            return False
        return True

    def _drop(self, level: Level) -> None:
        """Drop a choice, and all beneath it; the list keeps its numbers."""
        self._forget(level + 1)
        self._chosen.pop(level, None)

    def _forget(self, level: int) -> None:
        """Forget what was chosen and listed at a level and beneath it."""
        for one in LEVELS:
            if one >= level:
                self._chosen.pop(one, None)
                self._rows.pop(one, None)


def _lineage(resource: Resource) -> list[Resource]:
    """Return the study, series and image that a resource is or lies in, from the top."""
    if isinstance(resource, Instance):
        return [*_lineage(resource.series), resource]
    return [resource.study, resource] if isinstance(resource, Series) else [resource]


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_NUMBER


def _position(text: str, titles: Sequence[str], noun: str) -> int:
    """Return the position that a number or title means."""
    if text in titles:
        return titles.index(text)
    if not _is_number(text):
        raise CommandError(f"no {noun} has this title")
    if int(text) >= len(titles):
        raise CommandError(_out_of_range(noun, text, len(titles)))
    return int(text)


def _out_of_range(noun: str, number: str, count: int) -> str:
    return f"no {noun} {number}: " + (f"they go from 0 to {count - 1}" if count else "there is none")
