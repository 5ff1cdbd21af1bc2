"""The kit for kinds of documents rejects every kind that breaks a promise, by the test meant for it."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from fileroom.documents import Document, DocumentKind, DocumentRule
from fileroom.errors import DocumentError
from fileroom.testing.documents import DocumentKindContract, samples_of

MUTANTS: list[tuple[type[Reference], str]] = []


def must_fail(test: str) -> Callable[[type[Reference]], type[Reference]]:
    def register(mutant: type[Reference]) -> type[Reference]:
        MUTANTS.append((mutant, test))
        return mutant

    return register


class Reference(DocumentKind):
    """Keeps all promises. Lines are rules, ``name severity attribute…``, or ``like`` another document."""

    def check(self, document: Document) -> Sequence[str]:
        self.rules(document)
        return [words[1] for words in self.lines(document) if words[0] == "like"]

    def lines(self, document: Document) -> list[list[str]]:
        try:
            lines = [line.split() for line in document.data.decode("ascii").splitlines()]
        except UnicodeDecodeError as error:
            raise self.refused(document) from error
        if any(len(words) < 2 for words in lines):
            raise self.refused(document)
        return lines

    def refused(self, document: Document) -> Exception:
        return DocumentError("no lines of words", document.name, 1)

    def rules(self, document: Document) -> Sequence[DocumentRule]:
        rules = {words[0]: self.rule(*words) for words in self.lines(document) if words[0] != "like"}
        return list(rules.values())

    def rule(self, name: str, severity: str, *attributes: str) -> DocumentRule:
        severity = severity if severity in {"error", "info"} else ""
        return DocumentRule(name, severity, tuple(dict.fromkeys(attributes)))

    def defaults(self) -> Mapping[str, bytes]:
        return {"a": b"like b\nA error Modality Modality\nA2 what Rows", "b": b"like c\nB info", "c": b"C -"}


@must_fail("test_what_comes_with_it_is_sound")
class ComesWithJunk(Reference):
    def defaults(self) -> Mapping[str, bytes]:
        return {"a": b"word"}


@must_fail("test_what_comes_with_it_is_sound")
class LacksWhatItNeeds(Reference):
    def check_related(self, document: Document) -> None:
        if "c" in document.related:
            raise DocumentError("c is of no use", document.name)


@must_fail("test_what_is_no_document_is_sound_or_one_error")
class FailsOnJunk(Reference):
    def refused(self, document: Document) -> Exception:
        return ZeroDivisionError(document.name)


@must_fail("test_what_is_no_document_is_sound_or_one_error")
class DoesNotSayWhich(Reference):
    def refused(self, document: Document) -> Exception:
        return DocumentError("no lines of words", "somebody")


@must_fail("test_what_is_no_document_is_sound_or_one_error")
class ListsJunk(Reference):
    def rules(self, document: Document) -> Sequence[DocumentRule]:
        document.data.decode("ascii")
        return super().rules(document)


@must_fail("test_rules_have_names_of_their_own")
class ListsTwice(Reference):
    def rules(self, document: Document) -> Sequence[DocumentRule]:
        return [*super().rules(document)] * 2


@must_fail("test_rules_have_names_of_their_own")
class NamesNothing(Reference):
    def rule(self, name: str, severity: str, *attributes: str) -> DocumentRule:
        return super().rule("", severity, *attributes)


@must_fail("test_rules_say_how_bad_they_are_in_known_words")
class SaysItAsItStands(Reference):
    def rule(self, name: str, severity: str, *attributes: str) -> DocumentRule:
        return DocumentRule(name, severity, attributes)


@must_fail("test_rules_name_what_they_read_once")
class RepeatsAttributes(Reference):
    def rule(self, name: str, severity: str, *attributes: str) -> DocumentRule:
        return DocumentRule(name, "", attributes)


@must_fail("test_rules_name_what_they_read_once")
class ReadsWhatHasNoName(Reference):
    def rule(self, name: str, severity: str, *attributes: str) -> DocumentRule:
        return DocumentRule(name, "", ("",))


@must_fail("test_rules_of_others_are_not_a_documents_own")
class ListsAllThereAre(Reference):
    def rules(self, document: Document) -> Sequence[DocumentRule]:
        others = (super(ListsAllThereAre, self).rules(other) for other in document.related.values())
        return [*super().rules(document), *itertools.chain.from_iterable(others)]


@must_fail("test_the_same_document_has_the_same_answer_in_any_thread")
class Counts(Reference):
    count = 0

    def rule(self, name: str, severity: str, *attributes: str) -> DocumentRule:
        self.count += 1
        return super().rule(f"{name}{self.count}", severity, *attributes)


def rejects(kind: Reference, test: str) -> bool:
    function = getattr(DocumentKindContract, test)
    given: dict[str, Any] = {"kind": kind}
    if "samples" in inspect.signature(function).parameters:
        given["samples"] = samples_of(kind)
    try:
        function(DocumentKindContract(), **given)
    except (AssertionError, DocumentError, UnicodeDecodeError, ZeroDivisionError):
        return True
    return False


@pytest.mark.parametrize(("mutant", "test"), MUTANTS, ids=[mutant.__name__ for mutant, _ in MUTANTS])
def test_the_kit_rejects_a_kind_that(mutant: type[Reference], test: str) -> None:
    assert rejects(mutant(), test)


class TestReference(DocumentKindContract):
    @pytest.fixture
    def kind(self) -> DocumentKind:
        return Reference()


def test_every_test_of_the_kit_rejects_somebody() -> None:
    tests = {name for name in vars(DocumentKindContract) if name.startswith("test_")}
    assert {test for _, test in MUTANTS} == tests


def test_a_kind_without_rules_has_none() -> None:
    class Plain(DocumentKind):
        def check(self, document: Document) -> Sequence[str]:
            return []

    assert Plain().rules(Document("a", "plain", b"")) == ()
