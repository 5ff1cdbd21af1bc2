"""Asking headers by XPath: the processor ``query-xml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fileroom.plugin import DocumentName, MissingDependencyError, ProcessorPlugin, Takes, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import Processor


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.query-xml]``; ``xpath`` is told with each call.

    Attributes:
        xpath: what is looked for in each header; every node that it finds is a row. Names need no prefix.
        columns: name to an XPath from a row's node; without any, the column ``value`` is the node's text.
        format: the document that is asked: ``xml`` or ``oracle-xml``, as the processor ``metadata`` makes it.
        mapping: a mapping document; of ``oracle-xml``.
        preference: a preference document; of ``oracle-xml``.
        content_type: what the answer is kept as, where it is kept; a number of the user's.

    Raises:
        ValueError: an XPath is none, or would take too long.
    """

    xpath: str = "/*"
    columns: dict[str, str] = field(default_factory=dict)
    format: Literal["xml", "oracle-xml"] = "oracle-xml"
    mapping: DocumentName | None = None
    preference: DocumentName | None = None
    content_type: int = 1409

    def __post_init__(self) -> None:
        """Refuse what is too costly to ask."""
        from fileroom_plugins.metadata.costs import check_cost  # noqa: PLC0415 - when needed

        check_cost(self.xpath)
        for expression in self.columns.values():
            check_cost(expression)


def _open(options: Options) -> Processor:
    try:
        from fileroom_plugins.metadata.xpath import XPathQuery  # noqa: PLC0415 - lxml is slow to import
    except ImportError as error:
        message = f"XPath needs {error.name or 'a package'}: pip install 'fileroom[query-xml]'"
        raise MissingDependencyError(message, "query-xml", "fileroom") from error
    return XPathQuery(options)


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin("query-xml", Options, _open, "What XPaths find in headers", takes=Takes.EACH)
