"""Preference documents: limits for what is taken out of headers.

The parameters are Oracle Multimedia's (``preference_1_0``). Those whose purpose was the database's own are
accepted, and mean nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fileroom.plugin import DocumentError, DocumentsPlugin, hookimpl
from fileroom_plugins.metadata.kinds.kind import Kind, Options, own
from fileroom_plugins.standard.definitions.grammar import (
    HEADER,
    MANY,
    Node,
    any_text,
    choice,
    parse,
    text,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.plugin import Document
    from fileroom_plugins.standard.definitions.grammar import Convert

NAMESPACE = "http://xmlns.oracle.com/ord/dicom/preference_1_0"
DEFAULT = "ordcmpf.xml"
KIND = "preference"

_PARAMETERS: Mapping[str, Convert] = {
    "XML_SKIP_ATTR": whole(128, 0xFFFFFFFF),
    "MAX_RECURSION_DEPTH": whole(0, 64),
    "CONFORMANCE_LEVEL": choice("leastConform", "ignoreException", "mostConform"),
    **dict.fromkeys(
        (
            "AVG_ATTR_NUM",
            "BINARY_SKIP_INVALID_ATTR",
            "IGNORE_EXP_LIST",
            "MANDATE_ATTR_TAGS_IN_STL",
            "SPECIFIC_CHARACTER_SET",
            "SQ_WRITE_LEN",
            "VALIDATE_METADATA",
        ),
        any_text,
    ),
}
_ROOT = Node(
    "DICOM_RUNTIME_PREFERENCES",
    children=(
        HEADER,
        Node(
            "PREFERENCE_DEF",
            children=(
                Node("PARAMETER", choice(*_PARAMETERS), least=1),
                Node("DESCRIPTION", any_text),
                Node("VALUE", text, least=1),
            ),
            most=MANY,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Preference:
    """What a preference document says.

    Attributes:
        skip_over: values of more bytes are left out of XML documents.
        max_depth: sequences nested deeper are left out.
        strict: whether a value that is not what its VR demands is an error, and not an ``EXCEPTION_TYPE``.
    """

    skip_over: int = 512
    max_depth: int = 64
    strict: bool = False


def read_preference(document: Document) -> Preference:
    """Return what a preference document says; what it does not mention is as without one.

    Raises:
        DocumentError: it is no preference document.
    """
    values: dict[str, Any] = {}
    for one in parse(document, _ROOT, NAMESPACE).all("PREFERENCE_DEF"):
        name = one.one("PARAMETER")
        try:
            values[name] = _PARAMETERS[name](one.one("VALUE"))
        except ValueError as error:
            raise DocumentError(f"{name}: {error}", document.name, one.line) from error
    plain = Preference()
    return Preference(
        values.get("XML_SKIP_ATTR", plain.skip_over),
        values.get("MAX_RECURSION_DEPTH", plain.max_depth),
        values.get("CONFORMANCE_LEVEL") == "mostConform",
    )


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin(
        KIND,
        Options,
        lambda _: Kind(read_preference, partial(own, DEFAULT)),
        "Limits for what is taken out of headers",
    )
