"""What the kinds of documents have in common: a parser, and a document that comes with the plugin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fileroom.plugin import DocumentKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fileroom.plugin import Document

_DEFAULTS = Path(__file__).parent.parent / "defaults"


@dataclass(frozen=True, slots=True)
class Options:
    """These kinds have nothing to configure."""


class Kind(DocumentKind):
    """A kind whose documents refer to no others.

    Args:
        parse: reads a document, and raises `DocumentError` for one that is wrong.
        default: the name of the document that comes with the plugin; empty for none.
    """

    def __init__(self, parse: Callable[[Document], Any], default: str = "") -> None:
        self._parse = parse
        self._default = default

    def check(self, document: Document) -> Sequence[str]:
        """See `fileroom.documents.DocumentKind.check`."""
        self._parse(document)
        return ()

    def defaults(self) -> Mapping[str, bytes]:
        """See `fileroom.documents.DocumentKind.defaults`."""
        return {self._default: (_DEFAULTS / self._default).read_bytes()} if self._default else {}
