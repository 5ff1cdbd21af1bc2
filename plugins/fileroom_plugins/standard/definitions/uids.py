"""UID documents: names and properties of UIDs (``UIDdefinition_1_0``), in XML or in TOML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentError
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

if TYPE_CHECKING:
    from fileroom.plugin import Document

UIDS = "uid"
"""The kind of these documents."""

TRANSFER_SYNTAX = "transferSyntax"
STORAGE_CLASS = "storageClass"

_NAMESPACE = "http://xmlns.oracle.com/ord/dicom/UIDdefinition_1_0"
_UID = re.compile(r"(?=.{1,64}$)(0|[1-9]\d*)(\.(0|[1-9]\d*))+")


def _uid(value: str) -> str:
    if not _UID.fullmatch(value):
        raise ValueError("expected a UID of at most 64 characters (PS3.5 section 9.1)")
    return value


_ROOT = Node(
    "DICOM_UID_DEFINITIONS",
    children=(
        HEADER,
        Node(
            "UID_DEF",
            attributes={
                "classification": choice(
                    TRANSFER_SYNTAX, STORAGE_CLASS, "frameOfRef", "ldapOID", "entityID", "other"
                ),
                "isLE": flag,
                "isEVR": flag,
                "isCompressed": flag,
                "retired": flag,
                "contentType": text,
            },
            children=(Node("UID", _uid, least=1), Node("NAME", text, least=1), Node("DESCRIPTION", any_text)),
            most=MANY,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Uid:
    """What is known of one UID.

    Attributes:
        name: for people.
        classification: what it identifies, in the document's words, such as ``transferSyntax``.
        little_endian: of a transfer syntax: whether numbers have their lowest byte first.
        explicit_vr: of a transfer syntax: whether elements name their VRs.
        compressed: of a transfer syntax: whether pixel data is encapsulated.
        retired: whether the standard has retired it.
        content_type: of a storage class: what its objects are, such as ``image``.
    """

    name: str
    classification: str = "other"
    little_endian: bool = True
    explicit_vr: bool = True
    compressed: bool = True
    retired: bool = False
    content_type: str = "image"

    @property
    def is_transfer_syntax(self) -> bool:
        """Whether it identifies a transfer syntax."""
        return self.classification == TRANSFER_SYNTAX

    @property
    def is_storage_class(self) -> bool:
        """Whether it identifies a SOP class of stored objects."""
        return self.classification == STORAGE_CLASS


def read_uids(document: Document) -> dict[str, Uid]:
    """Return what a UID document says, by UID.

    Raises:
        DocumentError: it is no UID document, or defines a UID twice.
    """
    found: dict[str, Uid] = {}
    for one in parse(document, _ROOT, _NAMESPACE).all("UID_DEF"):
        uid = one.one("UID")
        if uid in found:
            raise DocumentError(f"the UID {uid} is defined twice", document.name, one.line)
        says = one.attributes
        found[uid] = Uid(
            one.one("NAME"),
            says.get("classification", "other"),
            says.get("isLE", True),
            says.get("isEVR", True),
            says.get("isCompressed", True),
            says.get("retired", False),
            says.get("contentType", "image"),
        )
    return found
