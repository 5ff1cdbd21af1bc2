"""The contract kit for kinds of documents: the promises of `fileroom.documents.DocumentKind` as tests.

Run it on a kind by subclassing, with a fixture. What comes with the kind, its ``defaults``, are the samples;
of a kind that has none, or too plain ones, name more.

```python
class TestMyKind(DocumentKindContract):
    @pytest.fixture
    def kind(self):
        return MyKind(Options())

    @pytest.fixture
    def samples(self, kind):
        return [*super().samples(kind), Document("one", "my-kind", b"...")]
```
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from fileroom.documents import Document
from fileroom.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fileroom.documents import DocumentKind

SEVERITIES = ("", "error", "warning", "info")

_JUNK = (
    b"",
    b"\0\xff",
    b"<",
    b"[",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    b"a = 1\n" * 1000,
    b"\xfe\xff\0<",
)
_TIMES = 8


class DocumentKindContract:
    """Promises of the contract. A subclass provides the fixture ``kind``, and ``samples`` if it has more."""

    @pytest.fixture
    def kind(self) -> DocumentKind:
        """Return the kind under test."""
        raise NotImplementedError("a subclass of the contract provides the fixture kind")

    @pytest.fixture
    def samples(self, kind: DocumentKind) -> Sequence[Document]:
        """Return sound documents, with those that they refer to in ``related``; no two name a rule alike."""
        return samples_of(kind)

    def test_what_comes_with_it_is_sound(self, kind: DocumentKind) -> None:
        """By itself, and with what it refers to."""
        for document in samples_of(kind):
            kind.check(document)
            kind.check_related(document)

    def test_what_is_no_document_is_sound_or_one_error(self, kind: DocumentKind) -> None:
        """And nothing but a `DocumentError` leaves `check`, or `rules`."""
        for data in _JUNK:
            document = Document("junk", "kind", data)
            for method in (kind.check, kind.rules):
                assert "junk" in _refusal(method, document), "the error does not name the document"

    def test_rules_have_names_of_their_own(self, kind: DocumentKind, samples: Sequence[Document]) -> None:
        """That are not empty, in each document."""
        for document in samples:
            names = [rule.name for rule in kind.rules(document)]
            assert all(names), "a rule has no name"
            assert len(set(names)) == len(names), "two rules have one name"

    def test_rules_say_how_bad_they_are_in_known_words(
        self, kind: DocumentKind, samples: Sequence[Document]
    ) -> None:
        """Or not at all."""
        for document in samples:
            assert {rule.severity for rule in kind.rules(document)} <= {*SEVERITIES}

    def test_rules_name_what_they_read_once(self, kind: DocumentKind, samples: Sequence[Document]) -> None:
        """And each attribute by something."""
        for document in samples:
            for rule in kind.rules(document):
                assert all(rule.attributes), "an attribute has no name"
                assert len(set(rule.attributes)) == len(rule.attributes), "an attribute is named twice"

    def test_rules_of_others_are_not_a_documents_own(
        self, kind: DocumentKind, samples: Sequence[Document]
    ) -> None:
        """Those of the documents that it refers to are told of these."""
        for document in samples:
            own = {rule.name for rule in kind.rules(document)}
            for name, other in document.related.items():
                others = [rule.name for rule in kind.rules(other)]
                assert not own & {*others}, f"it tells rules of {name!r}"

    def test_the_same_document_has_the_same_answer_in_any_thread(
        self, kind: DocumentKind, samples: Sequence[Document]
    ) -> None:
        """Nothing is kept from one call to the next."""

        def ask(document: Document) -> object:
            return list(kind.check(document)), list(kind.rules(document))

        once = [ask(document) for document in samples]
        with ThreadPoolExecutor(4) as pool:
            again = list(pool.map(ask, [*samples] * _TIMES))
        assert again == once * _TIMES


def _refusal(method: Callable[[Document], object], document: Document) -> str:
    """Return what a method says against a document; its name if it takes it."""
    try:
        method(document)
    except DocumentError as error:
        return str(error)
    return document.name


def samples_of(kind: DocumentKind) -> list[Document]:
    """Return the documents that come with a kind, with those of them that they refer to."""
    data = kind.defaults()
    plain = {name: Document(name, "kind", one) for name, one in data.items()}
    return [Document(name, "kind", one, related=_related(kind, plain, name)) for name, one in data.items()]


def _related(kind: DocumentKind, plain: dict[str, Document], name: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    waiting = [name]
    while waiting:
        for other in kind.check(plain[waiting.pop()]):
            if other in plain and other not in found and other != name:
                found[other] = plain[other]
                waiting.append(other)
    return found
