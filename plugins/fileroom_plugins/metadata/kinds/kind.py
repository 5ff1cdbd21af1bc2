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


def own(name: str) -> Mapping[str, bytes]:
    """Return a document that comes with the plugin, by its name."""
    return {name: (_DEFAULTS / name).read_bytes()}


class Kind(DocumentKind):
    """A kind whose documents refer to no others.

    Args:
        parse: reads a document, and raises `DocumentError` for one that is wrong.
        defaults: returns the documents that come with the plugin, by name.
    """

    def __init__(
        self, parse: Callable[[Document], Any], defaults: Callable[[], Mapping[str, bytes]] = dict
    ) -> None:
        self._parse = parse
        self._defaults = defaults

    def check(self, document: Document) -> Sequence[str]:
        """See `fileroom.documents.DocumentKind.check`."""
        self._parse(document)
        return ()

    def defaults(self) -> Mapping[str, bytes]:
        """See `fileroom.documents.DocumentKind.defaults`."""
        return self._defaults()
