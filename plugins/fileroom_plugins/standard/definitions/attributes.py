"""Dictionary documents: attributes of the standard, and those of vendors and houses.

The grammars are those of Oracle Multimedia's documents (``standardDictionary_1_0`` and
``privateDictionary_1_0``), in XML or in TOML.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentError
from fileroom_plugins.standard import vrs
from fileroom_plugins.standard.definitions.grammar import (
    HEADER,
    MANY,
    Node,
    any_text,
    choice,
    flag,
    parse,
    text,
)
from fileroom_plugins.standard.definitions.patterns import Definition, Dictionary, TagPattern

if TYPE_CHECKING:
    from fileroom.plugin import Document
    from fileroom_plugins.standard.definitions.grammar import Parsed

STANDARD_DICTIONARY = "standard-dictionary"
PRIVATE_DICTIONARY = "private-dictionary"
"""The kinds of these documents."""

_STANDARD_NAMESPACE = "http://xmlns.oracle.com/ord/dicom/standardDictionary_1_0"
_PRIVATE_NAMESPACE = "http://xmlns.oracle.com/ord/dicom/privateDictionary_1_0"

_OF_ORACLE = {"OWB": "OB or OW", "USS": "US or SS", "EXT": "", "EXP": ""}
"""What Oracle's dictionaries have instead of the standard's VRs, and what it means."""

VRS = (*sorted(vrs.VRS), *_OF_ORACLE)
"""The VRs that dictionaries may name: all of PS3.5 section 6.2, and Oracle's own."""

_VM = re.compile(r"([1-9]\d{0,5})(?:-(?:([1-9]\d{0,4})?n|([1-9]\d{0,5})))?")


def _multiplicity(value: str) -> str:
    """Take a value multiplicity as PS3.6 writes it."""
    found = _VM.fullmatch(value)
    if not found or (found[3] and int(found[3]) < int(found[1])):
        raise ValueError("expected a multiplicity such as 1, 2-8 or 1-n")
    return value


_VR = Node("VR", choice(*VRS))
_VM_NODE = Node("VM", _multiplicity)
_RETIRED = Node("RETIRED", flag)

_STANDARD = Node(
    "DICOM_STANDARD_ATTRIBUTES",
    children=(
        HEADER,
        Node(
            "STANDARD_ATTRIBUTE_DEFINITION",
            children=(
                Node("TAG", TagPattern.parse, least=1),
                Node("NAME", text, least=1),
                Node("DESCRIPTION", any_text),
                _VR,
                _VM_NODE,
                _RETIRED,
            ),
            most=MANY,
        ),
    ),
)
_PRIVATE = Node(
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
                _VR,
                _VM_NODE,
                _RETIRED,
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
    for one in parse(document, _STANDARD, _STANDARD_NAMESPACE).all("STANDARD_ATTRIBUTE_DEFINITION"):
        dictionary.add(one.one("TAG"), "", _definition(one), document.name, one.line)
    return dictionary


def read_private_dictionary(document: Document) -> Dictionary:
    """Return what a private dictionary says.

    Raises:
        DocumentError: it is no private dictionary, or defines a tag of one definer twice.
    """
    dictionary = Dictionary()
    for one in parse(document, _PRIVATE, _PRIVATE_NAMESPACE).all("PRIVATE_ATTRIBUTE_DEFINITION"):
        pattern = one.one("TAG") or one.one("TAG_RANGE")
        if pattern is None:
            raise DocumentError("PRIVATE_ATTRIBUTE_DEFINITION has no TAG", document.name, one.line)
        dictionary.add(pattern, one.one("DEFINER"), _definition(one), document.name, one.line)
    return dictionary


def _definition(one: Parsed) -> Definition:
    vr = one.one("VR", "")
    return Definition(_OF_ORACLE.get(vr, vr), one.one("NAME"), one.one("VM", ""), one.one("RETIRED", False))
