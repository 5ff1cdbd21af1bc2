"""Asking headers by XPath: the processor ``query-xml``."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fileroom.plugin import DocumentName, MissingDependencyError, ProcessorPlugin, Takes, hookimpl
from fileroom_plugins.metadata import Options as MetadataOptions

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
        standard_dictionary: a standard dictionary; of ``oracle-xml``.
        private_dictionary: a private dictionary; of ``oracle-xml``.
        content_type: what the answer is kept as, where it is kept; a number of the user's.

    Raises:
        ValueError: an XPath is none, or would take too long.
    """

    xpath: str = "/*"
    columns: dict[str, str] = field(default_factory=dict)
    format: Literal["xml", "oracle-xml"] = "oracle-xml"
    mapping: DocumentName = DocumentName("ordcmmp.xml")
    preference: DocumentName = DocumentName("ordcmpf.xml")
    standard_dictionary: DocumentName = DocumentName("ordcmsd.xml")
    private_dictionary: DocumentName = DocumentName("ordcmpv.xml")
    content_type: int = 1409

    def __post_init__(self) -> None:
        """Refuse what is no XPath, or too costly to ask; without lxml, opening the processor says so."""
        from fileroom_plugins.metadata.costs import check_cost  # noqa: PLC0415 - when needed

        expressions = (self.xpath, *self.columns.values())
        for expression in expressions:
            check_cost(expression)
        with contextlib.suppress(ImportError):
            from fileroom_plugins.metadata.xpath import compiled  # noqa: PLC0415 - lxml is slow to import

            for expression in expressions:
                compiled(expression)


def _open(options: Options) -> Processor:
    try:
        from fileroom_plugins.metadata.xpath import XPathQuery  # noqa: PLC0415 - lxml is slow to import
    except ImportError as error:
        message = f"XPath needs {error.name or 'a package'}: pip install 'fileroom[query-xml]'"
        raise MissingDependencyError(message, "query-xml", "fileroom") from error
    from fileroom_plugins.metadata.processor import Format  # noqa: PLC0415 - opened when needed

    asked = MetadataOptions(
        format=options.format,
        mapping=options.mapping,
        preference=options.preference,
        standard_dictionary=options.standard_dictionary,
        private_dictionary=options.private_dictionary,
    )
    return XPathQuery(Format(asked), options.xpath, options.columns, options.content_type)


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin("query-xml", Options, _open, "What XPaths find in headers", takes=Takes.EACH)
