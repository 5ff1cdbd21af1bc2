"""The processor ``conformance``."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import Processor, Product
from fileroom_plugins.conformance.checking import check_with
from fileroom_plugins.conformance.constraints.checking import book_with
from fileroom_plugins.conformance.constraints.loading import KIND, RuleBook
from fileroom_plugins.conformance.messages import to_json, verdict
from fileroom_plugins.conformance.reading.dictionary import DataDictionary
from fileroom_plugins.standard.definitions import read_definitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fileroom.plugin import Document
    from fileroom_plugins.conformance import Options
    from fileroom_plugins.conformance.constraints.checking import Asked


class Conformance(Processor):
    """Keeps the messages about an object, and as metadata what they come to and what was asked.

    ``conformance`` is the verdict, ``conformance-rules`` names the rules, separated by commas: ``standard``,
    and documents, with their versions if they lie in an archive.

    Args:
        options: the documents that they name are read now.

    Raises:
        NotFoundError: there is no such document, or no such rule in one.
        DocumentError: a document is wrong.
    """

    def __init__(self, options: Options) -> None:
        documents = [name.read(KIND) for name in options.rules]
        self._asked: list[Asked] = [(book_with(rule, documents), rule) for rule in options.only]
        if not options.only:
            self._asked = [(RuleBook.of(document), "") for document in documents]
        self._standard = options.standard
        self._rules = ", ".join(_names(self._asked, documents, standard=options.standard))
        self._dictionary = DataDictionary(
            read_definitions(options.standard_dictionary, options.private_dictionary, options.uids)
        )

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Check one object; the product is what `fileroom_plugins.conformance.messages.to_json` writes."""
        messages = check_with(source, self._asked, self._dictionary, standard=self._standard)
        return [
            Product(
                "conformance",
                to_json(messages),
                "application/json",
                suffix=".json",
                metadata={"conformance": verdict(messages), "conformance-rules": self._rules},
            )
        ]


def _names(asked: Iterable[Asked], documents: Iterable[Document], *, standard: bool) -> Iterator[str]:
    """Yield what tells readers of a report which rules an object was held against."""
    if standard:
        yield "standard"
    versions = {
        name: one.version for each in documents for name, one in ((each.name, each), *each.related.items())
    }
    for book, rule in asked:
        for name in (book.name,) if rule else (book.name, *book.others):
            shown = f"{name} (version {version})" if (version := versions.get(name)) else name
            yield f"{rule} of {shown}" if rule else shown
