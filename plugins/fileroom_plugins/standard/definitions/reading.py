"""From the documents that options name to what they define."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from fileroom.plugin import Document
from fileroom_plugins.standard.definitions.attributes import (
    PRIVATE_DICTIONARY,
    STANDARD_DICTIONARY,
    read_private_dictionary,
    read_standard_dictionary,
)
from fileroom_plugins.standard.definitions.patterns import Dictionary
from fileroom_plugins.standard.definitions.uids import UIDS, read_uids

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.plugin import DocumentName
    from fileroom_plugins.standard.definitions.patterns import Definition
    from fileroom_plugins.standard.definitions.uids import Uid

_READERS: Mapping[str, Callable[[Document], Any]] = {
    STANDARD_DICTIONARY: read_standard_dictionary,
    PRIVATE_DICTIONARY: read_private_dictionary,
    UIDS: read_uids,
}
_BUILT_IN = {STANDARD_DICTIONARY: "ordcmsd.xml", PRIVATE_DICTIONARY: "ordcmpv.xml", UIDS: "ordcmui.xml"}


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a standard dictionary, a private one and a UID document define together; nothing by default.

    Attributes:
        standard: attributes of the standard.
        private: those of vendors and houses.
        uids: UIDs, and what they are of.
    """

    standard: Dictionary = field(default_factory=Dictionary)
    private: Dictionary = field(default_factory=Dictionary)
    uids: Mapping[str, Uid] = field(default_factory=dict)

    def attribute(self, tag: int, creator: str = "") -> Definition | None:
        """Return what is said of an attribute, None for nothing.

        Args:
            tag: a private one's with its block, or with the block 00.
            creator: the block's private creator; empty for an attribute of the standard.
        """
        if tag >> 16 & 1:
            return self.private.find(tag, creator) if creator else None
        return self.standard.find(tag)


def read_definitions(
    standard_dictionary: DocumentName | None = None,
    private_dictionary: DocumentName | None = None,
    uids: DocumentName | None = None,
) -> Definitions:
    """Return what documents define; each that is not named defines nothing.

    For callers without an archive, a name is that of one that comes with the plugin, or a file's path.

    Raises:
        NotFoundError: there is no such document.
        DocumentError: a document is wrong; the message says on which line.
    """
    return Definitions(
        _said(standard_dictionary, STANDARD_DICTIONARY) or Dictionary(),
        _said(private_dictionary, PRIVATE_DICTIONARY) or Dictionary(),
        _said(uids, UIDS) or {},
    )


def built_in(kind: str) -> Mapping[str, bytes]:
    """Return the document of one of these kinds that comes with the plugin, by its name."""
    name = _BUILT_IN[kind]
    return {name: resources.files(__package__).joinpath("documents", name).read_bytes()}


def _said(named: DocumentName | None, kind: str) -> Any:  # noqa: ANN401 - each kind has its own
    if named is None:
        return None
    document = named.found_by(_find).read(kind)
    return _read(kind, document.name, document.data)


@functools.lru_cache(maxsize=32)
def _read(kind: str, name: str, data: bytes) -> Any:  # noqa: ANN401
    """Read a document once: most are those that come with the plugin."""
    return _READERS[kind](Document(name, kind, data))


def _find(name: str, kind: str) -> Document:
    own = built_in(kind).get(name)
    return Document.load(name, kind) if own is None else Document(name, kind, own)
