"""Mapping documents: where in an XML document an attribute goes.

The grammar is that of Oracle Multimedia's mapping documents (``mapping_1_0``), in XML or in TOML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentError, DocumentsPlugin, hookimpl
from fileroom_plugins.metadata.kinds.kind import Kind, Options, own
from fileroom_plugins.metadata.locators import DICOM, Locator
from fileroom_plugins.standard.definitions.grammar import HEADER, MANY, Node, any_text, flag, parse, text

if TYPE_CHECKING:
    from fileroom.plugin import Document

NAMESPACE = "http://xmlns.oracle.com/ord/dicom/mapping_1_0"
DEFAULT = "ordcmmp.xml"
KIND = "mapping"

_NAME = re.compile(r"[^\W\d][\w.-]*")


def _steps(path: str) -> tuple[str, ...]:
    steps = tuple(step for step in path.strip("/").split("/") if path)
    for step in steps:
        if not _NAME.fullmatch(step):
            raise ValueError("expected names of elements with slashes between them, such as PATIENT/ID")
    return steps


def _path(path: str) -> tuple[str, ...]:
    steps = _steps(path)
    if not steps:
        raise ValueError("expected a path such as PATIENT/ID")
    return steps


def _root(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("expected the name of an element")
    return name


_FLAGS = ("occurs", "notEmpty", "writeTag", "writeDefiner", "writeName", "writeRawValue")
_ROOT = Node(
    "XML_MAPPING_DOCUMENT",
    children=(
        HEADER,
        Node("NAMESPACE", any_text),
        Node("ROOT_ELEM_TAG", _root, least=1),
        Node("UNMAPPED_ELEM", _steps),
        Node("MAPPED_ELEM", _steps),
        Node(
            "MAPPED_PATH",
            attributes=dict.fromkeys(_FLAGS, flag),
            children=(
                Node("ATTRIBUTE_TAG", text, {"definer": text}, least=1, most=MANY),
                Node("PATH", _path, least=1, most=MANY),
            ),
            most=MANY,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class MappedPath:
    """Where one attribute goes.

    Attributes:
        locator: the attribute.
        path: names of elements, from where mapped attributes go down to its own.
        occurs: whether an object must have it.
        not_empty: whether it must have a value where it is there.
        write_tag: whether the tag is written as an XML attribute; likewise the other three.
    """

    locator: Locator
    path: tuple[str, ...]
    occurs: bool = False
    not_empty: bool = False
    write_tag: bool = False
    write_definer: bool = False
    write_name: bool = False
    write_raw_value: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a mapping document says.

    Attributes:
        namespace: of the XML documents that are made; empty for none.
        root: the name of their root.
        unmapped: path beneath the root to where attributes go that no path is told for.
        mapped: path beneath the root to where the others go.
        paths: the others, in the order in which they are written.
    """

    namespace: str
    root: str
    unmapped: tuple[str, ...] = ()
    mapped: tuple[str, ...] = ()
    paths: tuple[MappedPath, ...] = ()


def read_mapping(document: Document) -> Mapping:
    """Return what a mapping document says.

    Raises:
        DocumentError: it is no mapping document.
    """
    root = parse(document, _ROOT, NAMESPACE)
    paths: list[MappedPath] = []
    for one in root.all("MAPPED_PATH"):
        tags, places = one.all("ATTRIBUTE_TAG"), one.all("PATH")
        if len(tags) != len(places):
            raise DocumentError("MAPPED_PATH needs a PATH for each ATTRIBUTE_TAG", document.name, one.line)
        flags = [one.attributes.get(name, False) for name in _FLAGS]
        for tag, place in zip(tags, places, strict=True):
            try:
                locator = Locator.parse(tag.value, tag.attributes.get("definer", DICOM))
            except ValueError as error:
                raise DocumentError(f"ATTRIBUTE_TAG: {error}", document.name, tag.line) from error
            paths.append(MappedPath(locator, place.value, *flags))
    return Mapping(
        root.one("NAMESPACE", ""),
        root.one("ROOT_ELEM_TAG"),
        root.one("UNMAPPED_ELEM", ()),
        root.one("MAPPED_ELEM", ()),
        tuple(paths),
    )


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin(
        KIND,
        Options,
        lambda _: Kind(read_mapping, partial(own, DEFAULT)),
        "Where in an XML document attributes go",
    )
