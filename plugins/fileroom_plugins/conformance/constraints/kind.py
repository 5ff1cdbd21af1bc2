"""Constraint documents as a kind of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import DocumentKind
from fileroom_plugins.conformance.constraints.defaults import default_documents
from fileroom_plugins.conformance.constraints.loading import RuleBook, read_constraints
from fileroom_plugins.conformance.constraints.reach import rules_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom.plugin import Document, DocumentRule


class ConstraintDocuments(DocumentKind):
    """What `fileroom.plugin.DocumentKind` wants to know of constraint documents."""

    def check(self, document: Document) -> Sequence[str]:
        """Read a document; return the names of those that it includes."""
        return read_constraints(document).includes

    def check_related(self, document: Document) -> None:
        """Make sure that the rules and macros that it refers to are there, each once."""
        RuleBook.of(document)

    def rules(self, document: Document) -> Sequence[DocumentRule]:
        """Return a document's rules, with the worst that they say and all attributes that they may read."""
        return rules_of(document)

    def defaults(self) -> Mapping[str, bytes]:
        """Return the documents that come with Fileroom."""
        return default_documents()
