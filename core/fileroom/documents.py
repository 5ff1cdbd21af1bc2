"""Documents: what people write to say how processors work, such as rules, mappings and dictionaries.

A document has a kind, and the plugin that offers the kind says what it may hold. It lies in an archive, comes
with a plugin, or is a file.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias

from fileroom._files import open_regular
from fileroom.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

LONGEST_NAME = 100
"""Characters that a document's name may have."""


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a document.

    Attributes:
        name: 1 to 100 characters.
        kind: the name of its kind, for example ``anonymity``.
        data: its bytes, XML or TOML as the kind has it.
        version: counts the published ones from 1; 0 for one that comes with a plugin, or from a file.
        related: the documents that it refers to, directly or not, by name.
    """

    name: str
    kind: str
    data: bytes = field(repr=False)
    version: int = 0
    related: Mapping[str, Document] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, path: str | os.PathLike[str], kind: str) -> Self:
        """Read a document from a file; the file's name is its name.

        Raises:
            NotFoundError: it cannot be read.
        """
        file = Path(path).expanduser()
        try:
            with open_regular(file) as opened:
                return cls(file.name[:LONGEST_NAME], kind, opened.read())
        except OSError as error:
            raise NotFoundError(f"the document {file.name!r} cannot be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One version of a document, as an archive lists it.

    Attributes:
        name: the document's.
        kind: the name of its kind.
        version: counts from 1 and is never given again; 0 for one that comes with a plugin.
        published: when it was, in UTC; None for one that comes with a plugin, or is not published yet.
        size: in bytes.
        digest: SHA-256 of its bytes in hexadecimal; empty for a deletion.
        refers_to: the names of the documents that it refers to.
        deleted: whether the document was deleted with this version, which has no bytes.
    """

    name: str
    kind: str
    version: int
    published: datetime | None
    size: int
    digest: str
    refers_to: tuple[str, ...] = ()
    deleted: bool = False

    @property
    def built_in(self) -> bool:
        """Whether it comes with a plugin."""
        return self.version == 0


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """One rule of a document, as far as its kind knows it.

    Attributes:
        name: what it can be asked for by; no other of the document has it.
        severity: of the worst message that it may give: ``error``, ``warning`` or ``info``; empty where the
            kind knows no severities.
        attributes: all that it may read in any object, each once: keywords from the data set down, joined by
            dots, ``(gggg,eeee)`` for one without a keyword. Empty where the kind does not tell.
        description: in a sentence; empty if nobody wrote one.
    """

    name: str
    severity: str = ""
    attributes: tuple[str, ...] = ()
    description: str = ""


class DocumentKind(abc.ABC):
    """What a plugin knows of one kind of documents. Any thread may call any method; nothing is kept.

    Attributes:
        cyclic: whether documents of this kind may refer to each other in a ring.
    """

    cyclic: bool = False

    @abc.abstractmethod
    def check(self, document: Document) -> Sequence[str]:
        """Make sure that a document can be used; return the names of the documents that it refers to.

        Those that it refers to need not be there yet, and what they hold plays no part; names of the same
        kind and of others may be among them.

        Raises:
            DocumentError: it cannot; the message says on which line what is wrong.
        """

    def check_related(self, document: Document) -> None:  # noqa: B027 - most kinds need nothing of others
        """Make sure that the documents that a document refers to hold what it needs.

        It is asked before any of them is published; all of them are sound by themselves.

        Args:
            document: with those that it refers to in ``related``.

        Raises:
            DocumentError: something is missing; the message names a document and a line.
        """

    def rules(self, document: Document) -> Sequence[DocumentRule]:
        """Return the rules that a document itself defines by name, in its order, for people to choose from.

        Args:
            document: a sound one, with those that it refers to in ``related``. Rules of those are not listed,
                but what they hold counts for what its own rules read and say.

        Returns:
            The rules; none for a kind whose rules have no names.

        Raises:
            DocumentError: it is not sound, or its rules come to too much for a list.
        """
        del document
        return ()

    def defaults(self) -> Mapping[str, bytes]:
        """Return the documents of this kind that come with the plugin, by name; all of them are sound."""
        return {}


Reader: TypeAlias = "Callable[[str, str], Document]"
"""Finds a document by its name or path, and its kind."""


class DocumentName:
    """An option that names a document: one in the archive, one that comes with a plugin, or a file's path.

    Attributes:
        text: the name or path, as it was given.
    """

    __slots__ = ("_reader", "text")

    def __init__(self, text: str, reader: Reader | None = None) -> None:
        self.text = text
        self._reader = reader

    @classmethod
    def of(cls, document: Document) -> DocumentName:
        """Return the name of a document that is at hand."""
        return cls(document.name, lambda *_: document)

    @classmethod
    def parse(cls, value: object, path: str, _: Path) -> DocumentName:
        """Return what an option's value means.

        Raises:
            ConfigError: it is no text.
        """
        if isinstance(value, DocumentName):
            return value
        if isinstance(value, Document):
            return cls.of(value)
        if not isinstance(value, str) or not value:
            raise ConfigError("expected the name of a document, or the path of a file", path)
        return cls(str(value))

    def found_by(self, reader: Reader) -> DocumentName:
        """Return a name that finds documents by ``reader``; the same one if it can find its own already."""
        return self if self._reader else DocumentName(self.text, reader)

    def read(self, kind: str) -> Document:
        """Return the document, checked by its kind, with those that it refers to.

        Args:
            kind: the kind that it must have.

        Raises:
            NotFoundError: there is none of that name and kind.
            DocumentError: it is no sound document of its kind.
        """
        if self._reader is None:
            return Document.load(self.text, kind)
        return self._reader(self.text, kind)

    def __eq__(self, other: object) -> bool:
        """Names are equal if they were given alike."""
        return isinstance(other, DocumentName) and self.text == other.text

    def __hash__(self) -> int:
        """Hash by what was given."""
        return hash(self.text)

    def __repr__(self) -> str:
        """Show what was given."""
        return f"DocumentName({self.text!r})"
