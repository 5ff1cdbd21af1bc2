"""Metadata and labels of one resource, as the mapping and the set they are."""

from __future__ import annotations

from collections.abc import MutableMapping, MutableSet
from typing import TYPE_CHECKING

from fileroom.errors import InvalidValueError, NotFoundError
from fileroom.index import AddLabel, RemoveLabel, SetMetadata, UnsetMetadata
from fileroom.model import check_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom.archive import Archive


class MetadataView(MutableMapping[str, str]):
    """Name to text. Reading asks the index; setting and deleting are durable when they return."""

    def __init__(self, archive: Archive, id_: str) -> None:
        self._archive = archive
        self._id = id_

    def __getitem__(self, name: str) -> str:
        """Return a value."""
        return self._archive.details(self._id).metadata[name].value

    def revision(self, name: str) -> int:
        """Return a value's revision; 0 where there is none."""
        value = self._archive.details(self._id).metadata.get(name)
        return value.revision if value else 0

    def __setitem__(self, name: str, value: str) -> None:
        """Set a value, whatever was there."""
        self.set(name, value)

    def set(self, name: str, value: str, *, if_revision: int | None = None) -> int:
        """Set a value if the revision there is the one given (0: none, None: any); return the new one.

        Raises:
            RevisionError: another revision is there.
            InvalidValueError: the name is empty, longer than 64 characters or holds a control character; or
                the value holds a NUL, or what is no Unicode text (a lone surrogate).
        """
        if "\0" in value or (not value.isprintable() and any("\ud800" <= char <= "\udfff" for char in value)):
            raise InvalidValueError("a metadata value is Unicode text without NULs")
        if not 0 < len(name) <= 64 or not name.isprintable():  # noqa: PLR2004 - said in the docstring
            raise InvalidValueError("a metadata name has 1 to 64 printable characters")
        return self._archive.edit([SetMetadata(self._id, name, value, if_revision)])[0].revision

    def __delitem__(self, name: str) -> None:
        """Remove a value."""
        try:
            self._archive.edit([UnsetMetadata(self._id, name)])
        except NotFoundError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        """Yield the names, sorted."""
        return iter(self._archive.details(self._id).metadata)

    def __len__(self) -> int:
        """Count the values."""
        return len(self._archive.details(self._id).metadata)

    def __repr__(self) -> str:
        """Show the names only."""
        return f"<metadata {list(self)}>"


class LabelsView(MutableSet[str]):
    """Labels: 1 to 64 letters, digits, ``-`` or ``_``; durable when a change returns."""

    def __init__(self, archive: Archive, id_: str) -> None:
        self._archive = archive
        self._id = id_

    @classmethod
    def _from_iterable(cls, it: Iterable[str]) -> set[str]:  # type: ignore[override]
        # What `labels & other` makes is a plain set: it is no longer tied to a resource.
        return set(it)

    def add(self, value: str) -> None:
        """Add a label.

        Raises:
            InvalidValueError: it has other characters than those allowed.
        """
        check_label(value)
        self._archive.edit([AddLabel(self._id, value)])

    def discard(self, value: str) -> None:
        """Remove a label if it is there."""
        self._archive.edit([RemoveLabel(self._id, value)])

    def __contains__(self, value: object) -> bool:
        """Say whether the label is there."""
        return value in self._archive.details(self._id).labels

    def __iter__(self) -> Iterator[str]:
        """Yield the labels, sorted."""
        return iter(self._archive.details(self._id).labels)

    def __len__(self) -> int:
        """Count the labels."""
        return len(self._archive.details(self._id).labels)

    def __repr__(self) -> str:
        """Show the labels."""
        return f"<labels {list(self)}>"
