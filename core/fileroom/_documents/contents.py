"""What a repository holds: every version of every document. Contents are replaced, never changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fileroom._hints import did_you_mean
from fileroom.documents import LONGEST_NAME, Document, DocumentVersion
from fileroom.errors import InvalidValueError, NotFoundError
from fileroom.naming import clean_component

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

KEPT_VERSIONS = 100
"""So many versions of a document are kept; older ones go when a newer one is published."""

History = tuple[DocumentVersion, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """All versions of all documents.

    Attributes:
        histories: by name, the oldest version first; one that is not published yet comes last.
        data: the bytes of the versions, by digest.
    """

    histories: Mapping[str, History] = field(default_factory=dict)
    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[DocumentVersion]:
        """Yield the current version of each document, by name; what was deleted has none."""
        for name in sorted(self.histories):
            if current := self.current(name):
                yield current

    def current(self, name: str) -> DocumentVersion | None:
        """Return the newest version of a document; None where there is none, or it was deleted."""
        history = self.histories.get(name)
        return None if not history or history[-1].deleted else history[-1]

    def numbered(self, name: str, number: int) -> DocumentVersion:
        """Return a version of a document by its number.

        Raises:
            NotFoundError: there is none, or not any more.
        """
        history = self.histories.get(name, ())
        for one in history:
            if one.version == number and not one.deleted:
                return one
        kept = ", ".join(str(one.version) for one in history if not one.deleted)
        hint = f"there are {kept}" if kept else f"it is not there{did_you_mean(name, self.histories)}"
        raise NotFoundError(f"the document {name!r} has no version {number}: {hint}")

    def document(self, version: DocumentVersion) -> Document:
        """Return a version with its bytes."""
        return Document(version.name, version.kind, self.data[version.digest], version.version)

    def pending(self) -> list[DocumentVersion]:
        """Return the versions that are not published yet, by name."""
        last = (self.histories[name][-1] for name in sorted(self.histories))
        return [one for one in last if one.published is None]

    def with_document(self, document: Document, refers_to: tuple[str, ...]) -> Contents:
        """Return contents in which a document has a new version, unless it is as it was.

        Raises:
            InvalidValueError: the name cannot be one, or is that of a document of another kind.
        """
        name, kind, data = document.name, document.kind, document.data
        check_name(name)
        published = self._published(name)
        last = published[-1] if published else None
        if (current := self.current(name)) is not None and current.kind != kind:
            raise InvalidValueError(
                f"the document {name!r} is of kind {current.kind}: delete it first, or give this one another "
                "name"
            )
        digest = hashlib.sha256(data).hexdigest()
        if last is not None and (last.kind, last.digest) == (kind, digest):
            return self._with(name, published)
        number = last.version + 1 if last else 1
        new = DocumentVersion(name, kind, number, None, len(data), digest, refers_to)
        return replace(self._with(name, (*published, new)), data={**self.data, digest: data})

    def without(self, name: str) -> Contents:
        """Return contents in which a document is deleted.

        Raises:
            NotFoundError: it is not there.
        """
        current = self.current(name)
        if current is None:
            known = [one.name for one in self]
            raise NotFoundError(f"no document {name!r} was inserted{did_you_mean(name, known)}")
        published = self._published(name)
        if not published or published[-1].deleted:
            return self._with(name, published)
        last = published[-1]
        gone = DocumentVersion(name, last.kind, last.version + 1, None, 0, "", deleted=True)
        return self._with(name, (*published, gone))

    def as_published(self, now: datetime) -> Contents:
        """Return contents in which all versions are published; those that are too old go."""
        histories = {
            name: tuple(one if one.published else replace(one, published=now) for one in history)[
                -KEPT_VERSIONS:
            ]
            for name, history in self.histories.items()
        }
        kept = {one.digest for history in histories.values() for one in history}
        return Contents(histories, {digest: data for digest, data in self.data.items() if digest in kept})

    def _published(self, name: str) -> History:
        return tuple(one for one in self.histories.get(name, ()) if one.published is not None)

    def _with(self, name: str, history: History) -> Contents:
        others = {key: one for key, one in self.histories.items() if key != name}
        return replace(self, histories={**others, name: history} if history else others)


def check_name(name: str) -> None:
    """Make sure that a name can be one, and that of a file on every system.

    Raises:
        InvalidValueError: it cannot.
    """
    if not name or len(name) > LONGEST_NAME or clean_component(name) != name:
        raise InvalidValueError(
            f"a document's name has 1 to {LONGEST_NAME} characters and can be that of a file on any system: "
            'none of <>:"/\\|?* is in it, no dot or blank at its ends, and it is not that of a device of '
            "Windows, such as con.xml or aux"
        )
