"""Stored tag lists: which attributes are taken out of headers; all without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import DocumentsPlugin, hookimpl
from fileroom_plugins.metadata.kinds.kind import Kind, Options
from fileroom_plugins.metadata.locators import Locator
from fileroom_plugins.standard.definitions.grammar import HEADER, MANY, Node, parse

if TYPE_CHECKING:
    from fileroom.plugin import Document

NAMESPACE = "http://xmlns.oracle.com/ord/dicom/storedTagList_1_0"
KIND = "stored-tags"

_ROOT = Node("STORED_TAG_LIST", children=(HEADER, Node("VALUE_LOCATOR", Locator.parse, least=1, most=MANY)))


def read_stored_tags(document: Document) -> tuple[Locator, ...]:
    """Return the locators of a stored tag list.

    Raises:
        DocumentError: it is no stored tag list.
    """
    return tuple(one.value for one in parse(document, _ROOT, NAMESPACE).all("VALUE_LOCATOR"))


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin(
        KIND, Options, lambda _: Kind(read_stored_tags), "Which attributes are taken out of headers"
    )
