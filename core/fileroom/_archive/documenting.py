"""The part of `fileroom.Archive` that leads to its documents."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from fileroom._documents.repository import Documents
    from fileroom.archive import Archive
    from fileroom.documents import Document


class Documented:
    """Has documents."""

    @cached_property
    def documents(self) -> Documents:
        """The archive's documents: rules, mappings, dictionaries and such, by which processors go."""
        from fileroom._documents.repository import Documents  # noqa: PLC0415 - few who open an archive need it

        return Documents(cast("Archive", self))

    def _find_documents(self) -> None:
        """Let processors go by the archive's documents; none is looked at before one is named."""
        finder = cast("Archive", self).plugins.making.finder
        finder.in_archive = self._published_document
        finder.edition = self._edition

    def _published_document(self, name: str) -> Document | None:
        return self.documents.published(name)

    def _edition(self) -> object:
        return self.documents.edition()
