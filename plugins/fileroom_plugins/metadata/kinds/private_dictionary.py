"""Private dictionaries: attributes of vendors and houses (``privateDictionary_1_0``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import DocumentError, DocumentsPlugin, hookimpl
from fileroom_plugins.metadata.grammar import HEADER, MANY, Node, any_text, parse, text
from fileroom_plugins.metadata.kinds.kind import Kind, Options
from fileroom_plugins.metadata.kinds.standard_dictionary import RETIRED, VM, VR
from fileroom_plugins.metadata.lookup import Entry
from fileroom_plugins.metadata.patterns import Dictionary, TagPattern

if TYPE_CHECKING:
    from fileroom.plugin import Document

NAMESPACE = "http://xmlns.oracle.com/ord/dicom/privateDictionary_1_0"
DEFAULT = "ordcmpv.xml"
KIND = "private-dictionary"

_ROOT = Node(
    "DICOM_PRIVATE_ATTRIBUTES",
    children=(
        HEADER,
        Node(
            "ATTRIBUTE_DEFINERS",
            children=(
                Node(
                    "DEFINER",
                    children=(Node("NAME", text, least=1), Node("ID", any_text), Node("UID", any_text)),
                    least=1,
                    most=MANY,
                ),
            ),
        ),
        Node(
            "PRIVATE_ATTRIBUTE_DEFINITION",
            children=(
                Node("TAG", TagPattern.parse),
                Node("TAG_RANGE", TagPattern.parse),
                Node("NAME", text, least=1),
                Node("DEFINER", text, least=1),
                Node("DESCRIPTION", any_text),
                VR,
                VM,
                RETIRED,
            ),
            most=MANY,
        ),
    ),
)


def read_private_dictionary(document: Document) -> Dictionary:
    """Return what a private dictionary says.

    Raises:
        DocumentError: it is no private dictionary, or defines a tag of one definer twice.
    """
    dictionary = Dictionary()
    for one in parse(document, _ROOT, NAMESPACE).all("PRIVATE_ATTRIBUTE_DEFINITION"):
        pattern = one.one("TAG") or one.one("TAG_RANGE")
        if pattern is None:
            raise DocumentError("PRIVATE_ATTRIBUTE_DEFINITION has no TAG", document.name, one.line)
        entry = Entry(one.one("VR", "UN"), one.one("NAME"))
        dictionary.add(pattern, one.one("DEFINER"), entry, document.name, one.line)
    return dictionary


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin(
        KIND, Options, lambda _: Kind(read_private_dictionary, DEFAULT), "Attributes of vendors and houses"
    )
