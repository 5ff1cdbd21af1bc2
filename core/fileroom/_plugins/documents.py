"""Finding the document that an option names: in the archive, among a plugin's own, or in a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom._hints import did_you_mean
from fileroom.documents import Document
from fileroom.errors import DocumentError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.documents import DocumentKind

MOST_RELATED = 100
"""Documents that one may refer to, directly or not."""


class DocumentFinder:
    """Finds documents, with those that they refer to.

    Args:
        kind: returns a kind of documents by its name.
        kinds: returns the names of all kinds.
        base: the folder that relative paths start from.
    """

    def __init__(
        self, kind: Callable[[str], DocumentKind], kinds: Callable[[], tuple[str, ...]], base: Path
    ) -> None:
        self._kind = kind
        self._kinds = kinds
        self._base = base
        self.in_archive: Callable[[str], Document | None] = lambda _: None
        """Returns the published document of a name, if an archive has it."""
        self.edition: Callable[[], object] = lambda: ()
        """Returns what is another once other documents were published."""

    def read(self, text: str, kind: str) -> Document:
        """Return a sound document, with those it refers to; as `fileroom.documents.DocumentName.read`.

        A document in the archive goes before a plugin's own of the same name, and that before a file.
        """
        document = self._named(text, kind) or self._of_file(text, kind)
        if document.kind != kind:
            raise NotFoundError(f"the document {document.name!r} is of kind {document.kind}, and not {kind}")
        return replace(document, related=self._related(document))

    def _named(self, name: str, kind: str) -> Document | None:
        if (kept := self.in_archive(name)) is not None:
            return kept
        data = self._kind(kind).defaults().get(name)
        return None if data is None else Document(name, kind, data)

    def _of_file(self, text: str, kind: str) -> Document:
        path = self._base / Path(text).expanduser()
        if not path.is_file():
            known = ", ".join(self._kind(kind).defaults()) or "none"
            hint = did_you_mean(text, self._kind(kind).defaults())
            raise NotFoundError(
                f"no {kind} document {path.name!r}, and no such file; those that come with the plugin: "
                f"{known}{hint}"
            )
        return Document.load(path, kind)

    def _related(self, document: Document) -> dict[str, Document]:
        related: dict[str, Document] = {}
        waiting = [(document, name) for name in self._kind(document.kind).check(document)]
        while waiting:
            by, name = waiting.pop()
            if name in related or name == document.name:
                continue
            found = self._any(name, by.kind)
            if found is None:
                raise DocumentError(f"refers to the document {name!r}, which is not there", by.name)
            if len(related) >= MOST_RELATED:
                raise DocumentError(f"refers to more than {MOST_RELATED} documents", document.name)
            related[name] = found
            waiting += [(found, other) for other in self._kind(found.kind).check(found)]
        return related

    def _any(self, name: str, first: str) -> Document | None:
        """Return a document of whatever kind; that of the document which refers to it goes first."""
        for kind in dict.fromkeys((first, *self._kinds())):
            if (found := self._named(name, kind)) is not None:
                return found
        return None
