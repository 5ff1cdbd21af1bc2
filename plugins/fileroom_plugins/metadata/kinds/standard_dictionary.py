"""Standard dictionaries: attributes of the standard that are newer than, or other than, those known here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentsPlugin, hookimpl
from fileroom_plugins.metadata.grammar import HEADER, MANY, Node, any_text, choice, flag, parse, text
from fileroom_plugins.metadata.kinds.kind import Kind, Options
from fileroom_plugins.metadata.lookup import Entry
from fileroom_plugins.metadata.oracle_names import ELEMENTS
from fileroom_plugins.metadata.patterns import Dictionary, TagPattern

if TYPE_CHECKING:
    from fileroom.plugin import Document

NAMESPACE = "http://xmlns.oracle.com/ord/dicom/standardDictionary_1_0"
DEFAULT = "ordcmsd.xml"
KIND = "standard-dictionary"

_VM = re.compile(r"[1-9]\d{0,5}(-(\d{0,5}n|[1-9]\d{0,5}))?")


def multiplicity(value: str) -> str:
    """Take a value multiplicity as PS3.6 writes it."""
    if not _VM.fullmatch(value):
        raise ValueError("expected a multiplicity such as 1, 2-8 or 1-n")
    return value


VR = Node("VR", choice(*ELEMENTS))
VM = Node("VM", multiplicity)
RETIRED = Node("RETIRED", flag)

_ROOT = Node(
    "DICOM_STANDARD_ATTRIBUTES",
    children=(
        HEADER,
        Node(
            "STANDARD_ATTRIBUTE_DEFINITION",
            children=(
                Node("TAG", TagPattern.parse, least=1),
                Node("NAME", text, least=1),
                Node("DESCRIPTION", any_text),
                VR,
                VM,
                RETIRED,
            ),
            most=MANY,
        ),
    ),
)


def read_standard_dictionary(document: Document) -> Dictionary:
    """Return what a standard dictionary says.

    Raises:
        DocumentError: it is no standard dictionary, or defines a tag twice.
    """
    dictionary = Dictionary()
    for one in parse(document, _ROOT, NAMESPACE).all("STANDARD_ATTRIBUTE_DEFINITION"):
        entry = Entry(one.one("VR", "UN"), one.one("NAME"))
        dictionary.add(one.one("TAG"), "", entry, document.name, one.line)
    return dictionary


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin(
        KIND, Options, lambda _: Kind(read_standard_dictionary, DEFAULT), "Attributes of the standard"
    )
