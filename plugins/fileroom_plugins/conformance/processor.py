"""The processor ``conformance``."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import Processor, Product
from fileroom_plugins.conformance.checking import check_with
from fileroom_plugins.conformance.constraints.checking import book_with
from fileroom_plugins.conformance.constraints.loading import KIND, RuleBook
from fileroom_plugins.conformance.messages import to_json, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom_plugins.conformance import Options
    from fileroom_plugins.conformance.constraints.checking import Asked


class Conformance(Processor):
    """Keeps the messages about an object, and what they come to as the metadata ``conformance``.

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

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Check one object; the product is what `fileroom_plugins.conformance.messages.to_json` writes."""
        messages = check_with(source, self._asked, standard=self._standard)
        return [
            Product(
                "conformance",
                to_json(messages),
                "application/json",
                suffix=".json",
                metadata={"conformance": verdict(messages)},
            )
        ]
