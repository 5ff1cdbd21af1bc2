"""Reading the XML and TOML that people write, so that every error can name a line.

Documents come from anywhere: an XML document with a DTD, and so with entities of its own, is refused, and
depth and size are bounded.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from fileroom.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

LARGEST = 16 << 20
"""Bytes that a document may have."""

DEEPEST = 128
"""How deep the elements of a document may be nested."""

_SEPARATOR = "\x1f"  # between namespace and name; no XML document may hold it


@dataclass(slots=True)
class Element:
    """One element of an XML document.

    Attributes:
        name: without a prefix.
        namespace: its namespace, empty for none.
        attributes: name to value; those of a namespace as ``{namespace}name``.
        text: the text directly in it, without outer white space.
        children: the elements in it, in order.
        line: the line its tag begins on, from 1.
    """

    name: str
    namespace: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Yield the child elements of this name, in order."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> Element | None:
        """Return the first child element of this name, None where there is none."""
        return next(self.all(name), None)


def read_xml(data: bytes, name: str) -> Element:
    """Read an XML document; return its root.

    Args:
        data: the document's bytes.
        name: what errors call it.

    Raises:
        DocumentError: it is not well formed, too large, too deep, or has a DTD.
    """
    return _Reader(name).read(data)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[tuple[Element, list[str]]] = []
        self._root: Element | None = None
        self._parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, data: bytes) -> Element:
        if len(data) > LARGEST:
            raise DocumentError(f"larger than {LARGEST >> 20} MiB", self._name)
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise DocumentError(f"no XML: {reason}", self._name, error.lineno) from error
        except (LookupError, ValueError) as error:
            raise DocumentError("no XML: its encoding is not known", self._name, 1) from error
        assert self._root is not None  # expat refuses a document without a root
        return self._root

    def _refuse(self, what: str) -> NoReturn:
        raise DocumentError(what, self._name, self._parser.CurrentLineNumber)

    def _doctype(self, *_: object) -> None:
        self._refuse("a DTD (<!DOCTYPE …>) is not accepted: take it out, and write out its entities")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEEPEST:
            self._refuse(f"elements are nested deeper than {DEEPEST}")
        namespace, _, local = tag.rpartition(_SEPARATOR)
        named = {_clark(key): value for key, value in attributes.items()}
        element = Element(local, namespace, named, self._parser.CurrentLineNumber)
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self._root = element
        self._open.append((element, []))

    def _end(self, _: str) -> None:
        element, pieces = self._open.pop()
        element.text = "".join(pieces).strip()

    def _text(self, text: str) -> None:
        self._open[-1][1].append(text)


def _clark(key: str) -> str:
    namespace, separator, local = key.rpartition(_SEPARATOR)
    return f"{{{namespace}}}{local}" if separator else local


@dataclass(frozen=True, slots=True)
class Toml:
    """A TOML document that knows its lines.

    Attributes:
        table: the document, as `tomllib` reads it.
    """

    table: Mapping[str, Any]
    _lines: Mapping[tuple[str | int, ...], int]

    def line_of(self, *keys: str | int) -> int:
        """Return the line, from 1, on which a key stands; or that of the innermost table around it.

        Args:
            *keys: the way to it, names of keys and positions in arrays of tables:
                ``line_of("rule", 2, "severity")``.
        """
        while keys:
            if keys in self._lines:
                return self._lines[keys]
            keys = keys[:-1]
        return 1


def read_toml(data: bytes, name: str) -> Toml:
    """Read a TOML document; arguments and errors as for `read_xml`."""
    if len(data) > LARGEST:
        raise DocumentError(f"larger than {LARGEST >> 20} MiB", name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DocumentError("neither XML nor TOML: not UTF-8", name, line) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        reason = str(error).partition(" (at ")[0]
        raise DocumentError(f"no TOML: {reason[:1].lower()}{reason[1:]}", name, line) from error
    except RecursionError as error:
        raise DocumentError("no TOML: it is nested too deeply", name) from error
    return Toml(table, _lines_of(text))


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w.-])+)\s*=\s*(.*)""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*\.?""")


def _lines_of(text: str) -> dict[tuple[str | int, ...], int]:
    """Return where headers and keys stand; a text of several lines is passed over."""
    lines: dict[tuple[str | int, ...], int] = {}
    counts: dict[tuple[str | int, ...], int] = {}
    here: tuple[str | int, ...] = ()
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
        elif header := _HEADER.fullmatch(line):
            here = _place(header[2], counts)
            if header[1] == "[[":
                position = counts.get(here, -1) + 1
                counts[here] = position
                here = (*here, position)
            lines.setdefault(here, number)
        elif key := _KEY.match(line):
            lines.setdefault((*here, *_parts(key[1])), number)
            closing = next((q for q in ('"""', "'''") if key[2].startswith(q) and q not in key[2][3:]), "")
    return lines


def _parts(dotted: str) -> list[str]:
    return [match[1] or match[2] or match[3] or "" for match in _PART.finditer(dotted)]


def _place(dotted: str, counts: Mapping[tuple[str | int, ...], int]) -> tuple[str | int, ...]:
    """Return where a header stands: an array of tables on the way means its last table."""
    place: tuple[str | int, ...] = ()
    parts = _parts(dotted)
    for part in parts[:-1]:
        place = (*place, part)
        if place in counts:
            place = (*place, counts[place])
    return (*place, parts[-1])
