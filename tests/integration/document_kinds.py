"""Toy kinds of documents, for tests of the repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import (
    Document,
    DocumentError,
    DocumentKind,
    DocumentName,
    DocumentsPlugin,
    Processor,
    ProcessorPlugin,
    Product,
    hookimpl,
)

if TYPE_CHECKING:
    from typing import BinaryIO


@dataclass(frozen=True)
class Options:
    pass


class Lists(DocumentKind):
    """Each word is the name of another document; ``!`` is wrong, and ``?`` breaks the plugin.

    With ``-``, a document is sound, and of no use to others.
    """

    def __init__(self, _: Options) -> None:
        pass

    def check(self, document: Document) -> Sequence[str]:
        for number, line in enumerate(document.data.decode().splitlines(), 1):
            if line == "!":
                raise DocumentError("a line is wrong", document.name, number)
            if line == "?":
                raise ZeroDivisionError("the name of a patient")
        return [word for word in document.data.decode().split() if word != "-"]

    def check_related(self, document: Document) -> None:
        for name, other in document.related.items():
            if b"-" in other.data.split():
                raise DocumentError(f"{name!r} is of no use", document.name, 1)

    def defaults(self) -> Mapping[str, bytes]:
        return {"default.list": b"", "other.list": b"default.list"}


class Spoilt(Lists):
    """A later version of the plugin, in which one of its own documents is wrong."""

    def defaults(self) -> Mapping[str, bytes]:
        return {"default.list": b"", "other.list": b"!"}


class Rings(Lists):
    cyclic = True

    def defaults(self) -> Mapping[str, bytes]:
        return {}


@dataclass(frozen=True)
class ReadingOptions:
    document: DocumentName = DocumentName("default.list")


class Reading(Processor):
    """Its product is the document that it goes by, and what that refers to."""

    def __init__(self, options: ReadingOptions) -> None:
        document = options.document.read("list")
        related = b" ".join(one.data for _, one in sorted(document.related.items()))
        self.data = b"%d %b [%b]" % (document.version, document.data, related)

    def process(self, source: BinaryIO) -> Sequence[Product]:
        return [Product(1300, self.data, "text/plain")]


class _Lists:
    @hookimpl
    def fileroom_documents(self) -> DocumentsPlugin:
        return DocumentsPlugin("list", Options, Lists, "Lists of names")

    @hookimpl
    def fileroom_processor(self) -> ProcessorPlugin:
        return ProcessorPlugin("reading", ReadingOptions, Reading, "Reads a document")


class _Spoilt:
    @hookimpl
    def fileroom_documents(self) -> DocumentsPlugin:
        return DocumentsPlugin("list", Options, Spoilt, "Lists of names")


class _Rings:
    @hookimpl
    def fileroom_documents(self) -> DocumentsPlugin:
        return DocumentsPlugin("ring", Options, Rings, "Lists of names that may form a ring")


class _Broken:
    """Offers a kind that cannot be opened."""

    @hookimpl
    def fileroom_documents(self) -> DocumentsPlugin:
        def fail(_: Options) -> DocumentKind:
            raise ZeroDivisionError

        return DocumentsPlugin("broken", Options, fail, "Cannot be opened")


LISTS, RINGS, BROKEN, SPOILT = _Lists(), _Rings(), _Broken(), _Spoilt()
KINDS = [LISTS, RINGS]
