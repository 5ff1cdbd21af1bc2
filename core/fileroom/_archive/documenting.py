"""The part of `fileroom.Archive` that finds what options name: documents, and instances."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, cast

from fileroom.errors import NotFoundError
from fileroom.resources import Instance

if TYPE_CHECKING:
    from fileroom._documents.repository import Documents
    from fileroom.archive import Archive
    from fileroom.documents import Document


class Documented:
    """Has the archive's documents, and lets options name them."""

    @cached_property
    def documents(self) -> Documents:
        """The archive's documents: rules, mappings, dictionaries and such, by which processors go."""
        from fileroom._documents.repository import Documents  # noqa: PLC0415 - few who open an archive need it

        return Documents(cast("Archive", self))

    def _find_named(self) -> None:
        """Let the options of processors name the archive's documents and instances; none is read before."""
        making = cast("Archive", self).plugins.making
        making.finder.in_archive = self._published_document
        making.finder.edition = self._edition
        making.open_instance = self._named_instance

    def _named_instance(self, id_: str) -> BinaryIO:
        try:
            found = cast("Archive", self).get(id_)
        except NotFoundError as error:
            raise NotFoundError(f"an option names the instance {id_}, which is not there") from error
        if not isinstance(found, Instance):
            raise NotFoundError(f"an option names {id_}, which is a {found.level.label}, and no instance")
        return found.open()

    def _published_document(self, name: str) -> Document | None:
        return self.documents.published(name)

    def _edition(self) -> object:
        return self.documents.edition()
