"""The document kind ``anonymity``."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentKind
from fileroom_plugins.deidentify.anonymity.oracle import read_oracle
from fileroom_plugins.deidentify.anonymity.toml import read_toml_document
from fileroom_plugins.deidentify.dictionary import KNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom.plugin import Document
    from fileroom_plugins.deidentify.dictionary import DataDictionary
    from fileroom_plugins.deidentify.profile import Profile

_DEFAULTS = {"basic": "basic.toml", "ordcman.xml": "ordcman.xml"}


class AnonymityDocuments(DocumentKind):
    """Checks anonymity documents, and has two of them: ``basic`` and ``ordcman.xml``."""

    def check(self, document: Document) -> Sequence[str]:
        """Make sure that a document can be used; it refers to no other."""
        profile_of(document)
        return ()

    def defaults(self) -> Mapping[str, bytes]:
        """Return the standard's basic profile, and a short list in Oracle's form."""
        folder = resources.files(__package__).joinpath("documents")
        return {name: folder.joinpath(file).read_bytes() for name, file in _DEFAULTS.items()}


def profile_of(document: Document, dictionary: DataDictionary = KNOWN) -> Profile:
    """Return the profile that a document describes, in XML or in TOML.

    Args:
        document: the document.
        dictionary: what the dictionaries know, for rules about what they do not know.

    Raises:
        DocumentError: it is wrong; the message says on which line.
        MissingDependencyError: it has regular expressions, and RE2 is not installed.
    """
    if document.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or _is_utf16(document.data):
        return read_oracle(document, dictionary)
    return read_toml_document(document, dictionary)


def _is_utf16(data: bytes) -> bool:
    return data[:2] in {b"\xff\xfe", b"\xfe\xff"}
