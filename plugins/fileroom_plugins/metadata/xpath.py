"""XPath over the XML documents of headers; names without a prefix mean those of the document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO

from lxml import etree

from fileroom.plugin import InvalidDatasetError, InvalidValueError, Processor, Product
from fileroom_plugins.metadata.costs import check_cost
from fileroom_plugins.metadata.source import opened
from fileroom_plugins.metadata.walker import read_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom_plugins.metadata.processor import Format

VALUE = "value"
"""The only column where none is asked for."""

MOST_ROWS = 100_000

_TOO_LARGE = (
    "refused: the header is too large for this XPath: within brackets and columns, leave out what looks "
    "through all of it (// and other axes, '..', a / at the beginning)"
)


class XPathQuery(Processor):
    """Makes one product: a JSON object with ``columns`` and ``rows``, the values of each as text or null.

    Args:
        asked: how the documents are written that are asked.
        xpath: finds the rows.
        columns: name to an XPath from a row's node.
        content_type: of the product.

    Raises:
        ValueError: an XPath is none, or would take too long.
    """

    def __init__(self, asked: Format, xpath: str, columns: Mapping[str, str], content_type: int) -> None:
        self._format = asked
        self._rows = compiled(xpath)
        self._columns = {name: compiled(expression) for name, expression in columns.items()}
        self._cost = check_cost(xpath)
        self._column_costs = [check_cost(expression) for expression in columns.values()]
        self._content_type = content_type

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the answer; see `fileroom.processing.Processor.process`."""
        with opened(source) as octets:
            text = self._format.written(read_object(octets, keep=self._format.kept))
        answer = {"columns": list(self._columns) or [VALUE], "rows": self._answer(text)}
        return [Product(self._content_type, json.dumps(answer).encode(), "application/json", ".json")]

    def _answer(self, text: str) -> list[list[str | None]]:
        root = parsed(text)
        size = sum(1 for _ in root.iter()), len(text)
        if not self._cost.is_bearable(*size):
            raise InvalidDatasetError(_TOO_LARGE)
        nodes = _evaluated(self._rows, root)
        if not all(cost.is_bearable(*size, len(nodes)) for cost in self._column_costs):
            raise InvalidDatasetError(_TOO_LARGE)
        rows: list[list[str | None]] = []
        for node in nodes:
            if not self._columns:
                rows.append([_text(node)])
            elif isinstance(node, etree._Element):  # noqa: SLF001 - which has no public name
                found = [_evaluated(column, node) for column in self._columns.values()]
                rows.append(["\\".join(filter(None, map(_text, one))) if one else None for one in found])
            else:
                raise InvalidValueError("columns need an XPath that finds elements")
            if len(rows) > MOST_ROWS:
                raise InvalidDatasetError(f"refused: the XPath finds more than {MOST_ROWS} nodes")
        return rows


def parsed(text: str) -> etree._Element:
    """Return the root of a document, all of whose names are without a namespace.

    Raises:
        InvalidDatasetError: it is larger than the XML parser allows.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise InvalidDatasetError("refused: the header is too large for XPath") from error
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    etree.cleanup_namespaces(root)
    return root


def compiled(expression: str) -> etree.XPath:
    """Return an XPath that can be evaluated.

    Raises:
        ValueError: the text is no XPath.
    """
    try:
        found = etree.XPath(expression, regexp=False, smart_strings=False)
        found(etree.Element("any"))  # which tells of functions and prefixes that there are not
    except etree.XPathError as error:
        reason = str(error).rstrip(".") or "it cannot be read"
        raise ValueError(f"no XPath: {reason}; names need no prefix") from error
    return found


def _evaluated(expression: etree.XPath, node: etree._Element) -> Sequence[object]:
    try:
        found: object = expression(node)
    except etree.XPathError as error:
        raise InvalidValueError(f"no XPath: {str(error).rstrip('.')}") from error
    return found if isinstance(found, list) else [found]


def _text(node: object) -> str | None:
    if isinstance(node, etree._Element):  # noqa: SLF001 - as above
        return str(etree.tostring(node, encoding="unicode", method="text", with_tail=False))
    if isinstance(node, bool):
        return str(node).lower()
    if isinstance(node, float):
        return f"{node:.15g}"
    return str(node)
