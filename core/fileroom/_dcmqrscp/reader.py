"""Reads a ``dcmqrscp.cfg`` line by line, and goes on behind what is wrong, so that one reading tells all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fileroom._dcmqrscp.entries import access, host, known, named, peers, quota, symbols
from fileroom._dcmqrscp.lines import (
    Line,
    WrongLineError,
    decoded,
    first_words,
    shown,
    split,
    starts_with_gap,
    values,
)
from fileroom._hints import did_you_mean
from fileroom.network import ANY, Access, Host

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_TABLES = ("HostTable", "VendorTable", "AETable")
_NUMBERS = {"NetworkTCPPort": 104, "MaxPDUSize": 16384, "MaxAssociations": 16}
_NO_COUNTERPART = {
    "UserName": "Fileroom runs as whoever starts it",
    "GroupName": "Fileroom runs as whoever starts it",
    "SpecificCharacterSet": "Fileroom keeps values in the character set of their object",
}
_UNUSED = (
    "ApplicationTitle",
    "ApplicationContext",
    "ImplementationClass",
    "ImplementationVersion",
    "NetworkType",
    "Display",
    "DisplayPort",
)
_KEYWORDS = (*_NUMBERS, *_NO_COUNTERPART, *_UNUSED, *_TABLES)
_NUMBER = re.compile(r"[0-9]{1,9}")
_PORTS = range(1, 65536)
_PDU_SIZES = (0, *range(4096, 131073))
_MOST_STUDIES, _MOST_BYTES = 500, 1 << 30


class Note(NamedTuple):
    """Something that dcmqrscp does otherwise, or that has no counterpart here, and the line that says it."""

    line: int
    text: str


class Area(NamedTuple):
    """An entry of the AETable.

    Attributes:
        line: its line's number.
        ae_title: the AE title by which the area is called.
        path: the storage area as it is written; dcmqrscp takes it relative to the folder it was started in.
        access: what peers may do.
        max_studies: studies that the area may hold.
        max_bytes: bytes that one study may have.
        peers: who may connect: ``ANY`` alone, symbols of hosts, or ``AET@host:port``.
    """

    line: int
    ae_title: str
    path: str
    access: Access
    max_studies: int
    max_bytes: int
    peers: tuple[str, ...]

    def folder(self, areas_from: Path) -> Path:
        """Return the storage area as an absolute path; a relative one starts at a folder of the caller's."""
        return (areas_from / self.path).absolute()


class Reader:
    """Reads one file; what was read, and what was wrong, by line.

    Attributes:
        numbers: the keywords that are numbers.
        hosts: symbol to hosts; empty where the symbol's line is wrong.
        vendors: name to symbols of hosts, or hosts as ``AET@host:port``.
        areas: the entries of the AETable.
        notes: what has no counterpart.
        wrong: line and reason, in order of lines.
    """

    def __init__(self) -> None:
        self.numbers = dict(_NUMBERS)
        self.hosts: dict[str, tuple[Host, ...]] = {}
        self.vendors: dict[str, tuple[str, ...]] = {}
        self.areas: list[Area] = []
        self.notes: list[Note] = []
        self.wrong: list[Note] = []
        self._table = ""
        self._seen: dict[tuple[str, str], int] = {}
        self._entry: Mapping[str, Callable[[Line], None]] = {
            "": self._keyword,
            "HostTable": self._host,
            "VendorTable": self._vendor,
            "AETable": self._area,
        }

    def read(self, data: bytes) -> None:
        """Read a whole file."""
        for number, raw in split(data):
            try:
                self._line(Line(number, decoded(raw)))
            except WrongLineError as error:
                self.wrong.append(Note(number, str(error)))
        if self._table:
            last = data.rstrip().count(b"\n") + 1
            self.wrong.append(Note(last, f"the file ends without '{self._table} END'"))

    def _line(self, line: Line) -> None:
        if self._is_border(line):
            return
        if self._table and starts_with_gap(line.text):
            raise WrongLineError("starts with a blank: dcmqrscp would take that for an empty name; remove it")
        self._entry[self._table](line)

    def _is_border(self, line: Line) -> bool:
        """Open or close a table if a line does that."""
        table, _ = first_words(line.text)
        if table not in _TABLES:
            return False
        rest = line.text.split(table, 1)[1].lstrip(" \t\v\f\r" + ("" if self._table else "=,"))
        state, _ = first_words(rest)
        open_, self._table = self._table, table if state == "BEGIN" else ""
        if state not in ("BEGIN", "END"):
            self._table = open_
            raise WrongLineError(f"expected {table} BEGIN or {table} END")
        if state == "END" and open_ != table:
            raise WrongLineError(f"{table} END without {table} BEGIN")
        if state == "BEGIN":
            if open_:
                raise WrongLineError(f"expected '{open_} END' before this line")
            if table == "AETable":
                self._once(table, "", line, "dcmqrscp would forget the first; put all entries into one")
        return True

    def _once(self, kind: str, name: str, line: Line, why: str) -> None:
        first = self._seen.setdefault((kind, name), line.number)
        if first != line.number:
            what = f"{kind} {shown(name)}" if name else kind
            raise WrongLineError(f"a second {what}, after that on line {first}: {why}")

    def _keyword(self, line: Line) -> None:
        keyword, _ = first_words(line.text)
        if not keyword:
            return
        rest = line.text.split(keyword, 1)[1].strip(" \t\v\f\r=,")
        if keyword in _NUMBERS:
            self._number(keyword, rest)
        elif keyword in _NO_COUNTERPART:
            self._note(line, f"{keyword} {shown(rest)}: {_NO_COUNTERPART[keyword]}")
        elif keyword in _UNUSED:
            self._note(line, f"{keyword}: dcmqrscp does not use it either")
        else:
            hint = did_you_mean(keyword, _KEYWORDS)
            glued = "; put a blank before the =" if "=" in keyword else ""
            raise WrongLineError(f"unknown keyword {shown(keyword)}{glued or hint}")

    def _number(self, keyword: str, text: str) -> None:
        number = int(text) if _NUMBER.fullmatch(text) else -1
        if keyword == "NetworkTCPPort" and number not in _PORTS:
            raise WrongLineError(f"{keyword}: expected a port, 1 to 65535, and nothing behind it")
        if keyword == "MaxPDUSize" and number not in _PDU_SIZES:
            raise WrongLineError(f"{keyword}: expected 4096 to 131072, and nothing behind it")
        if number < 0 or (keyword == "MaxAssociations" and not number):
            raise WrongLineError(f"{keyword}: expected a number from 1 on, and nothing behind it")
        self.numbers[keyword] = number or _NUMBERS[keyword]

    def _host(self, line: Line) -> None:
        symbol = next(values(line.text), "")
        self._once("host", symbol, line, "dcmqrscp would take the first; take one of them out")
        if symbol == ANY:
            raise WrongLineError("ANY means everybody: give this host another name")
        try:
            _, listed = named(line.text, "hosts")
            found = [self._hosts(value) for value in listed]
        except WrongLineError:
            self.hosts[symbol] = ()  # so that lines which name it are not taken for wrong, too
            raise
        self.hosts[symbol] = tuple(dict.fromkeys(one for several in found for one in several))

    def _hosts(self, value: str) -> tuple[Host, ...]:
        one = host(value)
        return self.hosts[known(value, self.hosts)] if one is None else (one,)

    def _vendor(self, line: Line) -> None:
        name, listed = named(line.text, "symbols of hosts")
        self._once("vendor", name, line, "dcmqrti would take the first; take one of them out")
        self.vendors[name] = symbols(listed, self.hosts)

    def _area(self, line: Line) -> None:
        match list(values(line.text)):
            case [title, path, allowed, room, *listed] if path and listed:
                pass
            case _:
                raise WrongLineError(
                    "expected AE title, storage area, access, quota and peers, "
                    "for example: STORE /var/dicom/store RW (200, 1024mb) ANY"
                )
        self._once("AE title", title, line, "dcmqrscp would take the first; take one of them out")
        try:
            Host(title, "localhost", 104)
        except ValueError as error:
            raise WrongLineError(f"{shown(title)}: {error}") from error
        allows, (studies, size) = access(allowed), quota(room)
        self.areas.append(Area(line.number, title, path, allows, studies, size, peers(listed, self.hosts)))
        if studies > _MOST_STUDIES or size > _MOST_BYTES:
            self._note(line, f"{title}: dcmqrscp stops at 500 studies, and at 1gb a study")
        if allows is Access.WRITE:
            self._note(line, f"{title}: dcmqrscp lets peers search and retrieve here all the same")

    def _note(self, line: Line, text: str) -> None:
        self.notes.append(Note(line.number, text))
