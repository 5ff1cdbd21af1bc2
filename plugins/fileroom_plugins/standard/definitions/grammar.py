"""Documents as tables say: which elements a document has, how often, with which attributes and texts.

A document in TOML says the same as one in XML: what is an element there is a key here, in lower case; an
element that comes several times is an array, and one with attributes a table in which its text is ``value``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from fileroom.plugin import DocumentError, Element, read_toml, read_xml

if TYPE_CHECKING:
    from fileroom.plugin import Document, Toml

Convert: TypeAlias = Callable[[str], Any]
"""Makes a value of a text, or raises a ValueError that says what was expected."""

MANY = 1 << 30


@dataclass(frozen=True, slots=True)
class Node:
    """What an element may hold.

    Attributes:
        name: the element's.
        text: makes a value of its text; None for an element that holds no text.
        attributes: the XML attributes that it may have, and what makes values of theirs.
        children: the elements that may be in it.
        least: how many times the element around it must hold it.
        most: how many times the element around it may hold it.
        anything: whether it may hold anything, which is not looked at.
    """

    name: str
    text: Convert | None = None
    attributes: Mapping[str, Convert] = field(default_factory=dict)
    children: tuple[Node, ...] = ()
    least: int = 0
    most: int = 1
    anything: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """An element that is as its node demands.

    Attributes:
        value: what its text means, None for one without.
        attributes: name to what they mean, of those that are there.
        children: name to elements, in order.
        line: where it begins.
    """

    value: Any
    attributes: Mapping[str, Any]
    children: Mapping[str, list[Parsed]]
    line: int

    def one(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever the node's text means
        """Return the value of the first child element of this name, or the default where there is none."""
        found = self.children.get(name)
        return found[0].value if found else default

    def all(self, name: str) -> list[Parsed]:
        """Return the child elements of this name, in order."""
        return self.children.get(name, [])


HEADER = Node("DOCUMENT_HEADER", anything=True)
"""Who changed a document and when, as every kind of document may say."""


def parse(document: Document, root: Node, namespace: str) -> Parsed:
    """Read a document, in XML or TOML as it is written.

    Args:
        document: the document.
        root: what its root may hold.
        namespace: that of all its elements; a document without any will do.

    Raises:
        DocumentError: it is not as the node demands; the message says where.
    """
    if document.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        element = read_xml(document.data, document.name)
    else:
        element = _Converter(read_toml(document.data, document.name), document.name).element(root)
        namespace = ""
    if element.name != root.name:
        raise DocumentError(f"the root is {element.name}: expected {root.name}", document.name, element.line)
    return _Checker(document.name, namespace).check(element, root)


class _Checker:
    def __init__(self, document: str, namespace: str) -> None:
        self._document = document
        self._namespace = namespace

    def check(self, element: Element, node: Node) -> Parsed:
        if element.namespace not in {"", self._namespace}:
            raise self._error(f"{element.name} is of another namespace than {self._namespace}", element)
        if node.anything:
            return Parsed(None, {}, {}, element.line)
        attributes = {}
        for name, text in element.attributes.items():
            if name.startswith("{http://www.w3.org/2001/XMLSchema-instance}"):
                continue
            if name not in node.attributes:
                raise self._error(_unknown("attribute", name, node.name, node.attributes), element)
            attributes[name] = self._meant(node.attributes[name], text, f"{node.name}/@{name}", element)
        if node.text is None and element.text:
            raise self._error(f"{node.name} holds text where elements are expected", element)
        value = self._meant(node.text, element.text, node.name, element) if node.text else None
        return Parsed(value, attributes, self._children(element, node), element.line)

    def _children(self, element: Element, node: Node) -> dict[str, list[Parsed]]:
        nodes = {child.name: child for child in node.children}
        children: dict[str, list[Parsed]] = {}
        for child in element.children:
            if child.name not in nodes:
                raise self._error(_unknown("element", child.name, node.name, nodes), child)
            known = nodes[child.name]
            children.setdefault(child.name, []).append(self.check(child, known))
            if len(children[child.name]) > known.most:
                raise self._error(f"{node.name} holds {child.name} more than once", child)
        for child_node in node.children:
            if len(children.get(child_node.name, ())) < child_node.least:
                raise self._error(f"{node.name} has no {child_node.name}", element)
        return children

    def _meant(self, convert: Convert, text: str, what: str, element: Element) -> Any:  # noqa: ANN401
        try:
            return convert(text)
        except ValueError as error:
            raise self._error(f"{what}: {error}", element) from error

    def _error(self, message: str, element: Element) -> DocumentError:
        return DocumentError(message, self._document, element.line)


class _Converter:
    """Makes the elements of a TOML document, as its XML would have them."""

    def __init__(self, toml: Toml, document: str) -> None:
        self._toml = toml
        self._document = document

    def element(self, root: Node) -> Element:
        return self._table(self._toml.table, root, ())

    def _table(self, table: Mapping[str, Any], node: Node, place: tuple[str | int, ...]) -> Element:
        element = Element(node.name, "", {}, self._toml.line_of(*place))
        children = {child.name: child for child in node.children}
        for key, value in table.items():
            at = (*place, key)
            name = key.upper()
            if key in node.attributes:
                element.attributes[key] = self._text(value, at)
            elif key == "value" and node.text:
                element.text = self._text(value, at)
            elif name in children:
                several = isinstance(value, list)
                for number, one in enumerate(value if several else [value]):
                    here = (*at, number) if several else at
                    element.children.append(self._child(one, children[name], here))
            else:
                known = [*node.attributes, *(child.lower() for child in children)]
                message = _unknown("key", key, node.name.lower(), known)
                raise DocumentError(message, self._document, self._toml.line_of(*at))
        return element

    def _child(self, value: object, node: Node, place: tuple[str | int, ...]) -> Element:
        if isinstance(value, Mapping):
            return self._table(value, node, place)
        line = self._toml.line_of(*place)
        return Element(node.name, "", {}, line, self._text(value, place))

    def _text(self, value: object, place: tuple[str | int, ...]) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float):
            return str(value)
        message = f"{place[-1]}: expected a text, a number, true or false"
        raise DocumentError(message, self._document, self._toml.line_of(*place))


def _unknown(what: str, name: str, where: str, known: Any) -> str:  # noqa: ANN401 - names of any kind
    return f"{what} {name!r} is not known in {where}: known are {', '.join(sorted(known)) or 'none'}"


def text(value: str) -> str:
    """Take any text that is not empty."""
    if not value:
        raise ValueError("expected a text")
    return value


def any_text(value: str) -> str:
    """Take any text."""
    return value


def flag(value: str) -> bool:
    """Take true or false, as XML Schema writes them."""
    try:
        return {"true": True, "1": True, "false": False, "0": False}[value]
    except KeyError:
        raise ValueError("expected true or false") from None


def choice(*known: str) -> Convert:
    """Return what takes one of several words."""

    def convert(value: str) -> str:
        if value not in known:
            raise ValueError(f"expected one of {', '.join(known)}")
        return value

    return convert


def whole(least: int, most: int) -> Convert:
    """Return what takes a whole number in a range."""

    def convert(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) <= len(str(most))) or not (
            least <= int(value) <= most
        ):
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(value)

    return convert
